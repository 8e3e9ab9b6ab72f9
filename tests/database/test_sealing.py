"""Field-level encryption without a database: sealing, blind indexes, and the two ways to wrap a key."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from database.crypto import BlindIndex, CloudKms, LocalKey, Place, Unreadable, open_sealed, seal
from database.crypto.kms import crc32c

KEY = bytes(range(32))
PLACE = Place("users", "ssn", "42")
SECRET = "078-05-1120"
KMS_KEY = "projects/p/locations/us-central1/keyRings/r/cryptoKeys/fields"


def test_what_is_sealed_opens_and_looks_like_noise() -> None:
    one, two = (seal(KEY, 3, PLACE, SECRET) for _ in range(2))
    assert open_sealed(KEY, PLACE, one) == open_sealed(KEY, PLACE, two) == SECRET
    assert SECRET.encode() not in one.ciphertext
    assert one.ciphertext != two.ciphertext, "a nonce is never used twice"
    assert (len(one.nonce), len(one.ciphertext), one.key_version) == (12, len(SECRET) + 16, 3)


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, table="kyc_records"),
        replace(PLACE, column="phone_number"),
        replace(PLACE, row="43"),
        Place("user", "sssn", "42"),
    ],
)
def test_it_opens_at_its_place_only(place: Place) -> None:
    with pytest.raises(Unreadable, match=rf"{place.table}\.{place.column} of row {place.row} does not open with version 1"):
        open_sealed(KEY, place, seal(KEY, 1, PLACE, SECRET))


@pytest.mark.parametrize("change", [{"key_version": 2}, {"nonce": bytes(12)}, {"ciphertext": bytes(27)}], ids=str)
def test_it_does_not_open_once_it_was_changed(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable) as refusal:
        open_sealed(KEY, PLACE, replace(seal(KEY, 1, PLACE, SECRET), **change))
    assert SECRET not in str(refusal.value)


def test_no_two_places_read_the_same() -> None:
    assert Place("ab", "c", "d").aad(1) != Place("a", "bc", "d").aad(1)


def test_a_blind_index_is_of_the_number_and_not_of_how_it_is_written() -> None:
    index = BlindIndex(os.urandom(32))
    column = "users.phone_number"
    assert index.of(column, "+41 79 123 45 67") == index.of(column, "0041 (79) 123-45-67")
    assert index.of(column, "+41 79 123 45 67") != index.of(column, "+41 79 123 45 68")
    assert index.of(column, "1") != index.of("users.ssn", "1")
    assert index.of(column, "1") != BlindIndex(os.urandom(32)).of(column, "1")
    assert len(index.of(column, "1")) == 32


def test_a_short_index_key_is_refused() -> None:
    with pytest.raises(ValueError, match="has 16 bytes; at least 32 are needed"):
        BlindIndex(bytes(16))


def test_a_local_key_unwraps_what_older_versions_wrapped() -> None:
    old, new = os.urandom(32), os.urandom(32)
    wrapped, key_id = LocalKey(old).wrap(KEY, b"context")
    assert LocalKey(old, new).unwrap(wrapped, key_id, b"context") == KEY
    assert LocalKey(old, new).wrap(KEY, b"context")[1] == "local/2"
    with pytest.raises(Unreadable, match="local/1"):
        LocalKey(new).unwrap(wrapped, key_id, b"context")
    with pytest.raises(Unreadable):
        LocalKey(old).unwrap(wrapped, key_id, b"another context")
    with pytest.raises(Unreadable, match="wrapped by local/7, which is not here; there are local/1"):
        LocalKey(old).unwrap(wrapped, "local/7", b"context")


@pytest.mark.parametrize("keys", [[], [bytes(31)], [bytes(32), bytes(16)]])
def test_a_local_key_has_32_bytes(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="a local key is 32 bytes"):
        LocalKey(*keys)


def test_the_checksum_is_castagnolis() -> None:
    assert crc32c(b"123456789") == 0xE3069283


@dataclass
class FakeKms:
    """Answers as Cloud KMS does, with one key of two versions; and as it is told to, before that."""

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    damage: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def answer(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        aad = base64.b64decode(body["additionalAuthenticatedData"])
        assert int(body["additionalAuthenticatedDataCrc32c"]) == crc32c(aad)
        wrapper = LocalKey(bytes(32))
        if path.endswith(":encrypt"):
            plaintext = base64.b64decode(body["plaintext"])
            wrapped, _ = wrapper.wrap(plaintext, aad)
            intact = int(body["plaintextCrc32c"]) == crc32c(plaintext) and self.damage != "request"
            return {
                "name": f"{KMS_KEY}/cryptoKeyVersions/2",
                "ciphertext": base64.b64encode(wrapped).decode(),
                "ciphertextCrc32c": str(crc32c(wrapped) ^ (self.damage == "answer")),
                "verifiedPlaintextCrc32c": intact,
                "verifiedAdditionalAuthenticatedDataCrc32c": True,
            }
        plaintext = wrapper.unwrap(base64.b64decode(body["ciphertext"]), "local/1", aad)
        return {
            "plaintext": base64.b64encode(plaintext).decode(),
            "plaintextCrc32c": str(crc32c(plaintext) ^ (self.damage == "answer")),
        }


@pytest.fixture
def kms() -> Generator[FakeKms]:
    fake = FakeKms()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fake.requests.append((self.path, str(self.headers["Authorization"])))
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status, said = fake.answers.pop(0) if fake.answers else (200, json.dumps(fake.answer(self.path, body)))
            except Unreadable:
                status, said = 400, "Decryption failed: verify that 'name' refers to the correct CryptoKey."
            self.send_response(status)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
            """Nothing on the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        fake.url = f"http://127.0.0.1:{server.server_port}"
        yield fake
        server.shutdown()


