"""What somebody is told of the automatic failover, as data: what its program writes into the log (database/failover)."""

from __future__ import annotations

from collections.abc import Iterator

from .alert import Definition, LogMatch, LogMetric, Omission
from .signals import Signal

PAGE = "failover-main-database"
"""The runbook."""
ACTED = ("acting", "acted", "fenced", "stood-down", "halted")
WITHHELD = ("refused", "frozen", "rehearsed", "slow")
LOOKED = "looked"


def _said(namespace: str, *kinds: str) -> str:
    wanted = " OR ".join(f'"{kind}"' for kind in kinds)
    return (
        f'resource.type="k8s_container" AND resource.labels.namespace_name="{namespace}" AND '
        f'resource.labels.container_name="watcher" AND jsonPayload.failover=({wanted})'
    )


def looks(namespace: str) -> LogMetric:
    """How often it looked, by who led: one that stands by does not count as watching."""
    return LogMetric(
        "database-failover-looks",
        "Looks of the automatic failover at the main database",
        f'{_said(namespace, LOOKED)} AND NOT jsonPayload.message="stands by"',
        "k8s_container",
    )


def failover_alerts(namespace: str, alive: Signal) -> Iterator[Definition]:
    """It acts; it would act and may not; it does not watch."""
    yield Definition(
        name="database-failover-acted", title="The automatic failover of the main database acts", runbook=PAGE,
        text="The log says what it did, or took back, or could not do, and what a person has to do now.",
        condition=LogMatch(_said(namespace, *ACTED)),
    )  # fmt: skip
    yield Definition(
        name="database-failover-withheld", title="The main database is lost, and nothing fails it over", runbook=PAGE,
        text="The automatic failover is frozen, rehearsed or slow, or the replica lacks too much; the log says which. "
        "A person decides.",
        condition=LogMatch(_said(namespace, *WITHHELD)),
    )  # fmt: skip
    yield Definition(
        name="database-failover-watcher-missing", title="Nobody watches for a failover of the main database", runbook=PAGE,
        text="The automatic failover did not look at it: its program does not run, or cannot write down what it knows.",
        condition=Omission(looks(namespace), alive),
    )  # fmt: skip
