"""SQL is linted as psql reads it: with its variables, and with what ends a statement there."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

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
