"""Makes codecs: what encodes and decodes events with the registry's schemas and people's keys."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from events.codec import Codec
from events.confluent_registry import ConfluentRegistry
from events.settings import Settings
from projections.private.keys import KeyStore
from projections.store.cassandra import CassandraStore


@dataclass(frozen=True, slots=True)
class Codecs:
    """The registry and the keys of one process, and codecs that share them."""

    registry: ConfluentRegistry
    keys: KeyStore

    @classmethod
    def of(cls, store: CassandraStore, settings: Settings) -> Self:
        """The codecs of a process; `store` has the keys. The registry is connected to when it is first asked."""
        return cls(ConfluentRegistry(settings), KeyStore(store, settings))

    def fresh(self) -> Codec:
        """Returns a codec that has yet to ask for every schema."""
        return Codec(self.registry, self.keys)


@contextmanager
def open_codecs(store: CassandraStore, settings: Settings) -> Generator[Codecs]:
    """The codecs of a process, for the block: it closes the registry's connections at the end."""
    codecs = Codecs.of(store, settings)
    try:
        yield codecs
    finally:
        codecs.registry.close()
