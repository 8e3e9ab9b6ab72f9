"""Locks: one at a time, while all goes well. What must never be done twice checks the fence where it writes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from .keys import Fence, Lock
from .store import Store


@dataclass(frozen=True)
class Held:
    """A lock that was taken."""

    lock: Lock
    word: str
    fence: int
    """Grows with each holder: what is written under the lock carries it, and a smaller one is refused there."""


def take(store: Store, lock: Lock, length: timedelta) -> Held | None:
    """Takes a lock for that long; None where somebody else has it."""
    word = secrets.token_hex(16)
    keys = [lock, Fence(lock.name)]
    fence = store.run_script("lock_take", keys, word, _milliseconds(length), Fence.contract.milliseconds)
    return Held(lock, word, fence) if fence else None


def extend(store: Store, held: Held, length: timedelta) -> bool:
    """Keeps it for that long from now. False: it is lost, and the work must stop."""
    return bool(store.run_script("lock_extend", [held.lock], held.word, _milliseconds(length)))


def free(store: Store, held: Held) -> bool:
    """Frees it. False: it was not held any more."""
    return bool(store.run_script("lock_free", [held.lock], held.word))


def _milliseconds(length: timedelta) -> int:
    return max(1, int(length.total_seconds() * 1000))
