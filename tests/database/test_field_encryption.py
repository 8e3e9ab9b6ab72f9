"""Field-level encryption in the main database, by the logins of the services that use it."""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
import pytest

from database.crypto import FIELDS, PHONE_NUMBER, BlindIndex, Field, Fields, KeyRing, LocalKey, Unreadable

from .rows import World
from .server import Connection, Server, act_as, ask, column

pytestmark = pytest.mark.database

OLD, NEW = os.urandom(32), os.urandom(32)
INDEX = BlindIndex(os.urandom(32))
NUMBER = "+41 79 123 45 67"
BY_NAME = {f"{field.table}.{field.column}": field for field in FIELDS}
SSN = BY_NAME["users.ssn"]


@dataclass(frozen=True)
class Desk:
    """A service at work for one of two users."""

    connection: Connection
    user: UUID
    stranger: UUID
    keys: KeyRing
    fields: Fields

    def again(self, wrapper: LocalKey | None = None) -> Desk:
        """The same in its next request: nothing is remembered."""
        keys = KeyRing(self.connection, wrapper or LocalKey(OLD))
        return Desk(self.connection, self.user, self.stranger, keys, Fields(self.connection, keys, INDEX))


@pytest.fixture
def users(server: Server, shared: str) -> tuple[UUID, UUID]:
    with server.connect(shared, "migrations") as connection:
        ask(connection, "SET ROLE alphintra_owner")
        world = World(connection)
        return world.user, world.stranger()


def desk_of(connection: Connection, users: tuple[UUID, UUID]) -> Desk:
    act_as(connection, users[0])
    keys = KeyRing(connection, LocalKey(OLD))
    return Desk(connection, *users, keys, Fields(connection, keys, INDEX))


@pytest.fixture
def desk(server: Server, shared: str, users: tuple[UUID, UUID]) -> Generator[Desk]:
    with server.connect(shared, "auth_login", autocommit=False) as connection:
        yield desk_of(connection, users)
        connection.rollback()


@pytest.fixture
def owner(admin: Connection, users: tuple[UUID, UUID]) -> Desk:
    """The owner, who sees both users' rows, as somebody who stole a copy of the database would."""
    return desk_of(admin, users)


def test_what_is_written_is_read_and_is_not_in_the_database(desk: Desk) -> None:
    desk.fields.write(PHONE_NUMBER, desk.user, desk.user, NUMBER)
    assert desk.again().fields.read(PHONE_NUMBER, desk.user, desk.user) == NUMBER
    everything = "".join(column(desk.connection, "SELECT to_jsonb(users)::text FROM users"))
    assert NUMBER not in everything
    assert NUMBER.encode().hex() not in everything
    desk.fields.write(PHONE_NUMBER, desk.user, desk.user, None)
    assert desk.fields.read(PHONE_NUMBER, desk.user, desk.user) is None
    assert column(desk.connection, "SELECT phone_number_index FROM users") == [None]


def test_a_user_is_found_by_a_number_that_nobody_can_read(desk: Desk) -> None:
    desk.fields.write(PHONE_NUMBER, desk.user, desk.user, NUMBER)
    ask(desk.connection, "UPDATE users SET phone_verified = true")
    find = "SELECT user_id FROM find_login_by_phone(%s)"
    assert column(desk.connection, find, INDEX.of("users.phone_number", "0041791234567")) == [desk.user]
    assert column(desk.connection, find, INDEX.of("users.phone_number", "0041791234568")) == []


@pytest.mark.parametrize("name", BY_NAME)
def test_every_field_of_the_database_is_read_and_written(owner: Desk, name: str) -> None:
    field = BY_NAME[name]
    row = owner.user
    if field.table != "users":
        world = World(owner.connection)
        row = uuid4()
        values = {
            key: value for key, value in world.row(field.table, user_id=owner.user).items() if not key.startswith(field.column)
        }
        world.put(field.table, values | {"id": row} | owner.fields.sealed(field, owner.user, row, "first"))
        assert owner.fields.read(field, owner.user, row) == "first"
    owner.fields.write(field, owner.user, row, "second")
    assert owner.again().fields.read(field, owner.user, row) == "second"


def test_the_fields_are_those_of_the_database(admin: Connection) -> None:
    there = column(
        admin,
        """SELECT relname || '.' || left(attname, -length('_encrypted')) FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
           WHERE attname LIKE '%\\_encrypted' AND relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace""",
    )
    assert set(BY_NAME) == set(there)
    assert {field.table for field in FIELDS if field.indexed} == set(
        column(admin, "SELECT 'users' WHERE to_regclass('idx_users_phone_number') IS NOT NULL")
    )


def test_a_ciphertext_that_is_moved_does_not_open(owner: Desk) -> None:
    secret = BY_NAME["users.two_fa_secret"]
    owner.fields.write(secret, owner.user, owner.user, "JBSWY3DP")
    owner.keys.newest(owner.stranger, "PROFILE")
    names = ", ".join(f"two_fa_secret_{part} = mine.two_fa_secret_{part}" for part in ("encrypted", "nonce", "key_version"))
    ask(
        owner.connection,
        f"UPDATE users SET {names} FROM users mine WHERE mine.id = %s AND users.id = %s",
        owner.user,
        owner.stranger,
    )
    with pytest.raises(Unreadable):
        owner.fields.read(secret, owner.stranger, owner.stranger)
    # Nor with the key copied along: it is wrapped for its user.
    ask(
        owner.connection,
        "UPDATE data_keys SET wrapped_key = (SELECT wrapped_key FROM data_keys WHERE user_id = %s) WHERE user_id = %s",
        owner.user, owner.stranger,
    )  # fmt: skip
    with pytest.raises(Unreadable):
        owner.again().fields.read(secret, owner.stranger, owner.stranger)


