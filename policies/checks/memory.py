"""Checks of stores that live in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .properties import at

SESSIONS = ("noeviction", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl")
CACHES = ("allkeys-lru", "allkeys-lfu", *SESSIONS)


def sessions_are_not_evicted(properties: Mapping[str, Any]) -> str | None:
    """A store of sessions drops nothing that has not expired: the list of tokens that were taken back is in it."""
    return _evicts(properties, "engineConfigs.maxmemory-policy", SESSIONS)


def cache_evicts(properties: Mapping[str, Any]) -> str | None:
    """A cache makes room by itself."""
    return _evicts(properties, "redisConfigs.maxmemory-policy", CACHES)


def _evicts(properties: Mapping[str, Any], path: str, allowed: tuple[str, ...]) -> str | None:
    found = at(properties, path)
    return None if found in allowed else f"{path} is {found!r}; it must be one of {', '.join(allowed)}"
