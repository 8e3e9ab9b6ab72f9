"""Failures on demand: what can go wrong between a request and its answer, staged on the n-th operation.

fail           the cloud answers 503 and does nothing
hang           the operation is still under way when the provider's patience ends
lose           the operation is carried out and the answer is lost
slow           what the operation made is not visible to others for an hour
kill-plugin    this process dies, before or after the operation is carried out
kill-engine    the engine dies
kill-both      both die
"""

from __future__ import annotations

import fnmatch
import os
import signal
import time
from dataclasses import dataclass
from typing import Literal, get_args

from .errors import LocalCloudError, LostAnswer, Refusal
from .store import Store

Effect = Literal[
    "fail", "hang", "lose", "slow",
    "kill-plugin:before", "kill-plugin:after", "kill-engine:before", "kill-engine:after",
    "kill-both:before", "kill-both:after",
]  # fmt: skip
EFFECTS: tuple[str, ...] = get_args(Effect)
SLOW_SECONDS = 3600.0


@dataclass(frozen=True)
class Staged:
    """The effect that was staged on the operation at hand, if any."""

    effect: str = ""

    def before(self) -> None:
        """To be called before the operation is carried out."""
        if self.effect == "fail":
            raise Refusal(503, "The service is currently unavailable.", "backendError")
        if self.effect.endswith(":before"):
            _kill(self.effect)

    def after(self) -> None:
        """To be called when the operation has been carried out, before its answer is given."""
        if self.effect == "lose":
            raise LostAnswer("connection reset by peer: the outcome of the operation is not known")
        if self.effect.endswith(":after"):
            _kill(self.effect)

    @property
    def hangs(self) -> bool:
        """Whether the operation outlasts the provider's patience."""
        return self.effect == "hang"

    @property
    def invisible_seconds(self) -> float:
        """How long the result stays invisible to others, on top of what is normal."""
        return SLOW_SECONDS if self.effect == "slow" else 0.0


def stage(store: Store, verb: str, type_: str) -> Staged:
    """Counts this operation against the staged faults, and returns the effect of one that is due."""
    due = Staged()
    if not store.awaits_faults:  # nearly always: without a transaction that holds up others
        return due
    with store.transaction():
        for fault in store.faults():
            if fnmatch.fnmatchcase(verb, fault.verb) and fnmatch.fnmatchcase(type_, fault.type):
                store.count_down(fault)
                if fault.remaining <= 1 and not due.effect:
                    due = Staged(fault.effect)
    return due


def check_effect(effect: str) -> None:
    """Raises LocalCloudError where there is no such effect."""
    if effect not in EFFECTS:
        raise LocalCloudError(f"there is no effect '{effect}'; there are {', '.join(EFFECTS)}")


def _kill(effect: str) -> None:
    victims = [os.getppid()] * (not effect.startswith("kill-plugin")) + [os.getpid()] * (not effect.startswith("kill-engine"))
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    time.sleep(60)  # the answer must not leave before the engine is gone; `serve` ends this process with it
