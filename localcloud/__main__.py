"""Looks into the local cloud, and stages what can go wrong there: `python -m localcloud [--help]`.

    show                                    what exists
    kept                                    names that stay taken after a deletion
    rules                                   what is refused, and where that is written down
    set NAME PROPERTY VALUE [--by EMAIL]    changes a resource behind Pulumi's back; VALUE is JSON or text
    delete NAME [--by EMAIL]                deletes one behind Pulumi's back
    audit                                   who did what, as Cloud Audit Logs would have it
    fault VERB TYPE NTH EFFECT              the NTH matching operation fails, hangs, is lost, or kills a process
    clock [--advance 7d]                    the virtual time; durations in s, m, h or d
    quota METRIC LIMIT                      how many of a type a project may have
    security-center PROJECT on|off          whether Security Command Center is activated for a project
    owns-objects NAME                       a database user owns objects, so that it cannot be dropped
    holds-objects NAME                      a bucket, dataset or backup plan is no longer empty, so that it is not simply deleted
    org-policy PROJECT CONSTRAINT VALUE     an organisation policy that holds for a project: constraint and the denied value
    add-version NAME                        somebody gave a secret another version, such as a token
    region REGION lost|there                a region is lost: what is in it answers nobody; or is there again
    replica-lag NAME SECONDS                how far a replica of Cloud SQL is behind; negative where it does not replicate
    promote NAME                            somebody promoted a replica of Cloud SQL

NAME is a full name, or as much of its end as is unambiguous: instances/alphintra-main-db
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import audit as audit_log
from .errors import LocalCloudError
from .faults import check_effect
from .gcp import replication
from .gcp.cloud import rules as google
from .kubernetes.rules import BOOK
from .outages import lose
from .serve import STORE_VARIABLE
from .store import Row, Store

DEFAULT_FOLDER = Path(__file__).resolve().parents[1] / ".cache" / "local" / "cloud"
VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
SOMEBODY = "somebody@example.com"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def show(store: Store, _arguments: argparse.Namespace) -> None:
    """Lists what exists."""
    for row in store.all():
        _print(f"{row.type:<70} {row.name}")


def kept(store: Store, _arguments: argparse.Namespace) -> None:
    """Lists the names that stay taken."""
    for entry in store.all_kept():
        until = "for ever" if entry.until is None else f"until {_time(entry.until)}"
        _print(f"{entry.name} {until}: {entry.reason}")


def rules(_store: Store, _arguments: argparse.Namespace) -> None:
    """Lists the rules."""
    for rule in (*google.RULES.values(), *BOOK.rules.values()):
        _print(f"{rule.id:<30} {rule.says}\n{'':<30} {rule.source}")


def set_(store: Store, arguments: argparse.Namespace) -> None:
    """Changes a property of a resource, as somebody at the console would."""
    row = _find(store, arguments.name)
    config: Any = json.loads(json.dumps(row.config))
    target, parts = config, arguments.property.split(".")
    for part in parts[:-1]:
        target = target.setdefault(part, {})
    target[parts[-1]] = _value(arguments.value)
    links = {(link.path, link.target): link.on_delete for link in store.links(row.name)}
    store.put(replace(row, config=config), links)
    store.record("update", row.type, row.name, "", arguments.by)


def delete(store: Store, arguments: argparse.Namespace) -> None:
    """Deletes a resource, as somebody at the console would."""
    row = _find(store, arguments.name)
    store.remove(row.name)
    store.record("delete", row.type, row.name, "", arguments.by)


def audit(store: Store, _arguments: argparse.Namespace) -> None:
    """Shows the audit log, newest first, as JSON."""
    _print(json.dumps(audit_log.entries(store.operations()), indent=2))


def fault(store: Store, arguments: argparse.Namespace) -> None:
    """Stages a failure."""
    check_effect(arguments.effect)
    store.add_fault(arguments.verb, arguments.type, arguments.nth, arguments.effect)


def clock(store: Store, arguments: argparse.Namespace) -> None:
    """Says the virtual time, after moving it ahead where asked to."""
    if arguments.advance:
        amount = re.fullmatch(r"(\d+)([smhd])", arguments.advance)
        if not amount:
            raise LocalCloudError(f"'{arguments.advance}' is not a duration; write 90s, 15m, 4h or 7d")
        store.advance(int(amount[1]) * UNITS[amount[2]])
    _print(_time(store.now()))


def quota(store: Store, arguments: argparse.Namespace) -> None:
    """Sets a quota."""
    store.set_meta(f"quota:{arguments.metric}", str(arguments.limit))


def security_center(store: Store, arguments: argparse.Namespace) -> None:
    """Activates Security Command Center, or takes it away."""
    store.set_meta(f"security-center:{arguments.project}", arguments.state)


def owns_objects(store: Store, arguments: argparse.Namespace) -> None:
    """Says that a database user owns objects."""
    store.set_meta(f"owns-objects:{_find(store, arguments.name).name}", "1")


def holds_objects(store: Store, arguments: argparse.Namespace) -> None:
    """Says that a bucket holds objects, a dataset tables, or a plan backups, put there now."""
    store.set_meta(f"holds-objects:{_find(store, arguments.name).name}", str(store.now()))


def org_policy(store: Store, arguments: argparse.Namespace) -> None:
    """Sets an organisation policy for a project."""
    store.set_meta(f"org-policy:{arguments.project}:{arguments.constraint}", arguments.value)


def add_version(store: Store, arguments: argparse.Namespace) -> None:
    """Gives a secret another version, as somebody with gcloud would."""
    secret = _find(store, arguments.name)
    number = store.next(f"sequence:{secret.name.split('/', 3)[-1]}")
    name, now = f"{secret.name}/versions/{number}", store.now()
    row = Row(name, VERSION, secret.project, f"{secret.computed['name']}/versions/{number}", "", {}, {}, now, now, 0)
    store.put(row, {("secret", secret.name): "cascade"})
    _print(f"{name} exists")


def region(store: Store, arguments: argparse.Namespace) -> None:
    """Loses a region, or brings it back."""
    lose(store, arguments.region, lost=arguments.state == "lost")


def replica_lag(store: Store, arguments: argparse.Namespace) -> None:
    """Says how far a replica is behind."""
    replication.set_lag(store, _find(store, arguments.name), arguments.seconds)


def promote(store: Store, arguments: argparse.Namespace) -> None:
    """Promotes a replica, as somebody with gcloud would."""
    replication.promote(store, _find(store, arguments.name))


BY: tuple[str, dict[str, Any]] = ("--by", {"default": SOMEBODY, "metavar": "EMAIL"})
COMMANDS: dict[str, tuple[Callable[[Store, argparse.Namespace], None], list[tuple[str, dict[str, Any]]]]] = {
    "show": (show, []),
    "kept": (kept, []),
    "rules": (rules, []),
    "set": (set_, [("name", {}), ("property", {}), ("value", {}), BY]),
    "delete": (delete, [("name", {}), BY]),
    "audit": (audit, []),
    "fault": (fault, [("verb", {}), ("type", {}), ("nth", {"type": int}), ("effect", {})]),
    "clock": (clock, [("--advance", {"metavar": "DURATION"})]),
    "quota": (quota, [("metric", {}), ("limit", {"type": int})]),
    "security-center": (security_center, [("project", {}), ("state", {"choices": ("on", "off")})]),
    "owns-objects": (owns_objects, [("name", {})]),
    "holds-objects": (holds_objects, [("name", {})]),
    "org-policy": (org_policy, [("project", {}), ("constraint", {}), ("value", {})]),
    "add-version": (add_version, [("name", {})]),
    "region": (region, [("region", {}), ("state", {"choices": ("lost", "there")})]),
    "replica-lag": (replica_lag, [("name", {}), ("seconds", {"type": float})]),
    "promote": (promote, [("name", {})]),
}


def main() -> int:
    """Runs a command."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… show | head` ends quietly
    arguments = _parser().parse_args()
    try:
        store = Store(Path(os.environ.get(STORE_VARIABLE, DEFAULT_FOLDER)) / "cloud.db")
        with store.transaction():
            COMMANDS[arguments.command][0](store, arguments)
        store.close()
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(store: Store, words: Sequence[str]) -> None:
    """Runs a command on an open store, inside a transaction."""
    arguments = _parser().parse_args(words)
    COMMANDS[arguments.command][0](store, arguments)


def _parser() -> argparse.ArgumentParser:
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__, formatter_class=formatter)
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (function, parameters) in COMMANDS.items():
        command = choices.add_parser(name, help=(function.__doc__ or "").partition("\n")[0])
        for parameter, options in parameters:
            command.add_argument(parameter, **options)
    return parser


def _find(store: Store, name: str) -> Row:
    found = [row for row in store.all() if row.name == name or row.name.endswith(f"/{name}")]
    if len(found) != 1:
        listed = "".join(f"\n  {row.name}" for row in found)
        raise LocalCloudError(f"there are {len(found)} resources named '{name}'{':' if found else ''}{listed}")
    return found[0]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _print(line: str) -> None:
    print(line)


if __name__ == "__main__":
    sys.exit(main())
