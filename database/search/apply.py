"""Brings a plan about in an Elasticsearch cluster. Repeats itself without harm, and takes up where a killed run left off.

It runs in a Job, from this file alone: nothing but Python's own library. Arguments come from the environment:

    SEARCH_URL       the cluster, https://…:9200
    SEARCH_CA        the file with its certificate authority
    SEARCH_USER      who applies
    SEARCH_PASSWORD  the file with their password
    SEARCH_PLAN      the file with the plan, made by `definitions.plan`
    SEARCH_SECRETS   the folder with the users' passwords, in files of their names
"""

from __future__ import annotations

import base64
import json
import logging
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

BUSY = (429, 502, 503, 504)
"""Answers that mean: later."""
PATIENCE = 600.0
"""How long the cluster may take to become usable, in seconds."""
PAUSE = 2.0
"""Between two attempts, in seconds; it doubles up to half a minute."""


class Refused(Exception):
    """The cluster does not take what it was given; trying again would not help."""


class Cluster:
    """The cluster's API: JSON in, JSON out, and patience while it is busy."""

    def __init__(self, url: str, authorization: str, context: ssl.SSLContext | None, sleep: Callable[[float], None] = time.sleep):
        self._url, self._context, self._sleep = url.rstrip("/"), context, sleep
        self._headers = {"Authorization": authorization, "Content-Type": "application/json"}

    def __call__(self, method: str, path: str, body: Any = None, missing: Any = None) -> Any:
        """Asks; `missing` is the answer where there is nothing at the path, if that is no error.

        Raises:
            Refused: it is refused, or was busy for too long.
        """
        waited, pause = 0.0, PAUSE
        while True:
            try:
                return self._once(method, path, body)
            except urllib.error.HTTPError as error:
                says = error.read().decode(errors="replace")
                if error.code == 404 and missing is not None:
                    return missing
                if error.code not in BUSY:
                    raise Refused(f"{method} {path}: {error.code}: {says}") from None
                reason = f"{error.code}: {says}"
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                reason = str(error)
            if waited >= PATIENCE:
                raise Refused(f"{method} {path}: still no answer after {waited:.0f} s: {reason}")
            self._sleep(pause)
            waited, pause = waited + pause, min(2 * pause, 30)

    def _once(self, method: str, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=data, method=method, headers=self._headers)  # noqa: S310 - https, or a test's
        with urllib.request.urlopen(request, timeout=90, context=self._context) as answer:  # noqa: S310
            return json.loads(answer.read() or b"{}")

    def pause(self) -> None:
        """Waits a moment."""
        self._sleep(PAUSE)


def connect(given: Mapping[str, str]) -> Cluster:
    """The cluster that the environment names, as the user that it names."""
    password = Path(given["SEARCH_PASSWORD"]).read_text().strip()
    login = base64.b64encode(f"{given['SEARCH_USER']}:{password}".encode()).decode()
    return Cluster(given["SEARCH_URL"], f"Basic {login}", ssl.create_default_context(cafile=given["SEARCH_CA"]))


def apply(plan: Mapping[str, Any], passwords: Mapping[str, str], ask: Cluster, say: Callable[[str], None]) -> None:
    """Brings it about.

    Args:
        plan: what `definitions.plan` gives.
        passwords: of its users, by name.
        ask: the cluster.
        say: told of each step.
    """
    ask("GET", "/_cluster/health?wait_for_status=yellow&timeout=60s")
    for put in plan["puts"]:
        ask("PUT", put["path"], put["body"])
        say(f"{put['path']} is as declared")
    for name, user in plan["users"].items():
        ask("PUT", f"/_security/user/{name}", {"password": passwords[name], "roles": user["roles"], "full_name": user["purpose"]})
        say(f"user {name} has the roles {', '.join(user['roles'])}")
    for index in plan["indices"]:
        say(_index(index, ask))


def _index(index: Mapping[str, Any], ask: Cluster) -> str:
    """Sees to it that the index of the wanted version is there, filled, and what its aliases stand for."""
    wanted = f"{index['name']}-{index['version']:06}"
    behind = {name for alias in index["aliases"] for name in ask("GET", f"/_alias/{alias}", missing={})}
    newer = sorted(name for name in behind if name > wanted)
    if newer:
        raise Refused(f"{newer[-1]} is in use, which is newer than {wanted}: this plan is out of date")
    exists = ask("GET", f"/{wanted}", missing={})
    if not exists:
        ask("PUT", f"/{wanted}")
    old = sorted(name for name in behind if name != wanted)
    for name in old:
        _copy(name, wanted, ask)
    actions = [{"add": {"index": wanted, "alias": alias, **body}} for alias, body in index["aliases"].items()]
    actions += [{"remove": {"index": name, "alias": alias, "must_exist": False}} for name in old for alias in index["aliases"]]
    ask("POST", "/_aliases", {"actions": actions})
    for name in old:
        _copy(name, wanted, ask)  # what was written while the first copy ran
        ask("PUT", f"/{name}/_settings", {
            "index.lifecycle.name": index["retired_lifecycle"],
            "index.lifecycle.origination_date": int(time.time() * 1000),
        })  # fmt: skip
    return f"{wanted} " + (f"takes the place of {', '.join(old)}" if old else "is there" if exists else "was made")


def _copy(source: str, target: str, ask: Cluster) -> None:
    """Copies documents with their versions: what is newer in the target stays, so a copy can be repeated."""
    body = {
        "conflicts": "proceed",
        "source": {"index": source},
        "dest": {"index": target, "version_type": "external"},
    }
    task = ask("POST", "/_reindex?wait_for_completion=false&refresh=true", body)["task"]
    while not (state := ask("GET", f"/_tasks/{task}"))["completed"]:
        ask.pause()
    failures = state.get("error") or state["response"]["failures"]
    if failures:
        raise Refused(f"copying {source} to {target}: {json.dumps(failures)}")


def main() -> int:
    """Applies what the environment names."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given = os.environ
    plan = json.loads(Path(given["SEARCH_PLAN"]).read_text())
    passwords = {name: (Path(given["SEARCH_SECRETS"]) / name).read_text().strip() for name in plan["users"]}
    try:
        apply(plan, passwords, connect(given), logging.info)
    except Refused as error:
        logging.error(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
