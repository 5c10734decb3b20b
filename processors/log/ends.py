"""Reads the ends of the log's partitions: a reactor waits until the read models have come that far."""

import asyncio
from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from events.reachability import of_kafka
from events.rounds import Rounds
from events.settings import Settings
from events.topics import Partitioning
from producers.publisher import CONNECTION

ANSWER_SECONDS = 5  # longer than any link takes; whoever waits asks again, and a cut may have healed meanwhile


End = tuple[str, int, int]  # topic, partition, next offset


class LogEnds:
    """Reads the next offset of each partition of a topic. Those who ask while others are answered share the next
    answer: each is of a moment after it was asked for."""

    def __init__(self, settings: Settings, partitioning: Partitioning):
        self._bootstrap, self._partitioning = settings.bootstrap, partitioning
        self._reachable = of_kafka(settings)
        self._admin: AdminClient | None = None  # made when it is first needed: most reactors need none
        self._rounds = Rounds(self._read)

    def _client(self) -> AdminClient:
        return AdminClient(CONNECTION | {"bootstrap.servers": self._bootstrap})

    async def __call__(self, topic: str) -> list[End]:
        """Reads (topic, partition, next offset) of each partition.

        Raises KafkaException or TimeoutError if Kafka doesn't answer."""
        return (await self._rounds.ask([topic]))[topic]

    async def _read(self, topics: Sequence[str]) -> Mapping[str, list[End]]:
        found = await asyncio.gather(*(asyncio.to_thread(self.now, topic) for topic in topics))
        return dict(zip(topics, found, strict=True))

    def now(self, topic: str) -> list[End]:
        """Reads the same, and blocks."""
        # Held until it has answered: the futures of a client that is dropped are never done.
        admin = self._admin = self._admin or self._client()
        partitions = [TopicPartition(topic, i) for i in self._partitioning.each(topic)]
        latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[assignment]  # its annotation says that it may be None
        answers = admin.list_offsets(dict.fromkeys(partitions, latest), request_timeout=ANSWER_SECONDS)
        try:
            found = [(tp.topic, tp.partition, end.result(2 * ANSWER_SECONDS).offset) for tp, end in answers.items()]
        except (KafkaException, TimeoutError) as error:
            self._reachable.failed(error)
            # After a broker's restart a client keeps sending the leader's old epoch, which is refused for ever.
            if self._admin is admin:
                self._admin = None
            raise
        self._reachable.answered()
        return found
