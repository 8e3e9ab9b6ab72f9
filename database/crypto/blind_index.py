"""Finding a row by a value that the database cannot read."""

from __future__ import annotations

import hmac
import re

INDEX_KEY_BYTES = 32


class BlindIndex:
    """HMAC-SHA256 of a normalised value, under a key of its own that is not in the database.

    Whoever has the key and the database can try every phone number there is; keep it in Secret Manager. It is the same
    for every user, which is what makes it findable, so it shows that two rows have one value.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < INDEX_KEY_BYTES:
            raise ValueError(f"the blind index's key has {len(key)} bytes; at least {INDEX_KEY_BYTES} are needed")
        self._key = key

    def of(self, column: str, value: str) -> bytes:
        """32 bytes for a value of a column such as users.phone_number; the same value of another column has others."""
        return hmac.digest(self._key, column.encode() + b"\0" + normalised(value).encode(), "sha256")


def normalised(value: str) -> str:
    """A number as people write it, reduced to what identifies it: digits and letters, 00 as +, small."""
    bare = re.sub(r"[^0-9a-z+@.]", "", value.lower())
    return "+" + bare[2:] if bare.startswith("00") else bare
