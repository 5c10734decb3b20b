"""The rule of ids: of several records of one event in a partition, which are copies and count as nothing."""

from uuid import UUID


class Copies:
    """What was appended so far. A record is a copy if one of the same event stands before it in its partition, and was
    appended less than `window` seconds before it, by Kafka's clock; also if that earlier one is a copy itself."""

    def __init__(self, window: int) -> None:
        self._window = window * 1000
        self._appended: dict[tuple[str, int, UUID], int] = {}  # the latest append time of each event in each partition

    def take(self, topic: str, partition: int, identity: UUID, appended: int) -> bool:
        """Takes the partition's next record, appended at so many ms since 1970; whether it is a copy."""
        place = (topic, partition, identity)
        earlier = self._appended.get(place)
        self._appended[place] = appended if earlier is None else max(earlier, appended)
        return earlier is not None and earlier > appended - self._window