def test_rotating_seals_what_is_there_again(desk: Desk) -> None:
    desk.fields.write(PHONE_NUMBER, desk.user, desk.user, NUMBER)
    desk.fields.write(SSN, desk.user, desk.user, "078-05-1120")
    before = column(desk.connection, "SELECT phone_number_encrypted FROM users")
    assert desk.keys.rotate(desk.user, "PROFILE") == 2
    assert desk.again().fields.read(PHONE_NUMBER, desk.user, desk.user) == NUMBER, "the older version stays to read with"
    assert desk.fields.reseal(desk.user, [field for field in FIELDS if field.table == "users"]) == 1
    versions = "SELECT ARRAY[phone_number_key_version, ssn_key_version] FROM users"
    assert column(desk.connection, versions) == [[2, 1]]
    assert column(desk.connection, "SELECT phone_number_encrypted FROM users") != before
    assert desk.again().fields.read(PHONE_NUMBER, desk.user, desk.user) == NUMBER
    assert desk.fields.reseal(desk.user, [field for field in FIELDS if field.table == "users"]) == 0


def test_a_new_wrapping_key_leaves_fields_as_they_are(desk: Desk) -> None:
    desk.fields.write(PHONE_NUMBER, desk.user, desk.user, NUMBER)
    before = column(desk.connection, "SELECT phone_number_encrypted FROM users")
    assert desk.again(LocalKey(OLD, NEW)).keys.rewrap(desk.user) == 1
    assert column(desk.connection, "SELECT encryption_key_id FROM data_keys") == ["local/2"]
    assert column(desk.connection, "SELECT phone_number_encrypted FROM users") == before
    assert desk.again(LocalKey(OLD, NEW)).fields.read(PHONE_NUMBER, desk.user, desk.user) == NUMBER


def test_an_erasure_makes_profile_fields_of_a_backup_unreadable_and_leaves_kyc(owner: Desk) -> None:
    owner.fields.write(PHONE_NUMBER, owner.user, owner.user, NUMBER)
    owner.fields.write(SSN, owner.user, owner.user, "078-05-1120")
    backup = ask(owner.connection, "SELECT * FROM users WHERE id = %s", owner.user)[0]
    ask(owner.connection, "UPDATE users SET closed_at = now() WHERE id = %s", owner.user)
    ask(owner.connection, "SELECT erase_user(%s)", owner.user)
    assert owner.fields.read(PHONE_NUMBER, owner.user, owner.user) is None
    columns = [name for name in backup if name.startswith("phone_number")]
    restored = ", ".join(f"{name} = %s" for name in columns)
    ask(owner.connection, f"UPDATE users SET {restored} WHERE id = %s", *[backup[name] for name in columns], owner.user)
    with pytest.raises(Unreadable, match="version 1 of the PROFILE key .* is not there or was destroyed"):
        owner.again().fields.read(PHONE_NUMBER, owner.user, owner.user)
    assert owner.again().fields.read(SSN, owner.user, owner.user) == "078-05-1120"


def test_nobody_reads_or_writes_for_another_user(desk: Desk) -> None:
    for attempt in (
        lambda: desk.fields.read(PHONE_NUMBER, desk.stranger, desk.stranger),
        lambda: desk.fields.read(PHONE_NUMBER, desk.user, desk.stranger),
    ):
        with pytest.raises(LookupError, match="no row .* in users"):
            attempt()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.keys.newest(desk.stranger, "PROFILE")


def test_compliance_opens_kyc_fields_and_no_profile(server: Server, shared: str, desk: Desk) -> None:
    desk.fields.write(SSN, desk.user, desk.user, "078-05-1120")
    desk.fields.write(PHONE_NUMBER, desk.user, desk.user, NUMBER)
    desk.connection.commit()
    with server.connect(shared, "compliance_login", autocommit=False) as connection:
        keys = KeyRing(connection, LocalKey(OLD))
        assert Fields(connection, keys, INDEX).read(SSN, desk.user, desk.user) == "078-05-1120"
        assert keys.rotate(desk.user, "COMPLIANCE") == 2
        assert Fields(connection, keys, INDEX).reseal(desk.user, [SSN]) == 1
        with pytest.raises(Unreadable):
            keys.key(desk.user, "PROFILE", 1)


def test_two_first_writers_agree_on_one_key(server: Server, shared: str, desk: Desk) -> None:
    mine, _ = desk.keys.newest(desk.user, "PROFILE")
    with server.connect(shared, "auth_login", autocommit=False) as connection:
        other = desk_of(connection, (desk.user, desk.stranger))
        assert column(connection, "SELECT count(*) FROM data_keys") == [0], "the first has not committed"
        desk.connection.commit()
        assert other.keys.make(desk.user, "PROFILE", 1) == (mine, 1)


def test_a_field_of_no_row_is_an_error(desk: Desk) -> None:
    nobody = UUID(int=0)
    with pytest.raises(LookupError):
        desk.fields.write(Field("users", "ssn", "COMPLIANCE", owner="id"), desk.user, nobody, "x")
