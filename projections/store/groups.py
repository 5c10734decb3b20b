"""Plans the requests of a read of many keys: those that differ in one column only are asked for together."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from projections.store.protocol import KEYS_A_REQUEST

Key = tuple[Any, ...]
OwnerOf = Callable[[Key], Any]


@dataclass(frozen=True, slots=True)
class Group:
    """The keys of one request.

    - `values`: a value for each of the key's columns, and a list of values for the one at index `several`.
    - `several`: None if it is one key.
    - `node`: the driver's Host to send it to, or None for any."""

    values: tuple[Any, ...]
    several: int | None = None
    node: Any = None


def groups_of(keys: Iterable[Key], owner_of: OwnerOf | None = None, size: int = KEYS_A_REQUEST) -> list[Group]:
    """Every distinct key in one group, `size` in each at most; with `owner_of`, a group's keys are of one node."""
    if owner_of is None:
        return list(_groups(list(dict.fromkeys(keys)), None, size))
    owned: dict[Any, dict[Key, None]] = {}
    for key in keys:
        owned.setdefault(owner_of(key), {})[key] = None
    return [group for node, theirs in owned.items() for group in _groups(list(theirs), node, size)]


def _groups(keys: list[Key], node: Any, size: int) -> Iterator[Group]:
    if not keys:
        return
    # The column whose absence leaves the fewest different keys: of two columns, the one with the most values.
    several = min(range(len(keys[0])), key=lambda column: len({without(key, column) for key in keys}))
    alike: dict[Key, list[Any]] = {}
    for key in keys:
        alike.setdefault(without(key, several), []).append(key[several])
    for rest, values in alike.items():
        for i in range(0, len(values), size):
            some = values[i : i + size]
            if len(some) == 1:
                yield Group((*rest[:several], some[0], *rest[several:]), node=node)
            else:
                yield Group((*rest[:several], some, *rest[several:]), several, node)


def without(key: Key, column: int) -> Key:
    """A key's other columns."""
    return key[:column] + key[column + 1 :]
