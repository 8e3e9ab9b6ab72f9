"""A review from two programs: what each declares, what the policies say of the second, and what both cost."""

from __future__ import annotations

from graphlib import TopologicalSorter

from ..cost.bill import bill
from ..cost.table import table
from ..homes import Inventory
from ..inventory import entries
from ..policy import judged
from ..recorder import Recorder
from ..time.known import unknown
from ..timing import CriticalPath, critical_path
from .comment import Review
from .difference import Change, compare
from .objections import objections

MADE = frozenset({"create", "replace"})
"""What takes its time."""


def reviewed(before: Inventory, after: Recorder, environment: str, against: str) -> Review:
    """The review of an environment.

    Args:
        before: what is declared at the other revision.
        after: the program as it is now.
        environment: its name.
        against: what the other revision is called.

    Raises:
        PolicyError: the waivers do not make sense.
        TableError: the table of prices does not make sense.
    """
    declared = entries(after)
    changes = compare(before, declared)
    return Review(
        environment=environment,
        against=against,
        changes=changes,
        policies=judged(after, environment),
        objections=list(objections(changes, environment)),
        before=bill(before, table()),
        after=bill(declared, table()),
        path=_path(declared, changes),
        untimed=unknown(change.type for change in changes if change.op in MADE),
    )


def _path(declared: Inventory, changes: list[Change]) -> CriticalPath:
    """The longest chain among what is created and replaced."""
    made = {change.urn for change in changes if change.op in MADE}
    by_urn = {entry["urn"]: entry for entry in declared if entry["urn"] in made}
    needs = {urn: [need for need in entry["dependencies"] if need in made] for urn, entry in by_urn.items()}
    return critical_path([by_urn[urn] for urn in TopologicalSorter(needs).static_order()])