def client(kms: FakeKms) -> CloudKms:
    return CloudKms(KMS_KEY, endpoint=kms.url, token=lambda: "token", sleep=lambda _: None)


def test_cloud_kms_wraps_and_unwraps(kms: FakeKms) -> None:
    wrapped, key_id = client(kms).wrap(KEY, b"context")
    assert key_id == f"{KMS_KEY}/cryptoKeyVersions/2"
    assert client(kms).unwrap(wrapped, key_id, b"context") == KEY
    assert kms.requests == [(f"/{KMS_KEY}:encrypt", "Bearer token"), (f"/{KMS_KEY}:decrypt", "Bearer token")]
    with pytest.raises(Unreadable, match="Cloud KMS refused .*:decrypt: Decryption failed"):
        client(kms).unwrap(wrapped, key_id, b"another context")


@pytest.mark.parametrize(("damage", "said"), [("request", "did not receive what was sent"), ("answer", "damaged on the way")])
def test_damage_on_the_way_is_noticed(kms: FakeKms, damage: str, said: str) -> None:
    wrapped, key_id = client(kms).wrap(KEY, b"")
    kms.damage = damage
    with pytest.raises(Unreadable, match=said):
        client(kms).wrap(KEY, b"")
    if damage == "answer":
        with pytest.raises(Unreadable, match=said):
            client(kms).unwrap(wrapped, key_id, b"")


def test_it_tries_again_where_that_may_help_and_not_for_ever(kms: FakeKms) -> None:
    kms.answers = [(503, "later"), (429, "slower")]
    assert client(kms).wrap(KEY, b"")[1]
    kms.answers = [(503, "later")] * 4
    with pytest.raises(OSError, match="Cloud KMS answered 503 to .*:encrypt: later"):
        client(kms).wrap(KEY, b"")
    kms.answers, kms.requests = [(403, "Permission denied")], []
    with pytest.raises(OSError, match="403 .* Permission denied"):
        client(kms).wrap(KEY, b"")
    assert len(kms.requests) == 1
