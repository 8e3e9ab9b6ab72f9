"""Wrapping data keys: what a key management service does, and a local key that does it in dev."""

from __future__ import annotations

import os
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .sealing import KEY_BYTES, NONCE_BYTES, Unreadable


class KeyWrapper(Protocol):
    """Encrypts and decrypts small things with a key that it does not give away."""

    def wrap(self, data_key: bytes, context: bytes) -> tuple[bytes, str]:
        """The wrapped key, and the id of the key version that wrapped it."""
        ...

    def unwrap(self, wrapped: bytes, key_id: str, context: bytes) -> bytes:
        """The data key. Raises `Unreadable` where it was not wrapped by that key in that context."""
        ...


class LocalKey:
    """For dev and tests: AES-256-GCM under keys from a file or an environment variable; the newest version wraps."""

    def __init__(self, *versions: bytes) -> None:
        if not versions or any(len(version) != KEY_BYTES for version in versions):
            raise ValueError(f"a local key is {KEY_BYTES} bytes; given were {[len(version) for version in versions]}")
        self._versions = {f"local/{number}": version for number, version in enumerate(versions, start=1)}

    def wrap(self, data_key: bytes, context: bytes) -> tuple[bytes, str]:
        key_id, key = list(self._versions.items())[-1]
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, data_key, context), key_id

    def unwrap(self, wrapped: bytes, key_id: str, context: bytes) -> bytes:
        key = self._versions.get(key_id)
        if key is None:
            raise Unreadable(f"a data key was wrapped by {key_id}, which is not here; there are {', '.join(self._versions)}")
        try:
            return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
        except InvalidTag:
            raise Unreadable(f"a data key does not unwrap with {key_id}") from None
