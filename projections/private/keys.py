"""People's keys, each wrapped by the master key (AES key wrap, RFC 3394). The log can't rebuild them: back them up."""

import asyncio
import base64
import os
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from uuid import UUID

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from events.personal import DAMAGED, ERASED, Damaged, Key, KeysUnavailable
from events.settings import Settings
from projections.private.keyspace import private_keyspace
from projections.store.cassandra import CassandraStore
from projections.store.protocol import StoreUnavailable

KEY_BYTES = 32
FRESH_SECONDS = 60.0  # how long a key is used without looking again whether its person was erased
CACHED = 20_000


class KeyStore:
    """Keys in Cassandra's private keyspace, cached for a minute. See events.personal.Keys."""

    def __init__(self, store: CassandraStore, settings: Settings):
        self._store = store
        self._master = base64.b64decode(settings.master_key)
        self._table = f"{private_keyspace(settings)}.keys"
        self._cache: OrderedDict[UUID, tuple[float, Key]] = OrderedDict()

    async def many(self, people: Collection[UUID]) -> Mapping[UUID, Key]:
        """See Keys. Neither an absent key nor a damaged one is cached: it may be restored."""
        now = time.monotonic()
        found: dict[UUID, Key] = {}
        for person in people:
            cached = self._cache.get(person)
            if cached is not None and now - cached[0] < FRESH_SECONDS:
                found[person] = cached[1]
        missing = [person for person in people if person not in found]
        for person, key in zip(missing, await asyncio.gather(*map(self._read, missing)), strict=True):
            if key is None:
                continue
            found[person] = key
            if key is not DAMAGED:
                self._cache[person] = (now, key)
                self._cache.move_to_end(person)
        while len(self._cache) > CACHED:
            self._cache.popitem(last=False)
        return found

    async def create(self, person: UUID) -> None:
        """Gives a person a key, once: a second call changes nothing. Raises KeysUnavailable."""
        wrapped = aes_key_wrap(self._master, os.urandom(KEY_BYTES))
        cql = f"INSERT INTO {self._table} (person, wrapped, erased) VALUES (?, ?, false) IF NOT EXISTS"
        try:
            await self._store.execute(cql, (person, wrapped))
        except StoreUnavailable as error:
            raise KeysUnavailable(str(error)) from error

    async def _read(self, person: UUID) -> Key | None:
        try:
            rows = await self._store.execute(f"SELECT wrapped, erased FROM {self._table} WHERE person = ?", (person,))
        except StoreUnavailable as error:
            raise KeysUnavailable(str(error)) from error
        if not rows:
            return None
        wrapped, erased = rows[0]
        return ERASED if erased else self._unwrapped(wrapped)

    def _unwrapped(self, wrapped: bytes | None) -> bytes | Damaged:
        """The key in a row. One bad row is the misfortune of one person: it must not stop everybody's partition."""
        try:
            key = aes_key_unwrap(self._master, wrapped or b"")
        except InvalidUnwrap:
            return DAMAGED
        return key if len(key) == KEY_BYTES else DAMAGED
