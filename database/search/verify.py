"""Brings the newest snapshot of the search cluster back under another name, compares every document of it with the live
index, and takes it away again.

    python -m database.search.verify

A snapshot says nothing of how many documents are in it, so what came back is held against the live index. There a document is
never deleted, and its version only grows (`ingest`). So each document that came back must be live in the same version, and
then word for word the same, or in a newer one; and what is older than a whole reading of the listings must have come back.
The mapping must be the live index's, and no document may have a field that it does not declare.

What is restored is called `search-verify-` and the index's name: without aliases, so that nobody finds it; without copies;
without the lifecycle, which could delete it, or would keep it. The user may read and delete such indices, and no other.

    INSTANCE                          what the cluster is called
    SEARCH_URL, SEARCH_CA,
    SEARCH_USER, SEARCH_PASSWORD      as in `apply`
    NEWEST_HOURS                      how old the newest snapshot may be
    WHOLE_HOURS                       how often all listings are written
    SECONDS, BUCKET, FOLDER           as in `database.proof`
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ..proof import EMPTY, PAUSE, SUCCEEDED, Failed, prove
from .apply import Cluster, Refused, connect
from .definitions import INDEX, REPOSITORY, RESTORED, SNAPSHOTS, WRITTEN

Hit = Mapping[str, Any]
PAGE = 200
"""Documents of one request, as many as the ingest writes at once."""
KEPT_OPEN = "5m"
"""How long the view of the restored index stays between two requests."""
TOLD = 5
"""How many documents a failure names."""


@dataclass
class Compared:
    """What came of the documents that were held against the live ones."""

    same: int = 0
    changed: int = 0
    """Newer in the live index: written after the snapshot."""
    wrong: list[str] = field(default_factory=list[str])

    @property
    def documents(self) -> int:
        """How many there were."""
        return self.same + self.changed + len(self.wrong)


def newest(ask: Cluster, hours: float) -> Mapping[str, Any]:
    """The newest snapshot of the policy that succeeded; it must be young."""
    path = f"/_snapshot/{REPOSITORY}/*?slm_policy_filter={SNAPSHOTS}&sort=start_time&order=desc&size=100"
    done = [known for known in ask("GET", path)["snapshots"] if known["state"] == "SUCCESS"]
    if not done:
        raise Failed(f"there is no snapshot in {REPOSITORY} that succeeded")
    found = max(done, key=lambda known: known["end_time_in_millis"])
    age = (datetime.now(UTC) - _moment(found["end_time_in_millis"])).total_seconds() / 3600
    if age > hours:
        raise Failed(f"the newest snapshot, {found['snapshot']}, is {age:.0f} hours old, more than {hours:.0f}")
    return found


def restore(ask: Cluster, snapshot: str, index: str, deadline: float) -> None:
    """Brings an index of a snapshot back as another, and waits until all of it is there."""
    ask("POST", f"/_snapshot/{REPOSITORY}/{snapshot}/_restore?wait_for_completion=false", {
        "indices": index,
        "rename_pattern": "(.+)",
        "rename_replacement": f"{RESTORED}$1",
        "include_aliases": False,
        "include_global_state": False,
        "feature_states": ["none"],
        "partial": False,
        "index_settings": {"index.number_of_replicas": 0},
        "ignore_index_settings": ["index.lifecycle.*"],
    })  # fmt: skip
    while (status := ask("GET", f"/_cluster/health/{RESTORED}{index}?level=indices")["status"]) != "green":
        _in_time(deadline, f"the restored index is still {status}")
        time.sleep(PAUSE)


def remove(ask: Cluster) -> None:
    """Takes away what was restored, by this run or by one that was killed; only one runs at a time."""
    for name in ask("GET", f"/{RESTORED}*/_settings?expand_wildcards=all"):
        if not name.startswith(RESTORED):
            raise AssertionError(name)
        ask("DELETE", f"/{name}", missing={"acknowledged": True})


def pages(ask: Cluster, index: str, deadline: float) -> Iterator[list[Hit]]:
    """Every document of an index."""
    view, after = ask("POST", f"/{index}/_pit?keep_alive={KEPT_OPEN}")["id"], None
    while True:
        _in_time(deadline, "not every document was read")
        body = {"size": PAGE, "pit": {"id": view, "keep_alive": KEPT_OPEN}, "sort": ["_shard_doc"], "version": True}
        answer = ask("POST", "/_search", body | ({"search_after": after} if after else {}))
        hits = answer["hits"]["hits"]
        if not hits:
            return
        yield hits
        view, after = answer.get("pit_id", view), hits[-1]["sort"]


def compare(hits: list[Hit], live: Mapping[str, Hit], properties: Mapping[str, Any], found: Compared) -> None:
    """Holds documents against the live ones."""
    for hit in hits:
        known = live.get(hit["_id"])
        if wrong := _wrong(hit, known, properties):
            found.wrong.append(f"{hit['_id']} {wrong}")
        elif known and known["_version"] > hit["_version"]:
            found.changed += 1
        else:
            found.same += 1


def _wrong(hit: Hit, live: Hit | None, properties: Mapping[str, Any]) -> str:
    """What is wrong with a document; nothing where all is well."""
    if unknown := undeclared(hit["_source"], properties):
        return f"has {', '.join(unknown)}, which the mapping does not declare"
    if live is None:
        return "is not in the live index"
    if live["_version"] < hit["_version"]:
        return "is newer than in the live index"
    if live["_version"] == hit["_version"] and live["_source"] != hit["_source"]:
        return "differs from the live index in the same version"
    return ""


def undeclared(source: Mapping[str, Any], properties: Mapping[str, Any], within: str = "") -> list[str]:
    """The fields of a document that a strict mapping has not."""
    found: list[str] = []
    for name, value in source.items():
        declared = properties.get(name)
        if declared is None:
            found.append(f"{within}{name}")
        elif isinstance(value, dict):
            found += undeclared(value, declared.get("properties", {}), f"{within}{name}.")  # pyright: ignore[reportUnknownArgumentType]
    return found


def _live(ask: Cluster, hits: list[Hit]) -> dict[str, Hit]:
    """The live documents with the same ids."""
    ids = [hit["_id"] for hit in hits]
    body = {"size": len(ids), "version": True, "query": {"ids": {"values": ids}}}
    return {hit["_id"]: hit for hit in ask("POST", f"/{WRITTEN}/_search", body)["hits"]["hits"]}


def _old(ask: Cluster, index: str, before: datetime) -> int:
    """How many documents of an index are about what was there before a moment."""
    return ask("POST", f"/{index}/_count", {"query": {"range": {"created_at": {"lt": before.isoformat()}}}})["count"]


def _mapping(ask: Cluster, index: str) -> tuple[str, Mapping[str, Any]]:
    """The name of the index behind a name, and its mapping."""
    ((name, known),) = ask("GET", f"/{index}/_mapping").items()
    return name, known["mappings"]


def look(ask: Cluster, index: str, snapshot: Mapping[str, Any], deadline: float) -> dict[str, Any]:
    """Holds a restored index against the live one."""
    restored = RESTORED + index
    (live_name, wanted), (_, mapping) = _mapping(ask, WRITTEN), _mapping(ask, restored)
    if index == live_name and mapping != wanted:
        raise Failed(f"the mapping of {index} is not the one that it has in the snapshot")
    found = Compared()
    for hits in pages(ask, restored, deadline):
        compare(hits, _live(ask, hits), mapping.get("properties", {}), found)
    if found.wrong:
        raise Failed(f"{len(found.wrong)} of {found.documents} documents: {'; '.join(found.wrong[:TOLD])}")
    if found.documents == 0:
        return {"verification": EMPTY, "documents": 0}
    # An hour more: the reading itself takes its time.
    before = _moment(snapshot["start_time_in_millis"]) - timedelta(hours=float(os.environ["WHOLE_HOURS"]) + 1)
    wanted_old, old = _old(ask, WRITTEN, before), _old(ask, restored, before)
    if old < wanted_old:
        raise Failed(
            f"{wanted_old - old} of {wanted_old} documents of before {before.isoformat()} are live and did not come back"
        )
    return {"verification": SUCCEEDED, "documents": found.documents, "same": found.same, "changedSince": found.changed}


def chosen(ask: Cluster, snapshot: Mapping[str, Any]) -> str | None:
    """The index of a snapshot that is brought back: the live one, or, where another has taken its place since, the last one."""
    there = sorted(name for name in snapshot["indices"] if name.startswith(f"{INDEX}-"))
    live, _ = _mapping(ask, WRITTEN)
    return live if live in there else there[-1] if there else None


def verify(ask: Cluster, deadline: float) -> dict[str, Any]:
    """Does it; what was found.

    Raises:
        Failed: with the reason.
    """
    try:
        remove(ask)
        snapshot = newest(ask, float(os.environ["NEWEST_HOURS"]))
        index = chosen(ask, snapshot)
        known = {
            "snapshot": snapshot["snapshot"],
            "snapshotEnded": _moment(snapshot["end_time_in_millis"]).isoformat(),
            "index": index,
        }
        if index is None:
            return {**known, "verification": EMPTY, "documents": 0}
        try:
            restore(ask, snapshot["snapshot"], index, deadline)
            return known | look(ask, index, snapshot, deadline)
        finally:
            remove(ask)
    except Refused as error:
        raise Failed(str(error)[:500]) from None


def _in_time(deadline: float, otherwise: str) -> None:
    if time.monotonic() > deadline:
        raise Failed(f"{otherwise}, and the time is up")


def _moment(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)


if __name__ == "__main__":
    sys.exit(prove(os.environ["INSTANCE"], lambda deadline: verify(connect(os.environ), deadline)))
