"""A stand-in of Elasticsearch for what the proof of its snapshots asks, and of Google's where evidence is kept.

What the user's role does not allow is refused, as Elasticsearch refuses it: the actions of each request are those of its source,
and those of a privilege are written out below. There is no Elasticsearch on a plain machine."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs, urlsplit

from database.search.definitions import INDEX, REPOSITORY, VERIFY, WRITTEN, properties, roles
from database.search.ingest import document, version

from .rows import row

Document = tuple[int, dict[str, Any]]
LIVE = f"{INDEX}-000001"
PRIVILEGES: dict[str, tuple[str, ...]] = {
    "read": ("indices:data/read*",),
    "view_index_metadata": ("indices:admin/mappings/get", "indices:monitor/settings/get", "indices:admin/aliases/get"),
    "delete_index": ("indices:admin/delete",),
    "monitor_snapshot": ("cluster:admin/snapshot/status*", "cluster:admin/snapshot/get*", "cluster:admin/repository/get*"),
}
"""https://github.com/elastic/elasticsearch/tree/8.19/x-pack/plugin/core/src/main/java/org/elasticsearch/xpack/core/security/authz/privilege"""


def listed(number: int, **over: Any) -> tuple[str, Document]:
    """A document, as the ingest writes it, with its id and version."""
    known = row(id=f"listing-{number}", **over)
    return known["id"], (version(known), document(known))


def snapshot(name: str, hours: float, state: str = "SUCCESS", indices: tuple[str, ...] = (LIVE, ".security-7")) -> dict[str, Any]:
    """A snapshot that ended so many hours ago."""
    ended = int((datetime.now(UTC).timestamp() - hours * 3600) * 1000)
    return {
        "snapshot": name, "state": state, "indices": list(indices), "start_time_in_millis": ended - 60_000, "end_time_in_millis": ended,
    }  # fmt: skip


