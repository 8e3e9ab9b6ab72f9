"""The audit trail: what is written by itself, what is hidden in it, and how it leads back to the request."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from .rows import ROWS, World, sealed
from .server import Connection, Server, ask, column

pytestmark = pytest.mark.database

AUDITED = {
    "users": ("user_profile", "last_name = 'Byron'"),
    "user_roles": ("user_role", "assigned_at = 'epoch'"),
    "role_permissions": ("role_permission", None),
    "data_keys": ("encryption_key", "encryption_key_id = 'local/2'"),
    "kyc_records": ("kyc_data", "notes = 'checked'"),
    "aml_alerts": ("aml_alert", "severity = 'HIGH'"),
    "transactions": ("financial_data", "amount = 6"),
    "orders": ("financial_data", "status = 'CANCELLED'"),
    "broker_connections": ("broker_connection", "last_sync = now()"),
    "marketplace_strategies": ("listing", "status = 'SUSPENDED'"),
}


KEYS = {
    "user_roles": ["user_id", "role_id"],
    "role_permissions": ["role_id", "permission_id"],
    "data_keys": ["user_id", "purpose", "version"],
}


def last(connection: Connection) -> dict[str, Any]:
    return ask(connection, "SELECT * FROM audit_logs ORDER BY created_at DESC LIMIT 1")[0]


@pytest.mark.parametrize("table", AUDITED)
def test_a_change_of_a_sensitive_table_is_in_the_log(admin: Connection, table: str) -> None:
    kind, change = AUDITED[table]
    world = World(admin)
    row = world.row(table)  # its parents first
    ask(admin, "SELECT app.act_as(%s, 'request-1', '192.0.2.7', 'curl', 's-1')", world.user)
    row = world.put(table, row)
    entry = last(admin)
    assert (entry["action"], entry["resource_type"], entry["old_values"]) == (f"INSERT {table}", kind, None)
    assert entry["new_values"]
    subject = row["id"] if table == "users" else row.get("user_id", row.get("developer_id"))
    assert entry["subject_id"] == subject
    context = (entry["user_id"], entry["correlation_id"], str(entry["ip_address"]), entry["user_agent"], entry["session_id"])
    assert context == (world.user, "request-1", "192.0.2.7", "curl", "s-1")
    assert entry["database_user"] == "migrations"
    where = " AND ".join(
        f"{key} = %s"
        for key in (["id"] if "id" in row else [k for k in row if k.endswith("_id") and k != "encryption_key_id"][:2])
    )
    values = [row["id"]] if "id" in row else [row[k] for k in row if k.endswith("_id") and k != "encryption_key_id"][:2]
    if change:
        ask(admin, f"UPDATE {table} SET {change} WHERE {where}", *values)
        entry = last(admin)
        assert entry["action"] == f"UPDATE {table}"
        assert set(entry["new_values"]) == set(entry["old_values"]) >= {change.split(" ")[0]}
        before = len(column(admin, "SELECT id FROM audit_logs"))
        ask(admin, f"UPDATE {table} SET {change} WHERE {where} AND false", *values)
        assert len(column(admin, "SELECT id FROM audit_logs")) == before
    if table != "users":
        ask(admin, f"DELETE FROM {table} WHERE {where}", *values)
        assert (last(admin)["action"], last(admin)["new_values"]) == (f"DELETE {table}", None)


def test_no_secret_and_no_name_is_in_the_log(admin: Connection) -> None:
    world = World(admin)
    secrets = {
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "password_hash": "$argon2id$v=19$secretsecret",
    }
    user = world.insert("users", **secrets, **sealed("ssn"), **sealed("two_fa_secret"))
    world.insert("kyc_records", user_id=user["id"], first_name="Ada", address_line1="12 St James's Square", notes="knows Babbage")
    ask(admin, "UPDATE users SET last_name = 'King', password_hash = '$argon2id$v=19$othersecret' WHERE id = %s", user["id"])
    text = "\n".join(column(admin, "SELECT concat(old_values, new_values) FROM audit_logs"))
    for hidden in (*secrets.values(), "King", "St James", "Babbage", "othersecret", user["ssn_encrypted"].hex()):
        assert hidden not in text
    assert '"password_hash": "[redacted]"' in text
    assert '"kyc_status": "PENDING"' in text


def test_a_new_column_is_hidden_until_it_is_named(admin: Connection) -> None:
    ask(admin, "ALTER TABLE kyc_records ADD COLUMN mothers_name text")
    World(admin).insert("kyc_records", mothers_name="Annabella")
    assert last(admin)["new_values"]["mothers_name"] == "[redacted]"


def test_services_record_what_no_trigger_sees(server: Server, shared: str) -> None:
    with server.connect(shared, "auth_login", autocommit=False) as auth:
        ask(auth, "SELECT app.act_as(NULL, 'request-9', '198.51.100.1')")
        ask(auth, "SELECT record_action('LOGIN', 'user_profile', 'ada@…', NULL, false, 'wrong password')")
        auth.commit()
        ask(auth, "SELECT record_action('LOGIN', 'user_profile')")
        auth.commit()
    with server.connect(shared, "compliance_login") as compliance:
        entries = ask(compliance, "SELECT * FROM user_data_access_report WHERE action = 'LOGIN' ORDER BY created_at")
    failed, plain = entries
    assert (failed["user_id"], failed["success"], failed["correlation_id"], failed["database_user"]) == (
        None,
        False,
        "request-9",
        "auth_login",
    )
    assert plain["correlation_id"] is None, "one request's id does not reach the next"


def test_the_report_is_of_thirty_days_and_of_what_triggers_write(admin: Connection) -> None:
    world = World(admin)
    for days, kind in ((29, "kyc_data"), (31, "kyc_data"), (1, "user_role")):
        (moment,) = column(admin, "SELECT CURRENT_DATE - %s::int + interval '1 hour'", days)
        ask(admin, "SELECT ops.ensure_partition('audit_logs', %s)", moment)
        world.insert("audit_logs", action=f"{days}", resource_type=kind, created_at=moment, user_id=world.user)
    reported = ask(admin, "SELECT action, resource_type, email FROM user_data_access_report")
    assert "29" in {row["action"] for row in reported}
    assert not {"31", "1"} & {row["action"] for row in reported}
    assert {"user_profile", "kyc_data"} <= {row["resource_type"] for row in reported}
    assert {kind for kind, _ in AUDITED.values()} >= {"user_profile", "kyc_data", "financial_data"}


def test_the_report_shows_a_service_no_more_than_its_own_rights(server: Server, shared: str) -> None:
    with server.connect(shared, "postgres", autocommit=False) as connection:
        ask(
            connection,
            "GRANT SELECT ON user_data_access_report TO trading_role; GRANT SELECT ON audit_logs TO trading_role; GRANT SELECT (email) ON users TO trading_role",
        )
        ask(connection, "SELECT app.act_as(%s)", uuid4())
        ask(connection, "SET LOCAL ROLE trading_login")
        assert column(connection, "SELECT 1 FROM user_data_access_report") == []
        connection.rollback()


def test_every_audited_table_is_here(admin: Connection) -> None:
    tables = column(admin, "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit' AND tgparentid = 0")
    assert set(tables) == set(AUDITED)
    assert set(AUDITED) <= set(ROWS)
