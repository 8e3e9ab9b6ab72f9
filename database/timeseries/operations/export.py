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
from typing import IO, Any

from common import password

PIECE = 64 * 1024 * 1024
"""Bytes sent at once; a multiple of 256 KiB, as Cloud Storage wants it."""
STORAGE = os.environ.get("STORAGE", "https://storage.googleapis.com")
METADATA = os.environ.get("METADATA", "http://metadata.google.internal")
TOKEN = f"{METADATA}/computeMetadata/v1/instance/service-accounts/default/token"
INCOMPLETE = 308
TRIES = 5


def ask(method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> tuple[Mapping[str, str], bytes]:
    """An answer's headers and body. A piece that was taken is answered with 308, which is no error here."""
    for attempt in range(1, TRIES + 1):
        request = urllib.request.Request(url, data=body or None, method=method, headers=dict(headers or {}))  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
                return dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            if error.code == INCOMPLETE:
                return dict(error.headers), b""
            if (error.code < 500 and error.code != 429) or attempt == TRIES:
                raise
        except urllib.error.URLError:  # the first seconds of a pod, in which the metadata server is not there yet
            if attempt == TRIES:
                raise
        time.sleep(2**attempt)
    raise AssertionError


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
    token = json.loads(ask("GET", TOKEN, headers={"Metadata-Flavor": "Google"})[1])["access_token"]
    query = urllib.parse.urlencode({"uploadType": "resumable", "name": name, "ifGenerationMatch": 0})
    started, _ = ask("POST", f"{STORAGE}/upload/storage/v1/b/{bucket}/o?{query}", headers={"Authorization": f"Bearer {token}"})
    session = next(value for key, value in started.items() if key.lower() == "location")
    digest, sent, answer = hashlib.md5(usedforsecurity=False), 0, b""
    for piece, last in pieces(source):
        if last:
            finish()
        digest.update(piece)
        until = sent + len(piece)
        _, answer = ask("PUT", session, piece, {"Content-Range": f"bytes {sent}-{until - 1}/{until if last else '*'}"})
        sent = until
    made: dict[str, Any] = json.loads(answer)
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
