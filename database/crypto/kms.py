"""Cloud KMS over its REST interface, with nothing but the standard library."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from ..workload import workload_token
from .sealing import Unreadable

ENDPOINT = "https://cloudkms.googleapis.com/v1"
TIMEOUT_SECONDS = 10
ATTEMPTS = 4
CASTAGNOLI = 0x82F63B78
"""CRC32C's polynomial, reversed."""


class CloudKms:
    """A symmetric key of Cloud KMS. The workload needs roles/cloudkms.cryptoKeyEncrypterDecrypter on it, and no other.

    Both ways the bytes carry a CRC32C, as Google asks of its clients: a data key that was damaged on the way and then
    used would lose everything sealed with it.
    """

    def __init__(
        self,
        key: str,
        *,
        endpoint: str = ENDPOINT,
        token: Callable[[], str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`key`: projects/…/locations/…/keyRings/…/cryptoKeys/…, without a version. `token`: an access token for it."""
        self._key = key
        self._endpoint = endpoint
        self._token = token or workload_token
        self._sleep = sleep

    def wrap(self, data_key: bytes, context: bytes) -> tuple[bytes, str]:
        answer = self._call(
            f"{self._key}:encrypt",
            plaintext=_text(data_key),
            plaintextCrc32c=str(crc32c(data_key)),
            additionalAuthenticatedData=_text(context),
            additionalAuthenticatedDataCrc32c=str(crc32c(context)),
        )
        if not (answer.get("verifiedPlaintextCrc32c") and answer.get("verifiedAdditionalAuthenticatedDataCrc32c")):
            raise Unreadable("Cloud KMS did not receive what was sent to it")
        wrapped = base64.b64decode(answer["ciphertext"])
        _intact(wrapped, answer["ciphertextCrc32c"])
        return wrapped, str(answer["name"])

    def unwrap(self, wrapped: bytes, key_id: str, context: bytes) -> bytes:
        answer = self._call(
            f"{key_id.partition('/cryptoKeyVersions/')[0]}:decrypt",  # the ciphertext says which version
            ciphertext=_text(wrapped),
            ciphertextCrc32c=str(crc32c(wrapped)),
            additionalAuthenticatedData=_text(context),
            additionalAuthenticatedDataCrc32c=str(crc32c(context)),
        )
        data_key = base64.b64decode(answer["plaintext"])
        _intact(data_key, answer["plaintextCrc32c"])
        return data_key

    def _call(self, method: str, **body: str) -> dict[str, Any]:
        for attempt in range(1, ATTEMPTS + 1):
            request = urllib.request.Request(  # noqa: S310 - the endpoint is ours
                f"{self._endpoint}/{method}",
                data=json.dumps(body).encode(),
                headers={"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"},
            )
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                    return json.load(response)
            except urllib.error.HTTPError as error:
                said = error.read().decode(errors="replace")
                if error.code == 400:
                    raise Unreadable(f"Cloud KMS refused {method}: {said}") from None
                if error.code not in (429, 500, 503) or attempt == ATTEMPTS:
                    raise OSError(f"Cloud KMS answered {error.code} to {method}: {said}") from None
            except (urllib.error.URLError, TimeoutError):
                if attempt == ATTEMPTS:
                    raise
            self._sleep(0.1 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


def crc32c(data: bytes) -> int:
    """The checksum that Cloud KMS uses; for a few dozen bytes a loop over bits will do."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (CASTAGNOLI if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _intact(data: bytes, expected: str | int) -> None:
    if crc32c(data) != int(expected):
        raise Unreadable("what Cloud KMS sent was damaged on the way")
