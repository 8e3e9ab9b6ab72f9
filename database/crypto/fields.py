"""The sealed fields of the main database, read and written by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import tuple_row

from .blind_index import BlindIndex
from .key_ring import Connection, KeyRing, Purpose
from .sealing import Place, Sealed, open_sealed, seal


@dataclass(frozen=True)
class Field:
    """A column under field-level encryption; it is stored as <column>_encrypted, _nonce and _key_version."""

    table: str
    column: str
    purpose: Purpose
    owner: str = "user_id"
    """The column with the user whose key seals it."""
    indexed: bool = False
    """Whether it has a blind index, in <column>_index."""

    def identifiers(self) -> list[sql.Identifier]:
        """The three columns."""
        return [sql.Identifier(f"{self.column}_{part}") for part in ("encrypted", "nonce", "key_version")]


PHONE_NUMBER = Field("users", "phone_number", "PROFILE", owner="id", indexed=True)
FIELDS = (
    PHONE_NUMBER,
    Field("users", "two_fa_secret", "PROFILE", owner="id"),
    Field("users", "ssn", "COMPLIANCE", owner="id"),
    Field("broker_connections", "api_key", "PROFILE"),
    Field("broker_connections", "api_secret", "PROFILE"),
    Field("broker_connections", "additional_credentials", "PROFILE"),
    Field("kyc_records", "document_number", "COMPLIANCE"),
    Field("kyc_records", "date_of_birth", "COMPLIANCE"),
)
"""All of them; a test holds this to the database's columns."""


class Fields:
    """Reads and writes them in the caller's transaction. The row must be there already."""

    def __init__(self, connection: Connection, keys: KeyRing, index: BlindIndex) -> None:
        self._connection = connection
        self._keys = keys
        self._index = index

    def sealed(self, field: Field, user: UUID, row: UUID, value: str) -> dict[str, Any]:
        """A value's columns, for an INSERT that cannot leave them empty."""
        key, version = self._keys.newest(user, field.purpose)
        made = seal(key, version, _place(field, row), value)
        columns: dict[str, Any] = {
            f"{field.column}_encrypted": made.ciphertext,
            f"{field.column}_nonce": made.nonce,
            f"{field.column}_key_version": made.key_version,
        }
        if field.indexed:
            columns[f"{field.column}_index"] = self._index.of(f"{field.table}.{field.column}", value)
        return columns

    def write(self, field: Field, user: UUID, row: UUID, value: str | None) -> None:
        """Seals a value and stores it; None empties the field."""
        names = [
            f"{field.column}_{part}" for part in ("encrypted", "nonce", "key_version", *(["index"] if field.indexed else []))
        ]
        columns: dict[str, Any] = dict.fromkeys(names) if value is None else self.sealed(field, user, row, value)
        statement = sql.SQL("UPDATE {} SET {} WHERE id = %s AND {} = %s").format(
            sql.Identifier(field.table),
            sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns),
            sql.Identifier(field.owner),
        )
        if self._connection.execute(statement, [*columns.values(), row, user]).rowcount != 1:
            raise LookupError(f"no row {row} of user {user} in {field.table}")

    def read(self, field: Field, user: UUID, row: UUID) -> str | None:
        """The value, or None where the field is empty.

        Raises:
            Unreadable: it was moved here from another place, changed, or its key was destroyed.
        """
        sealed = self._stored(field, user, row)
        if sealed is None:
            return None
        return open_sealed(self._keys.key(user, field.purpose, sealed.key_version), _place(field, row), sealed)

    def reseal(self, user: UUID, fields: Iterable[Field] = FIELDS) -> int:
        """Seals what is under an older key with the newest; returns how many. After `KeyRing.rotate`, in batches of users."""
        moved = 0
        for field in fields:
            _, version = self._keys.newest(user, field.purpose)
            statement = sql.SQL("SELECT id FROM {} WHERE {} = %s AND {} < %s FOR UPDATE").format(
                sql.Identifier(field.table), sql.Identifier(field.owner), field.identifiers()[2]
            )
            with self._connection.cursor(row_factory=tuple_row) as cursor:
                rows = cursor.execute(statement, [user, version]).fetchall()
            for (row,) in rows:
                self.write(field, user, row, self.read(field, user, row))
            moved += len(rows)
        return moved

    def _stored(self, field: Field, user: UUID, row: UUID) -> Sealed | None:
        statement = sql.SQL("SELECT {} FROM {} WHERE id = %s AND {} = %s").format(
            sql.SQL(", ").join(field.identifiers()), sql.Identifier(field.table), sql.Identifier(field.owner)
        )
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            found = cursor.execute(statement, [row, user]).fetchone()
        if found is None:
            raise LookupError(f"no row {row} of user {user} in {field.table}")
        return None if found[0] is None else Sealed(*found)


def _place(field: Field, row: UUID) -> Place:
    return Place(field.table, field.column, str(row))
