"""Where the log ends: asked of Kafka when a processor must know that nothing is still on its way."""

import asyncio

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from events.settings import Settings
from events.topics import TOPICS

ANSWER_SECONDS = 10


class LogEnds:
    """The next offset of each partition of a topic."""

    def __init__(self, settings: Settings):
        self._bootstrap = settings.bootstrap
        self._admin = self._client()

    def _client(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self._bootstrap, "log_level": 3})

    async def __call__(self, topic: str) -> list[tuple[str, int, int]]:
        """(topic, partition, next offset) of each partition. KafkaException, TimeoutError if Kafka doesn't answer."""
        return await asyncio.to_thread(self.now, topic)

    def now(self, topic: str) -> list[tuple[str, int, int]]:
        """The same, blocking."""
        admin = self._admin  # held until its answers are here: a client that nobody holds takes them to its grave
        partitions = [TopicPartition(topic, i) for i in range(TOPICS[topic].partitions)]
        latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[assignment]  # its annotation says that it may be None
        answers = admin.list_offsets(dict.fromkeys(partitions, latest), request_timeout=ANSWER_SECONDS)
        try:
            return [(tp.topic, tp.partition, one.result(2 * ANSWER_SECONDS).offset) for tp, one in answers.items()]
        except (KafkaException, TimeoutError):
            # After a broker's restart a client goes on asking with the leader's old epoch, which is refused for ever.
            if self._admin is admin:
                self._admin = self._client()
            raise