class Snapshots:
    """A cluster with a live index and snapshots, and what was asked of it."""

    def __init__(self) -> None:
        self.live: dict[str, Document] = dict(listed(number) for number in range(450))
        self.live_name = LIVE
        self.mapping: dict[str, Any] = {"dynamic": "strict", "properties": properties()}
        self.held = deepcopy(self.live)
        """What the index holds in the snapshots."""
        self.held_mapping = deepcopy(self.mapping)
        self.snapshots = [snapshot("older", 26), snapshot("newest", 2), snapshot("failed", 1, "PARTIAL")]
        self.restored: dict[str, dict[str, Any]] = {}
        """What each restored index was asked to be."""
        self.statuses = ["yellow", "green"]
        """What the health of a restored index is said to be; the last one stays."""
        self.refusing: dict[str, int] = {}
        """The status that requests get whose path has this in it."""
        self.waiting = threading.Event()
        """Set once somebody waits for a restored index."""
        self.objects: dict[str, Any] = {}
        self.asked: list[tuple[str, str]] = []

    def answer(self, method: str, url: str, body: Any) -> tuple[int, Any]:
        """The status and the body of an answer."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/computeMetadata/"):
            return 200, {"access_token": "token"}
        if status := next((status for part, status in self.refusing.items() if part in url), None):
            return status, {"error": {"reason": "staged"}}
        if parts.path.startswith("/upload/storage/v1/b/"):
            self.objects[f"{parts.path.split('/')[5]}/{query['name']}"] = body
            return 200, {}
        self.asked.append((method, parts.path))
        first, _, action = parts.path.strip("/").partition("/")
        if first.startswith("_"):
            return self._of_cluster(method, [first, *action.split("/")], query, body)
        return self._of_index(method, first, action, body)

    def _of_cluster(self, method: str, path: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        match method, path:
            case "GET", ["_snapshot", _, "*"]:
                assert query["slm_policy_filter"] == "snapshots"
                return self._allowed("cluster:admin/snapshot/get", None) or (200, {"snapshots": self.snapshots})
            case "POST", ["_snapshot", repository, name, "_restore"]:
                assert repository == REPOSITORY
                return self._allowed("cluster:admin/snapshot/restore", None) or self._restore(name, body)
            case "GET", ["_cluster", "health", name]:
                return self._allowed("cluster:monitor/health", None) or (200, {"status": self._status(name)})
            case _:
                assert (method, path[0]) == ("POST", "_search")
                return self._page(body)

    def _of_index(self, method: str, name: str, action: str, body: Any) -> tuple[int, Any]:
        assert (method == "DELETE") == (action == "")
        known: dict[str, tuple[str, Callable[[str, Any], Any]]] = {
            "": ("indices:admin/delete", self._delete),
            "_mapping": ("indices:admin/mappings/get", self._mapped),
            "_settings": ("indices:monitor/settings/get", self._names),
            "_search": ("indices:data/read/search", self._found),
            "_count": ("indices:data/read/search", self._counted),
            "_pit": ("indices:data/read/open_point_in_time", lambda index, _: {"id": index}),
        }
        needed, does = known[action]
        if refused := self._allowed(needed, name):
            return refused
        if "*" not in name and name != WRITTEN and name not in self.restored:
            return 404, {"error": {"reason": f"no such index [{name}]"}}
        return 200, does(name, body)

    def _delete(self, index: str, _: Any) -> Any:
        del self.restored[index]
        return {"acknowledged": True}

    def _names(self, pattern: str, _: Any) -> Any:
        return dict.fromkeys((known for known in self.restored if fnmatchcase(known, pattern)), "its settings")

    def _mapped(self, index: str, _: Any) -> Any:
        live = index == WRITTEN
        return {self.live_name if live else index: {"mappings": self.mapping if live else self.held_mapping}}

    def _counted(self, index: str, body: Any) -> Any:
        before = datetime.fromisoformat(body["query"]["range"]["created_at"]["lt"])
        moments = [datetime.fromisoformat(known["created_at"]) for _, known in self._documents(index).values()]
        return {"count": sum(moment < before for moment in moments)}

    def _found(self, index: str, body: Any) -> Any:
        documents, wanted = self._documents(index), body["query"]["ids"]["values"]
        assert len(wanted) <= body["size"]
        return {"hits": {"hits": [self._hit(key, documents[key]) for key in wanted if key in documents]}}

    def _documents(self, index: str) -> dict[str, Document]:
        return self.live if index == WRITTEN else self.held

    def _page(self, body: Any) -> tuple[int, Any]:
        if refused := self._allowed("indices:data/read/search", body["pit"]["id"]):
            return refused
        after = body.get("search_after", [-1])[0]
        rest = itertools.islice(self.held.items(), after + 1, after + 1 + body["size"])
        hits = [{**self._hit(key, known), "sort": [after + 1 + place]} for place, (key, known) in enumerate(rest)]
        return 200, {"pit_id": body["pit"]["id"], "hits": {"hits": hits}}

    def _restore(self, name: str, body: Any) -> tuple[int, Any]:
        (index,) = [
            known for known in next(s for s in self.snapshots if s["snapshot"] == name)["indices"] if known == body["indices"]
        ]
        assert body["rename_pattern"] == "(.+)"
        target = body["rename_replacement"].replace("$1", index)
        if target in (self.live_name, *self.restored):
            return 500, {
                "error": {"reason": f"cannot restore index [{target}] because an open index with same name already exists"}
            }
        self.restored[target] = {"from": name, **body}
        return 200, {"accepted": True}

    def _status(self, name: str) -> str:
        assert name in self.restored
        self.waiting.set()
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    def _allowed(self, action: str, index: str | None) -> tuple[int, Any] | None:
        """Nothing, or the refusal of what the role does not allow."""
        role = roles()[VERIFY]
        groups = [role["cluster"]] if index is None else [
            entry["privileges"] for entry in role["indices"] if any(fnmatchcase(index, names) for names in entry["names"])
        ]  # fmt: skip
        patterns = [pattern for group in groups for privilege in group for pattern in PRIVILEGES.get(privilege, (privilege,))]
        if any(fnmatchcase(action, pattern) for pattern in patterns):
            return None
        return 403, {"error": {"reason": f"action [{action}] is unauthorized for user [{VERIFY}] on [{index}]"}}

    @staticmethod
    def _hit(key: str, known: Document) -> dict[str, Any]:
        return {"_id": key, "_version": known[0], "_source": json.loads(json.dumps(known[1]))}
