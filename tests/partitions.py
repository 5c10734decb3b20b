"""How the log is divided that most tests are about: eight partitions of each topic."""

from events.topics import even

PARTITIONS = 8
PARTITIONING = even(PARTITIONS)
partition_of = PARTITIONING.of
