"""The data keys of users, in the table data_keys."""

from __future__ import annotations

import os
from typing import Any, Literal, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from .sealing import KEY_BYTES, Unreadable
from .wrapping import KeyWrapper

Purpose = Literal["PROFILE", "COMPLIANCE"]
"""PROFILE goes with an erasure; COMPLIANCE stays for the seven years that the law asks for."""
Connection = psycopg.Connection[Any]


class KeyRing:
    """Makes, unwraps and rotates data keys. Unwrapped keys are kept for the life of the ring: make one a request.

    Works in the caller's transaction, which has said with app.act_as() for which user it works.
    """

    def __init__(self, connection: Connection, wrapper: KeyWrapper) -> None:
        self._connection = connection
        self._wrapper = wrapper
        self._open: dict[tuple[UUID, str, int], bytes] = {}

    def newest(self, user: UUID, purpose: Purpose) -> tuple[bytes, int]:
        """The key to seal with, and its version; made where there is none."""
        ((version,),) = self._ask("SELECT max(version) FROM data_keys WHERE user_id = %s AND purpose = %s", user, purpose)
        if version is None:
            return self.make(user, purpose, 1)
        return self.key(user, purpose, version), version

    def make(self, user: UUID, purpose: Purpose, version: int) -> tuple[bytes, int]:
        """Makes a version; where another transaction was faster, its key is the one."""
        key = os.urandom(KEY_BYTES)
        wrapped, key_id = self._wrapper.wrap(key, context(user, purpose, version))
        made = self._connection.execute(
            "INSERT INTO data_keys (user_id, purpose, version, wrapped_key, encryption_key_id) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [user, purpose, version, wrapped, key_id],
        )
        if made.rowcount == 0:
            return self.key(user, purpose, version), version
        self._open[user, purpose, version] = key
        return key, version

    def rotate(self, user: UUID, purpose: Purpose) -> int:
        """Makes the next version, with which everything is sealed from now on. `Fields.reseal` moves what is there."""
        _, version = self.newest(user, purpose)
        return self.make(user, purpose, version + 1)[1]

    def key(self, user: UUID, purpose: Purpose, version: int) -> bytes:
        """A version's key.

        Raises:
            Unreadable: there is none, or it was destroyed.
        """
        if (user, purpose, version) not in self._open:
            found = self._ask(
                "SELECT wrapped_key, encryption_key_id FROM data_keys"
                " WHERE user_id = %s AND purpose = %s AND version = %s AND destroyed_at IS NULL",
                user, purpose, version,
            )  # fmt: skip
            if not found:
                raise Unreadable(f"version {version} of the {purpose} key of user {user} is not there or was destroyed")
            ((wrapped, key_id),) = found
            self._open[user, purpose, version] = self._wrapper.unwrap(wrapped, key_id, context(user, purpose, version))
        return self._open[user, purpose, version]

    def rewrap(self, user: UUID) -> int:
        """Wraps a user's keys again, with the newest version of the wrapping key; returns how many. No field changes."""
        rows = self._ask("SELECT purpose, version FROM data_keys WHERE user_id = %s AND destroyed_at IS NULL", user)
        for purpose, version in rows:
            wrapped, key_id = self._wrapper.wrap(self.key(user, purpose, version), context(user, purpose, version))
            self._connection.execute(
                "UPDATE data_keys SET wrapped_key = %s, encryption_key_id = %s"
                " WHERE user_id = %s AND purpose = %s AND version = %s",
                [wrapped, key_id, user, purpose, version],
            )
        return len(rows)

    def _ask(self, query: LiteralString, *arguments: object) -> list[tuple[Any, ...]]:
        """Rows as tuples, whatever the caller's connection makes of rows."""
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(query, arguments).fetchall()


def context(user: UUID, purpose: Purpose, version: int) -> bytes:
    """What a wrapped key is bound to: it unwraps for no other user, purpose or version."""
    return f"alphintra/data-key/{user}/{purpose}/{version}".encode()
