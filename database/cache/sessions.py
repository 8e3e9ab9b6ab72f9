"""Sessions, and tokens that were revoked before they expired.

Signing in and out are acknowledged when a replica has them too. While there is none they are refused, and sessions go on.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from .keys import RevokedToken, Session, UserSessions
from .store import Store

SKEW = timedelta(seconds=60)
"""How far the clock of who checks a token may be behind: for that long after its end it is still revoked."""


class Sessions:
    """What auth-service keeps."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._milliseconds = Session.contract.milliseconds

    def begin(self, user: UUID, email: str, roles: Sequence[str], ip_address: str, user_agent: str) -> str:
        """Begins a session; returns its id, which is a secret."""
        session = Session(secrets.token_urlsafe(32))
        # First what signing out everywhere looks at: a session that it does not know would stay.
        self._store.durable_script("remember", UserSessions(user), session.session_id, self._milliseconds)
        values = Session.encode({
            "user_id": user, "email": email, "roles": list(roles), "last_activity": datetime.now(UTC),
            "ip_address": ip_address, "user_agent": user_agent,
        })  # fmt: skip
        written = [part for pair in values.items() for part in pair]
        self._store.durable_script("put_hash", session, self._milliseconds, *written)
        return session.session_id

    def get(self, session_id: str) -> dict[str, Any] | None:
        """What a session says, and None where it has ended."""
        found = self._store.run(Session(session_id), "HGETALL", str(Session(session_id)))
        return Session.decode(found) if found else None

    def touch(self, session_id: str) -> bool:
        """Notes activity. It does not make a session longer. Whether there is such a session."""
        moment = Session.encode_one("last_activity", datetime.now(UTC))
        return bool(self._store.run_script("touch", [Session(session_id)], "last_activity", moment))

    def end(self, session_id: str) -> None:
        """Ends a session."""
        self._store.durably(Session(session_id), "DEL", str(Session(session_id)))

    def end_all(self, user: UUID) -> int:
        """Ends every session that a user has; returns how many there were. Those begun meanwhile are new and stay."""
        mine = UserSessions(user)
        sessions: list[str] = self._store.run(mine, "ZRANGE", str(mine), 0, -1)
        for session_id in sessions:
            self.end(session_id)
        if sessions:
            self._store.durably(mine, "ZREM", str(mine), *sessions)
        return len(sessions)

    def revoke(self, token: str, expires: datetime) -> None:
        """Revokes a token until it expires by itself."""
        left = expires + SKEW - datetime.now(UTC)
        if left > timedelta(0):
            key = RevokedToken(_digest(token))
            self._store.durably(key, "SET", str(key), "1", "PX", max(1, int(left.total_seconds() * 1000)))

    def is_revoked(self, token: str) -> bool:
        """Whether a token must not be taken. Where the store does not answer this fails, and so must the request."""
        key = RevokedToken(_digest(token))
        return bool(self._store.run(key, "EXISTS", str(key)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
