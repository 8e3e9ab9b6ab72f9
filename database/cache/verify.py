"""Brings the newest backup of a Memorystore store back into a store of its own, looks at its keys, and takes it away again.

    python -m database.cache.verify cluster     the cache: a Redis Cluster
    python -m database.cache.verify sessions    the session store: Valkey without cluster mode

The throw-away store is as the original is, where the original is, but without copies, persistence and protection. Every key is
counted; those that are looked at must be of the type that the key contract (`keys`) says. Keys live on while nobody looks: what
expired since the backup was taken is not there, and is missed by nobody.

    PROJECT, REGION, INSTANCE   the store
    NETWORK                     the network that the throw-away store listens in
    NEWEST_HOURS                how old the newest backup may be
    SECONDS, BUCKET, FOLDER     as in `database.proof`

https://cloud.google.com/memorystore/docs/cluster/reference/rest/v1/projects.locations.clusters,
https://cloud.google.com/memorystore/docs/valkey/reference/rest/v1/projects.locations.instances
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from redis import Redis, RedisError
from redis.cluster import RedisCluster
from redis.exceptions import RedisClusterException

from ..proof import EMPTY, PAUSE, REMOVAL_SECONDS, SUCCEEDED, TOKEN, Failed, ask, prove, taken_away
from .connect import client
from .contract import Shape, StoreName
from .keys import KEYS

SAMPLE = 10_000
"""How many keys are looked at."""
TYPES = {Shape.HASH: "hash", Shape.STRING: "string", Shape.SORTED_SET: "zset", Shape.STREAM: "stream"}
"""What Redis calls the shapes of the contract."""
TOLD = 5


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How a product's API differs from the other's."""

    store: StoreName
    api: str
    many: str
    """What its stores are called in paths."""
    one: str
    """And the field that names one."""
    kept: tuple[str, ...]
    """What the throw-away store has as the original has it: a backup needs as many shards, of nodes that have room."""
    listens: Callable[[str, str], Mapping[str, Any]]
    """The fields that make it listen, from the project and the network."""
    found: Callable[[Mapping[str, Any]], tuple[str, int]]
    """Where it listens."""


def _discovery(store: Mapping[str, Any]) -> tuple[str, int]:
    found = store["discoveryEndpoints"][0]
    return found["address"], found.get("port", 6379)


def _primary(store: Mapping[str, Any]) -> tuple[str, int]:
    found = next(
        known
        for endpoint in store["endpoints"]
        for connection in endpoint["connections"]
        if (known := connection.get("pscAutoConnection", {})).get("connectionType") == "CONNECTION_TYPE_PRIMARY"
    )
    return found["ipAddress"], found.get("port", 6379)


COMMON = ("nodeType", "shardCount", "authorizationMode", "transitEncryptionMode", "kmsKey")
KINDS: dict[str, Kind] = {
    "cluster": Kind(
        store="cluster",
        api=os.environ.get("REDIS_API", "https://redis.googleapis.com"),
        many="clusters",
        one="cluster",
        kept=(*COMMON, "redisConfigs"),
        listens=lambda _, network: {"pscConfigs": [{"network": network}]},
        found=_discovery,
    ),
    "sessions": Kind(
        store="sessions",
        api=os.environ.get("MEMORYSTORE_API", "https://memorystore.googleapis.com"),
        many="instances",
        one="instance",
        kept=(*COMMON, "mode", "engineVersion", "engineConfigs"),
        listens=lambda project, network: {
            "endpoints": [{"connections": [{"pscAutoConnection": {"projectId": project, "network": network}}]}]
        },
        found=_primary,
    ),
}


