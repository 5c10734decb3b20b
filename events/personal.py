"""Seals personal data in events with the key of the person it belongs to: without that key nobody can read it.

AES-256-GCM (NIST SP 800-38D). A sealed value is: version (1 byte), nonce (12 bytes), ciphertext and tag. The event's id
and the field's name are its associated data, so that a value can't be moved to another event or field.
"""

import os
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1
NONCE_BYTES = 12


class Erased(Enum):
    """What a personal field reads as once its person was erased."""

    ERASED = "erased"


ERASED = Erased.ERASED


class Damaged(Enum):
    """What stands in place of a person's key whose row can't be unwrapped, or holds no key."""

    DAMAGED = "damaged"


DAMAGED = Damaged.DAMAGED
Key = bytes | Erased | Damaged


class KeysUnavailable(Exception):
    """The key store doesn't answer, which says nothing of any key: a retry may help."""


class Keys(Protocol):
    """Where people's keys are kept."""

    async def many(self, people: Collection[UUID]) -> Mapping[UUID, Key]:
        """32-byte keys by person; ERASED where the key's row says so, DAMAGED where it can't be read as it is; absent
        people are left out.

        Raises KeysUnavailable if the store doesn't answer."""
        ...


def seal(key: bytes, event_id: UUID, field: str, text: str) -> bytes:
    """The sealed form of one personal value."""
    nonce = os.urandom(NONCE_BYTES)
    return bytes([VERSION]) + nonce + AESGCM(key).encrypt(nonce, text.encode(), associated_data(event_id, field))


def unseal(key: bytes, event_id: UUID, field: str, sealed: bytes) -> str:
    """The plain text of a sealed value. Raises ValueError if it was sealed otherwise, or changed."""
    if len(sealed) < 1 + NONCE_BYTES or sealed[0] != VERSION:
        raise ValueError(f"{field} isn't sealed in a version known here")
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, associated_data(event_id, field)).decode()
    except InvalidTag:
        raise ValueError(f"{field} can't be opened with its person's key") from None


def associated_data(event_id: UUID, field: str) -> bytes:
    """The associated data that ties a sealed value to its place."""
    return f"{event_id}/{field}".encode()
