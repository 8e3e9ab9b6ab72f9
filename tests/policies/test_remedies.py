"""What rules put right by themselves, where somebody asks for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from policies.enforcement import Enforcement, has_remedy
from policies.rules import RULES
from policies.tokens import ALERT, BUCKET, INSTANCE

from .cases import BY_ID, CASES
from .proxies import BOOLEAN, proxied
from .rows import good, put
from .table import ROWS
from .test_pack import Aborted, Engine

LABELS = {"application": "alphintra", "cost-center": "trading", "environment": "prod", "managed-by": "pulumi", "owner": "us"}
PROVIDER = {"defaultLabels": json.dumps(LABELS)}
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hunter2"}
ABLE = sorted(rule.id for rule in RULES if has_remedy(rule))


def _good(rule: str) -> Mapping[str, Any]:
    return CASES[rule].good[0] if rule in CASES else good(rule, ROWS[rule])


def _bad(rule: str) -> Sequence[Mapping[str, Any]]:
    if rule in CASES:
        return CASES[rule].bad
    return [put(good(rule, ROWS[rule]), ROWS[rule].path, value) for value in ROWS[rule].bad]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(monkeypatch)


def test_what_has_a_remedy() -> None:
    assert ABLE == [
        "gcs-public-access-prevention",
        "labels-mandatory-alerts",
        "labels-mandatory-databases",
        "labels-mandatory-nodes",
        "redis-deletion-protection",
        "secret-deletion-protection",
        "sql-deletion-protection",
    ]


@pytest.mark.parametrize("rule", ABLE)
def test_what_it_finds_it_puts_right(rule: str, engine: Engine) -> None:
    known = BY_ID[rule]
    engine.enforce({**engine.levels(), rule: "remediate"})
    for kind in known.types:
        for bad in _bad(rule):
            [(said, mended)] = engine.remediate(kind, bad, PROVIDER)
            assert said == rule
            assert known.check(proxied(mended)) is None  # pyright: ignore[reportCallIssue, reportArgumentType]
        assert engine.remediate(kind, _good(rule), PROVIDER) == []


def test_nothing_is_put_right_unless_somebody_asks(engine: Engine) -> None:
    for environment in ("prod", "staging", "dev"):
        engine.configure({"environment": environment})
        engine.enforce(engine.levels())
        assert not any(engine.remediate(BY_ID[rule].types[0], _bad(rule)[0], PROVIDER) for rule in ABLE)


def test_what_is_not_known_yet_is_left_for_the_update(engine: Engine) -> None:
    engine.enforce({"sql-deletion-protection": "remediate"})
    assert engine.remediate(INSTANCE, {"settings": {"deletionProtectionEnabled": BOOLEAN}}) == []


def test_the_rest_is_as_it_came(engine: Engine) -> None:
    engine.enforce({"sql-deletion-protection": "remediate", "labels-mandatory-databases": "remediate"})
    given = {"rootPassword": SECRET, "settings": {"tier": "db-f1-micro", "userLabels": {"owner": "others"}}}
    found = engine.remediate(INSTANCE, given, PROVIDER)
    assert [said for said, _ in found] == ["sql-deletion-protection", "labels-mandatory-databases"]
    assert found[-1][1] == {
        "rootPassword": SECRET,
        "settings": {
            "tier": "db-f1-micro",
            "deletionProtectionEnabled": True,
            "userLabels": {**LABELS, "owner": "others"},
        },
    }


def test_a_secret_object_is_left_alone(engine: Engine) -> None:
    engine.enforce({"labels-mandatory-alerts": "remediate"})
    given = {"userLabels": {**SECRET, "value": {"owner": "us"}}}
    assert [mended for _, mended in engine.remediate(ALERT, given, PROVIDER)] in ([], [given])


def test_a_provider_without_labels_has_none_to_give(engine: Engine) -> None:
    engine.enforce({"labels-mandatory-alerts": "remediate"})
    assert engine.remediate(ALERT, {}, {}) == []


def test_a_rule_without_a_remedy_cannot_be_asked_for_one(engine: Engine) -> None:
    with pytest.raises(Aborted, match="gcs-cmek: it has no remedy; those that have one are gcs-public-access-prevention, labels"):
        engine.enforce({"gcs-cmek": "remediate"})


def test_all_that_can_are_asked_at_once() -> None:
    enforcement = Enforcement("prod", configured={"all": "remediate", "gcs-uniform-access": "advisory"})
    levels = {rule.id: enforcement.level(rule) for rule in RULES}
    assert sorted(rule for rule, level in levels.items() if level == "remediate") == ABLE
    assert (levels["gcs-cmek"], levels["gcs-uniform-access"]) == ("mandatory", "advisory")


def test_what_cannot_be_put_right_still_stops_the_update(engine: Engine) -> None:
    engine.enforce({"gcs-public-access-prevention": "remediate"})
    heard: Mapping[str, Any] = {said.policyName: said for said in engine.analyze(BUCKET, {})}
    assert heard["gcs-public-access-prevention"].message.startswith("Buckets can never become public")