class Stores:
    """The stores of a product in a region, through its API."""

    def __init__(self, kind: Kind, given: Mapping[str, str]) -> None:
        self.kind, self.source = kind, given["INSTANCE"]
        self.prefix = f"{self.source}-verify-"
        self._project, self._network = given["PROJECT"], given["NETWORK"]
        self._place = f"projects/{self._project}/locations/{given['REGION']}"

    def newest(self, hours: float) -> Mapping[str, Any]:
        """The newest backup that can be used; it must be young."""
        collections = [known["name"] for known in self._all("backupCollections", "backupCollections") if self._ours(known)]
        backups = [known for name in collections for known in self._all(f"{name}/backups", "backups", whole=True)]
        done = [known for known in backups if known["state"] == "ACTIVE"]
        if not done:
            raise Failed(f"{self.source} has no backup that can be used")
        found = max(done, key=lambda known: known["createTime"])
        age = (datetime.now(UTC) - datetime.fromisoformat(found["createTime"])).total_seconds() / 3600
        if age > hours:
            raise Failed(f"the newest backup of {self.source} is {age:.0f} hours old, more than {hours:.0f}")
        return found

    def make(self, name: str, backup: str, deadline: float) -> Mapping[str, Any]:
        """Makes a store from a backup; the store."""
        kind, source = self.kind, self._api("GET", f"{self._place}/{self.kind.many}/{self.source}")
        body = {
            **{field: source[field] for field in kind.kept if field in source},
            **kind.listens(self._project, self._network),
            "managedBackupSource": {"backup": backup},
            "replicaCount": 0,
            "persistenceConfig": {"mode": "DISABLED"},
            "deletionProtectionEnabled": False,
        }
        self._finish(self._api("POST", f"{self._place}/{kind.many}?{kind.one}Id={name}", body), f"making {name}", deadline)
        return self._api("GET", f"{self._place}/{kind.many}/{name}")

    def authorities(self, name: str) -> list[str]:
        """What signs a store's certificate. Without any, nothing would be asked of it in secret, and nothing is."""
        found = self._api("GET", f"{self._place}/{self.kind.many}/{name}/certificateAuthority")
        chains = found.get("managedServerCa", {}).get("caCerts", [])
        certificates = [certificate for chain in chains for certificate in chain["certificates"]]
        if not certificates:
            raise Failed(f"{name} has no certificate authority: it is not reached without TLS")
        return certificates

    def remove_leftovers(self) -> None:
        """Stores of runs that were killed; only one runs at a time."""
        for known in self._all(self.kind.many, self.kind.many):
            name = known["name"].rsplit("/", 1)[-1]
            if name.startswith(self.prefix):
                self.remove(name)

    def remove(self, name: str) -> None:
        """Takes a store away; one that is not there is none."""
        if not name.startswith(self.prefix):
            raise AssertionError(name)
        path = f"{self._place}/{self.kind.many}/{name}"
        operation = taken_away(lambda: self._api("DELETE", path), still_being_made=(400, 409))
        if operation is not None:
            self._finish(operation, f"removing {name}", time.monotonic() + REMOVAL_SECONDS)

    def _ours(self, collection: Mapping[str, Any]) -> bool:
        # Google names the project by its number here and there.
        return collection[self.kind.one].endswith(f"/{self.kind.many}/{self.source}")

    def _all(self, path: str, field: str, *, whole: bool = False) -> Iterator[Mapping[str, Any]]:
        where, token = path if whole else f"{self._place}/{path}", ""
        while True:
            answer = self._api("GET", f"{where}?pageSize=1000" + (f"&pageToken={token}" if token else ""))
            yield from answer.get(field, [])
            if not (token := answer.get("nextPageToken")):
                return

    def _finish(self, operation: Mapping[str, Any], what: str, deadline: float) -> None:
        while not operation.get("done"):
            if time.monotonic() > deadline:
                raise Failed(f"{what} is not done in time")
            time.sleep(PAUSE)
            operation = self._api("GET", operation["name"])
        if error := operation.get("error"):
            raise Failed(f"{what}: {error.get('message', error)}")

    def _api(self, method: str, path: str, body: Any = None) -> Any:
        return ask(method, f"{self.kind.api}/v1/{path}", body)


def look(reached: RedisCluster | Redis, kind: Kind) -> dict[str, Any]:
    """Counts every key, and holds a sample of them against the contract."""
    store = cast("Any", reached)  # the library's own types are open
    # Of a cluster every primary has a part; the library adds up.
    keys: int = store.dbsize(**({"target_nodes": RedisCluster.PRIMARIES} if isinstance(reached, RedisCluster) else {}))
    if keys == 0:
        return {"verification": EMPTY, "keys": 0}
    patterns = [
        (_regex(known.contract.pattern), TYPES[known.contract.shape]) for known in KEYS if known.contract.store == kind.store
    ]
    looked, of_contract, wrong = 0, 0, list[str]()
    for key in itertools.islice(store.scan_iter(count=1000), SAMPLE):
        looked += 1
        wanted = next((type_ for pattern, type_ in patterns if pattern.fullmatch(key)), None)
        if wanted is None:
            continue
        found = store.type(key)
        if found == wanted:
            of_contract += 1
        elif found != "none":  # expired just now
            wrong.append(f"{key.split(':', maxsplit=1)[0]}:… is a {found}, not a {wanted}")
    if wrong:
        raise Failed(f"{len(wrong)} of {looked} keys are not what the contract says: {'; '.join(wrong[:TOLD])}")
    if looked and not of_contract:
        raise Failed(f"none of the {looked} keys that were looked at is one of the contract")
    return {"verification": SUCCEEDED, "keys": keys, "lookedAt": looked, "ofTheContract": of_contract}


def _regex(pattern: str) -> re.Pattern[str]:
    """What the keys of a pattern look like; a part has neither spaces, colons nor braces (`contract`)."""
    return re.compile(
        "".join(r"[^\s:{}]+" if part.startswith("<") else re.escape(part) for part in re.split(r"(<\w+>)", pattern))
    )


def verify(stores: Stores, deadline: float) -> dict[str, Any]:
    """Does it; what was found.

    Raises:
        Failed: with the reason.
    """
    stores.remove_leftovers()
    backup = stores.newest(float(os.environ["NEWEST_HOURS"]))
    known = {
        "backup": backup["name"].rsplit("/", 1)[-1],
        "backupMade": backup["createTime"],
        "bytes": int(backup.get("totalSizeBytes", 0)),
    }
    name = f"{stores.prefix}{time.strftime('%y%m%d%H%M%S', time.gmtime())}"
    try:
        host, port = stores.kind.found(stores.make(name, backup["name"], deadline))
        endpoint = {"host": host, "port": port, "certificates": stores.authorities(name)}
        reached = client(endpoint, cluster=stores.kind.many == "clusters", token=lambda: str(ask("GET", TOKEN)["access_token"]))
        return known | look(reached, stores.kind)
    except (RedisError, RedisClusterException) as error:
        raise Failed(f"{name}: {type(error).__name__}: {error}") from None
    finally:
        stores.remove(name)


def main() -> int:
    """Verifies the store that is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m database.cache.verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("store", choices=sorted(KINDS))
    kind = KINDS[parser.parse_args().store]
    if missing := [name for name in ("PROJECT", "REGION", "INSTANCE", "NETWORK", "NEWEST_HOURS") if not os.environ.get(name)]:
        parser.error(f"{', '.join(missing)} must be in the environment")
    return prove(os.environ["INSTANCE"], lambda deadline: verify(Stores(kind, os.environ), deadline))


if __name__ == "__main__":
    sys.exit(main())
