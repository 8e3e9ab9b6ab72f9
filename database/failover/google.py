"""Google, as far as a watcher needs it: instances, the name of the database, and the object that holds the record."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..workload import workload_token
from .cloud import Instance, Refused, Unreachable
from .record import Overtaken, Record

SECONDS = 10
"""How long an answer may take: a round is soon over, or it says nothing."""
FOR_GOOD = (400, 401, 403, 404)
"""What is answered so is answered so again. The rest is for a moment: 409 is another operation of that instance, 412 an older
version."""
REPLICA = "READ_REPLICA_INSTANCE"


class Answer(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where the APIs are."""

    sql: str = "https://sqladmin.googleapis.com"
    dns: str = "https://dns.googleapis.com"
    storage: str = "https://storage.googleapis.com"
    monitoring: str = "https://monitoring.googleapis.com"


class Api:
    """Requests in the name of the workload. None is tried again here: the next round is soon."""

    def __init__(self, token: Callable[[], str] = workload_token) -> None:
        self._token = token

    def ask(self, method: str, url: str, body: Any = None) -> tuple[Any, Mapping[str, str]]:
        """The answer, parsed, and its headers.

        Raises:
            Answer: it is no success.
            Unreachable: there is none.
        """
        request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())  # noqa: S310
        request.add_header("Content-Type", "application/json")
        try:
            request.add_header("Authorization", f"Bearer {self._token()}")
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return json.loads(answer.read() or b"{}"), answer.headers
        except urllib.error.HTTPError as error:
            raise Answer(error.code, _message(error)) from None
        except (OSError, ValueError) as error:
            raise Unreachable(f"{urllib.parse.urlsplit(url).netloc}: {error}") from None

    def do(self, method: str, url: str, body: Any = None) -> Any:
        """The same where an answer is either a success, or for good, or for a moment.

        Raises:
            Refused: it will not be done.
            Unreachable: not now.
        """
        try:
            return self.ask(method, url, body)[0]
        except Answer as error:
            kind = Refused if error.status in FOR_GOOD else Unreachable
            raise kind(f"{method} {urllib.parse.urlsplit(url).path}: {error}") from None


class GoogleCloud:
    """Cloud SQL, and the name in Cloud DNS. Regional services answer for a lost region with errors, or not at all."""

    def __init__(self, api: Api, project: str, zone: str, name: str, endpoints: Endpoints | None = None) -> None:
        """What leads to the database is the record of a name, with a dot at its end, in a zone of Cloud DNS."""
        endpoints = endpoints or Endpoints()
        self._api = api
        self._sql = f"{endpoints.sql}/sql/v1beta4/projects/{project}"
        self._record = f"{endpoints.dns}/dns/v1/projects/{project}/managedZones/{zone}/rrsets/{name}/A"

    def look(self, name: str) -> Instance:
        known = self._api.do("GET", f"{self._sql}/instances/{name}")
        query = urllib.parse.urlencode({"instance": name, "maxResults": 10})
        operations = self._api.do("GET", f"{self._sql}/operations?{query}").get("items", [])
        addresses = {found["type"]: found["ipAddress"] for found in known.get("ipAddresses", [])}
        settings = known.get("settings", {})
        return Instance(
            state="STOPPED" if settings.get("activationPolicy") == "NEVER" else str(known.get("state")),
            replica=known.get("instanceType") == REPLICA,
            busy=any(operation["status"] != "DONE" for operation in operations),
            address=addresses.get("PRIVATE"),
            version=int(settings.get("settingsVersion", 0)),
        )

    def stop(self, name: str, version: int) -> None:
        self._activate(name, version, "NEVER")

    def start(self, name: str, version: int) -> None:
        self._activate(name, version, "ALWAYS")

    def promote(self, name: str) -> None:
        self._api.do("POST", f"{self._sql}/instances/{name}/promoteReplica")

    def leads_to(self) -> str | None:
        found = self._api.do("GET", self._record).get("rrdatas", [])
        return found[0] if len(found) == 1 else None

    def lead_to(self, address: str) -> None:
        known = self._api.do("GET", self._record)
        kept = {key: known[key] for key in ("name", "type", "ttl")}
        self._api.do("PATCH", self._record, {**kept, "rrdatas": [address]})

    def _activate(self, name: str, version: int, policy: str) -> None:
        settings = {"activationPolicy": policy, "settingsVersion": str(version)}
        self._api.do("PATCH", f"{self._sql}/instances/{name}", {"settings": settings})


class Bucket:
    """The record and the switch, as objects of a bucket."""

    RECORD, SWITCH = "record.json", "frozen.json"

    def __init__(self, api: Api, bucket: str, endpoints: Endpoints | None = None) -> None:
        endpoints = endpoints or Endpoints()
        self._api, self._host, self._bucket = api, endpoints.storage, bucket

    def load(self) -> tuple[Record, int] | None:
        found = self._read(self.RECORD)
        return None if found is None else (Record.from_json(found[0]), found[1])

    def save(self, record: Record, version: int) -> int:
        written = self._write(self.RECORD, record.as_json(), version)
        if written is None:
            raise Overtaken
        return written

    def frozen(self) -> str | None:
        found = self._read(self.SWITCH)
        return None if found is None else str(found[0].get("why", "nobody says why"))

    def freeze(self, why: str) -> None:
        self._write(self.SWITCH, {"why": why}, 0)

    def _read(self, name: str) -> tuple[dict[str, Any], int] | None:
        try:
            found, headers = self._api.ask("GET", f"{self._host}/storage/v1/b/{self._bucket}/o/{name}?alt=media")
        except Answer as error:
            if error.status == 404:
                return None
            raise Unreachable(f"{name}: {error}") from None
        return found, int(headers["x-goog-generation"])

    def _write(self, name: str, content: Any, version: int) -> int | None:
        query = urllib.parse.urlencode({"uploadType": "media", "name": name, "ifGenerationMatch": version})
        try:
            written, _ = self._api.ask("POST", f"{self._host}/upload/storage/v1/b/{self._bucket}/o?{query}", content)
        except Answer as error:
            if error.status == 412:
                return None
            raise Unreachable(f"{name}: {error}") from None
        return int(written["generation"])


def _message(error: urllib.error.HTTPError) -> str:
    text = error.read().decode(errors="replace")
    try:
        return str(json.loads(text)["error"]["message"])[:500]
    except (ValueError, LookupError, TypeError):
        return text[:500]
