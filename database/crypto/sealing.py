"""One field: AES-256-GCM, bound to its place."""

from __future__ import annotations

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
"""What GCM is specified for. Random: at 2^32 fields under one key two would meet with a chance of 2^-33; a user has a dozen."""


class Unreadable(Exception):
    """What is stored does not open: another key, another place, or changed since. Never says what it holds."""


@dataclass(frozen=True)
class Place:
    """Where a value belongs; it opens nowhere else."""

    table: str
    column: str
    row: str
    """The row's primary key, as text."""

    def aad(self, key_version: int) -> bytes:
        """Each part with its length before it, so that no two places read the same."""
        parts = (self.table, self.column, self.row, str(key_version))
        return b"".join(len(part).to_bytes(4) + part for part in map(str.encode, parts))


@dataclass(frozen=True)
class Sealed:
    """The three columns of a field: <name>_encrypted, <name>_nonce, <name>_key_version."""

    ciphertext: bytes
    """With the tag of 16 bytes at its end."""
    nonce: bytes
    key_version: int
    """Counts from 1; which of the user's data keys."""


def seal(key: bytes, key_version: int, place: Place, plaintext: str) -> Sealed:
    """Encrypts a value for a place."""
    nonce = os.urandom(NONCE_BYTES)
    return Sealed(AESGCM(key).encrypt(nonce, plaintext.encode(), place.aad(key_version)), nonce, key_version)


def open_sealed(key: bytes, place: Place, sealed: Sealed) -> str:
    """Decrypts a value at its place.

    Raises:
        Unreadable: it is not what was sealed there with that key.
    """
    try:
        return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, place.aad(sealed.key_version)).decode()
    except InvalidTag:
        raise Unreadable(
            f"{place.table}.{place.column} of row {place.row} does not open with version {sealed.key_version} of its key"
        ) from None
