"""A logical backup: pg_dump of a standby, streamed into an object of Cloud Storage, and compared with what arrived.

The dump never touches a disk. The identity may create objects and nothing else: it cannot read, replace or delete one."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from common import password

PIECE = 64 * 1024 * 1024
"""Bytes sent at once; a multiple of 256 KiB, as Cloud Storage wants it."""
STORAGE = os.environ.get("STORAGE", "https://storage.googleapis.com")
METADATA = os.environ.get("METADATA", "http://metadata.google.internal")
TOKEN = f"{METADATA}/computeMetadata/v1/instance/service-accounts/default/token"
INCOMPLETE = 308
TRIES = 5
PAUSE = 1.0
"""Seconds to wait before the next try, doubled each time."""


class Unavailable(Exception):
    """No answer, or one that says to come again."""


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def held(self) -> int:
        """How many bytes of an upload the server has, as it says it after each piece."""
        return int(self.headers["range"].rpartition("-")[2]) + 1 if "range" in self.headers else 0


def once(method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """Asks once. A piece that was taken is answered with 308, which is no error here."""
    request = urllib.request.Request(url, data=body, method=method, headers=dict(headers or {}))  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
            return Answer(answer.status, _lower(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        if error.code == INCOMPLETE:
            return Answer(error.code, _lower(error.headers), b"")
        if error.code < 500 and error.code != 429:
            raise
        raise Unavailable(f"{method} {url.partition('?')[0]}: {error}") from error
    except OSError as error:
        raise Unavailable(f"{method} {url.partition('?')[0]}: {error}") from error


def ask(method: str, url: str, headers: Mapping[str, str]) -> Answer:
    """Asks until there is an answer: the metadata server, for one, is not there in a pod's first seconds."""
    for attempt in range(1, TRIES):
        try:
            return once(method, url, headers=headers)
        except Unavailable:
            time.sleep(PAUSE * 2**attempt)
    return once(method, url, headers=headers)


def deliver(session: str, piece: bytes, begins: int, total: int | None) -> Answer:
    """Brings a piece of an upload there. After a failure the server is asked how much of it it has: the rest is sent again.

    Args:
        begins: the place of the piece's first byte.
        total: the length of all, with the last piece; None before.
    """
    ends, held = begins + len(piece), begins
    for attempt in range(1, TRIES + 1):
        rest = piece[held - begins :]
        span = f"{held}-{ends - 1}" if rest else "*"
        try:
            answer = once("PUT", session, rest, {"Content-Range": f"bytes {span}/{'*' if total is None else total}"})
        except Unavailable:
            if attempt == TRIES:
                raise
            time.sleep(PAUSE * 2**attempt)
            answer = ask("PUT", session, {"Content-Range": f"bytes */{'*' if total is None else total}"})
        if answer.status != INCOMPLETE or (answer.held == ends and total is None):
            return answer
        held = answer.held
        if not begins <= held <= ends:
            break  # it lost what it had said it had: there is nothing to send it from
    raise RuntimeError(f"the upload stopped: {held} bytes of {ends} arrived")


def _lower(headers: Any) -> Mapping[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}


def pieces(source: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """What there is to send, piece by piece, each with whether it is the last."""
    piece = source.read(PIECE)
    while True:
        following = source.read(PIECE) if len(piece) == PIECE else b""
        yield piece, not following
        if not following:
            return
        piece = following


def send(source: IO[bytes], bucket: str, name: str, finish: Any) -> dict[str, Any]:
    """Streams it into an object. `finish` is asked before the last piece: where it raises, there is no object."""
    token = json.loads(ask("GET", TOKEN, {"Metadata-Flavor": "Google"}).body)["access_token"]
    query = urllib.parse.urlencode({"uploadType": "resumable", "name": name, "ifGenerationMatch": 0})
    begin = f"{STORAGE}/upload/storage/v1/b/{bucket}/o?{query}"
    session = ask("POST", begin, {"Authorization": f"Bearer {token}"}).headers["location"]
    digest, sent, answer = hashlib.md5(usedforsecurity=False), 0, None
    for piece, last in pieces(source):
        ends = sent + len(piece)
        if last:
            finish()
            if not ends:
                raise RuntimeError(f"{name}: the dump is empty")
        digest.update(piece)
        answer = deliver(session, piece, sent, ends if last else None)
        sent = ends
    made: dict[str, Any] = json.loads(answer.body if answer else b"{}")
    if int(made["size"]) != sent or made["md5Hash"] != base64.b64encode(digest.digest()).decode():
        raise RuntimeError(f"{name}: {sent} bytes were sent, {made['size']} arrived, with another digest")
    return made


def main() -> None:
    """Dumps and sends."""
    database = os.environ["DATABASE"]
    name = f"{os.environ['FOLDER']}{database}-{time.strftime('%Y-%m-%dT%H-%M-%SZ', time.gmtime())}.dump"
    command = ["pg_dump", "--format=custom", "--compress=6", "--no-password", f"{os.environ['STANDBY']} dbname={database}"]
    dump = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PGPASSWORD": password("export")})

    def finish() -> None:
        if dump.wait():
            raise RuntimeError(f"pg_dump ended with {dump.returncode}")

    assert dump.stdout  # noqa: S101
    made = send(dump.stdout, os.environ["BUCKET"], name, finish)
    # JSON, whose fields an alert reads.
    done = {"message": f"{made['name']}: {made['size']} bytes", "exported": made["name"], "bytes": int(made["size"])}
    sys.stdout.write(json.dumps(done) + "\n")


if __name__ == "__main__":
    main()
