"""Makes codecs: what encodes and decodes events with the registry's schemas and people's keys."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

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

    def fresh(self) -> Codec:
        """Returns a codec that has yet to ask for every schema."""
        return Codec(self.registry, self.keys)


@contextmanager
def open_codecs(store: CassandraStore, settings: Settings) -> Generator[Codecs]:
    """Connects to the registry when it is first asked, and closes its connections at the end. `store` has the keys."""
    codecs = Codecs(ConfluentRegistry(settings), KeyStore(store, settings))
    try:
        yield codecs
    finally:
        codecs.registry.close()
