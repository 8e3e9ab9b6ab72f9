"""Where a store is on its way from one region to the other and back, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from settings import Environment
from settings.database import Failover
from settings.section import Role

Command = Literal["failover", "failback"]


@dataclass(frozen=True)
class Move:
    """The replica of a region is promoted, and serves; the one that served is fenced."""

    to: Role


@dataclass(frozen=True)
class Rebuild:
    """The fenced instance of a region is deleted, and a replica made in its place."""

    of: Role


Stage = Move | Rebuild


def stages(command: Command, now: Failover) -> list[Stage] | str:
    """What a command has to do, or why there is nothing to do."""
    if command == "failover":
        if now.serving == "secondary":
            return "it has already happened"
        return [Move("secondary")] if now.other == "replica" else "there is no replica: `make failback` builds it anew first"
    back: list[Stage] = [Move("primary"), Rebuild("secondary")]
    if now.serving == "secondary":
        return [Rebuild("primary"), *back] if now.other == "fenced" else back
    return (
        [Rebuild("secondary")]
        if now.other == "fenced"
        else "it serves where it belongs, and a replica follows: nothing is left to do"
    )


def exchanges(command: Command, serving: Role) -> list[Stage] | str:
    """The same for a store whose two instances exchange their roles: nothing is built anew."""
    if command == "failover":
        return [Move("secondary")] if serving == "primary" else "it has already happened"
    return [Move("primary")] if serving == "secondary" else "it serves where it belongs: nothing is left to do"


def moved_to(stage: Stage) -> Role:
    """The role of the region that a stage moves to, or builds anew in."""
    return stage.to if isinstance(stage, Move) else stage.of


def after(stage: Stage, now: Failover) -> Failover:
    """The settings after a stage."""
    if isinstance(stage, Move):
        return now.model_copy(update={"serving": stage.to, "other": "fenced"})
    rebuilds = {**now.rebuilds, stage.of: now.rebuilds.get(stage.of, 0) + 1}
    return now.model_copy(update={"other": "replica", "rebuilds": rebuilds})


def with_failover(settings: Environment, failover: Failover) -> Environment:
    """The settings of an environment at another station."""
    return settings.model_copy(update={"database": settings.database.model_copy(update={"failover": failover})})
