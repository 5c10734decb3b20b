"""Says in a process's log that Kafka can't be reached, by what its producer meets."""

import time

from confluent_kafka import KafkaError, KafkaException, Producer

from events.reachability import RETRY_SECONDS, of_kafka
from events.settings import Settings

ASK_SECONDS = 0.5  # how long Kafka may take to answer whether it is back
LINK = (KafkaError._TRANSPORT, KafkaError._RESOLVE, KafkaError._AUTHENTICATION, KafkaError._SSL)


class KafkaWatch:
    """What a producer's callbacks say of Kafka. They run in its poll thread; so does `look`."""

    def __init__(self, settings: Settings):
        self._reachable = of_kafka(settings)
        self._link = ""  # what broke last between us and one broker
        self._next = 0.0

    def error(self, error: KafkaError) -> None:
        """librdkafka's error_cb. One broker's failure is no outage: that all are down is."""
        if error.code() in LINK:
            self._link = error.str()
        elif error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._reachable.failed(f"{error.str()}; {self._link}" if self._link else error.str())

    def delivered(self, error: KafkaError | None) -> None:
        """Notes what came of a record: the broker took or refused it, or it ran out of time."""
        if error is None:
            self._reachable.answered()
        elif error.code() in (KafkaError._MSG_TIMED_OUT, KafkaError._TIMED_OUT):
            self._reachable.failed(f"{error.str()}; {self._link}" if self._link else error.str())

    def look(self, producer: Producer) -> None:
        """Asks Kafka now and then whether it is back, while it is away: nobody may be appending anything."""
        if not self._reachable.failing or time.monotonic() < self._next:
            return
        try:
            producer.list_topics(timeout=ASK_SECONDS)
        except KafkaException as error:
            self._reachable.failed(f"{error.args[0].str()}; {self._link}" if self._link else error.args[0].str())
        else:
            self._reachable.answered()
        self._next = time.monotonic() + RETRY_SECONDS
