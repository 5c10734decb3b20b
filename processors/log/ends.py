"""Reads the ends of the log's partitions: a reactor waits until the read models have come that far."""

import asyncio

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from events.reachability import of_kafka
from events.settings import Settings
from events.topics import Partitioning
from producers.publisher import CONNECTION

ANSWER_SECONDS = 5  # longer than any link takes; whoever waits asks again, and a cut may have healed meanwhile


class LogEnds:
    """Reads the next offset of each partition of a topic."""

    def __init__(self, settings: Settings, partitioning: Partitioning):
        self._bootstrap, self._partitioning = settings.bootstrap, partitioning
        self._reachable = of_kafka(settings)
        self._admin: AdminClient | None = None  # made when it is first needed: most reactors need none

    def _client(self) -> AdminClient:
        return AdminClient(CONNECTION | {"bootstrap.servers": self._bootstrap})

    async def __call__(self, topic: str) -> list[tuple[str, int, int]]:
        """Reads (topic, partition, next offset) of each partition.

        Raises KafkaException or TimeoutError if Kafka doesn't answer."""
        return await asyncio.to_thread(self.now, topic)

    def now(self, topic: str) -> list[tuple[str, int, int]]:
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
