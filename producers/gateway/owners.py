"""Whether somebody has a handle, for certain: by their own row, once it holds all that is in the log."""

from uuid import UUID

from events.positions import Position
from producers.decide.decision import Claim
from producers.log_search import KafkaLogSearch
from producers.publisher import NotPublished
from projections.accounts.users import USERS, User
from projections.store.protocol import Store
from web.read_your_writes import ProjectionWaiter

ACCOUNTS = "accounts"


class HandleOwners:
    """See producers.writes.execute.Owners."""

    def __init__(self, store: Store, waiting: ProjectionWaiter, search: KafkaLogSearch):
        self._store, self._waiting, self._search = store, waiting, search

    async def has(self, owner: UUID, claim: Claim) -> bool:
        """See producers.writes.execute.Owners."""
        partition = self._store.partitioning.of(ACCOUNTS, owner)
        end = await self._search.end(ACCOUNTS, partition)
        if end and not await self._waiting.passed([Position(ACCOUNTS, partition, end - 1)]):
            raise NotPublished("the read models are behind the log: whether a handle is free isn't known yet")
        user: User | None = await self._store.get(USERS, owner)
        return user is not None and user.handle_hmac == claim.value
