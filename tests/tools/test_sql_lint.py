"""SQL is linted as psql reads it: with its variables, its included files, and with what ends a statement there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import sql_lint
from tools.recorder import ROOT


def lint(statement: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "sqlfluff", "lint", "--nocolor", "-"],
        cwd=ROOT,
        input=statement,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) > 0 AS applied FROM changes WHERE name = :'change' \\gset\nSELECT 1;\n",
        "\\getenv login LOGIN\nSELECT set_config('app.login', :'login', true) \\g /dev/null\nSELECT 1;\n",
        'GRANT SELECT ON changes TO :"login";\n',
    ],
)
def test_what_psql_knows_is_understood(statement: str) -> None:
    assert lint(statement)[0] == 0


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("select count(*) FROM changes;\n", "CP01"),
        ("SELECT a,b FROM changes;\n", "LT01"),
        ("SELECT a FROM changes AS c;\n", "AL01"),
        ("SELECT c.a FROM changes;\n", "RF01"),
        ("SELECT a FROM FROM changes \\gset\n", "PRS"),
    ],
)
def test_what_is_wrong_is_named(statement: str, rule: str) -> None:
    status, said = lint(statement)
    assert status == 1
    assert f"| {rule:>4} |" in said


def test_every_rule_that_is_left_out_says_why() -> None:
    listed = (ROOT / "pyproject.toml").read_text().partition("exclude_rules = [\n")[2].partition("]\n")[0].splitlines()
    assert listed
    assert not [line for line in listed if not re.fullmatch(r'  "[A-Z]{2}\d{2}", # .{10,}', line)]


# -- squawk

CHANGE = """\\set change 900_next
\\ir ../lib/begin.sql
\\if :applied \\q
\\endif
{}
\\ir ../lib/record.sql
"""


def change(folder: Path, statement: str, text: str = CHANGE) -> Path:
    """A change like the others, with that statement on line 5."""
    (folder / "deploy").mkdir()
    (folder / "lib").symlink_to(ROOT / "database" / "main" / "lib")
    path = folder / "deploy" / "900_next.sql"
    path.write_text(text.format(statement))
    return path


def test_no_change_holds_anybody_up() -> None:
    assert sql_lint.lint(sql_lint.migrations()) == (0, "")
    assert {path.parts[-3] for path in sql_lint.migrations()} == {"main", "timeseries"}


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("CREATE INDEX idx_orders_price ON orders (price);", "require-concurrent-index-creation"),
        ("ALTER TABLE orders ADD COLUMN venue text NOT NULL;", "adding-required-field"),
        ("ALTER TABLE orders ALTER COLUMN price TYPE float8;", "changing-column-type"),
        ("ALTER TABLE orders ADD CONSTRAINT c CHECK (price > 0);", "constraint-missing-not-valid"),
        ("ALTER TABLE orders RENAME COLUMN price TO cost;", "renaming-column"),
        ("CREATE TABLE quotes (id uuid PRIMARY KEY, at timestamp);", "prefer-timestamp-tz"),
    ],
)
def test_what_holds_others_up_or_breaks_them_is_named(tmp_path: Path, statement: str, rule: str) -> None:
    path = change(tmp_path, statement)
    status, said = sql_lint.lint([path])
    assert status == 1
    assert f"{path}:5:" in said
    assert rule in said


def test_a_change_without_its_beginning_has_no_timeouts(tmp_path: Path) -> None:
    status, said = sql_lint.lint([change(tmp_path, "ALTER TABLE orders ADD COLUMN venue text;", "{}\n")])
    assert status == 1
    assert "require-lock-timeout" in said


def test_a_file_that_is_not_there_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.sql_lint", "nowhere.sql"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (64, "nowhere.sql: no such file\n")


def test_every_rule_that_squawk_is_not_asked_for_says_why() -> None:
    text = sql_lint.CONFIG.read_text()
    excluded = tomllib.loads(text)["excluded_rules"]
    assert all(re.search(rf'  "{rule}", # .{{20,}}', text) for rule in excluded)
    assert len(excluded) == 3
