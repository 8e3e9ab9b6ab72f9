"""Every row, through the SDK's proxies."""

from __future__ import annotations

import pytest
from pulumi_policy.proxy import UnknownValueError

from localcloud.values import Props
from policies.rule import Rule

from .cases import CASES
from .proxies import STRING, beside_unknowns, proxied
from .rows import BY_ID, good, put
from .table import ROWS


def reads_all(rule: str) -> bool:
    """Whether the rule is about every entry of an object, and so about neighbours too."""
    return rule in ("configmap-no-secrets", "pod-no-host-path", "pod-csi-read-only")


every_row = pytest.mark.parametrize("rule", ROWS)


def says(rule: str, properties: Props) -> str | None:
    known = BY_ID[rule]
    assert isinstance(known, Rule)
    return known.check(proxied(properties))


def test_every_rule_on_a_single_resource_has_a_row() -> None:
    alone = {rule for rule, known in BY_ID.items() if isinstance(known, Rule)}
    assert (set(ROWS) | set(CASES)) == alone
    assert not set(ROWS) & set(CASES)


@every_row
def test_the_good_is_accepted(rule: str) -> None:
    assert says(rule, good(rule, ROWS[rule])) is None
    if not reads_all(rule):
        assert says(rule, beside_unknowns(good(rule, ROWS[rule]))) is None


@every_row
def test_the_bad_is_refused_by_name(rule: str) -> None:
    row = ROWS[rule]
    for value in row.bad:
        said = says(rule, put(good(rule, row), row.path, value)) or "nothing"
        assert said.startswith(row.says or row.path), (value, said)


@every_row
def test_the_missing_is_as_the_row_says(rule: str) -> None:
    row = ROWS[rule]
    assert bool(says(rule, put(good(rule, row), row.path))) is (row.missing == "bad")


@every_row
def test_the_unknown_is_undecided(rule: str) -> None:
    row = ROWS[rule]
    with pytest.raises(UnknownValueError):
        pytest.fail(f"it says {says(rule, put(good(rule, row), row.path, STRING))!r}")
