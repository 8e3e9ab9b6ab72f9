"""Exceptions from rules: what a file of them may say, and what becomes of one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from policies.enforcement import Enforcement, PolicyError, configured
from policies.judge import Judge, Verdict
from policies.resources import STACK, Resource, Stack
from policies.rules import RULES
from policies.tokens import BUCKET
from policies.waivers import Waiver, load

from .proxies import STRING, proxied
from .rows import BY_ID

TODAY = date(2026, 11, 25)
RULE = "gcs-uniform-access"
URN = "urn:pulumi:prod::alphintra::alphintra:data:CloudStorage$gcp:storage/bucket:Bucket::storage-logs"
ENTRY = {"rule": RULE, "resource": "storage-*", "reason": "A test.", "owner": "somebody", "expires": "2027-01-31"}


def written(tmp_path: Path, **changed: str | None) -> Path:
    """A file with one waiver."""
    lines = [f"{key}: {value}" for key, value in {**ENTRY, **changed}.items() if value is not None]
    file = tmp_path / "waivers.yaml"
    file.write_text("- " + "\n  ".join(lines).replace("storage-*", '"storage-*"') + "\n")
    return file


def test_the_projects_own_waivers_are_valid_today() -> None:
    assert {known.rule for known in load(RULES, TODAY)} <= set(BY_ID)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rule": "gcs-uniform"}, "waivers.yaml: entry 1: rule: there is no rule 'gcs-uniform'"),
        ({"rule": None}, "waivers.yaml: entry 1: rule is missing"),
        ({"reason": '""'}, "waivers.yaml: entry 1: reason is missing"),
        ({"owner": None}, "waivers.yaml: entry 1: owner is missing"),
        ({"expires": None}, "waivers.yaml: entry 1: expires is missing"),
        ({"expires": "soon"}, "waivers.yaml: entry 1: expires: 'soon' is no date; write it as 2027-01-31"),
        (
            {"expires": "2030-01-01"},
            "waivers.yaml: entry 1: expires: 2030-01-01 is more than 400 days away; choose an earlier date",
        ),
        ({"environments": "[qa]"}, "waivers.yaml: entry 1: environments: ['qa']; it must be a list of prod, staging, dev"),
        (
            {"until": "2027-01-01"},
            "waivers.yaml: entry 1: 'until' is no key; there are rule, resource, reason, owner, expires, environments",
        ),
    ],
)
def test_a_waiver_that_makes_no_sense(tmp_path: Path, changed: dict[str, str | None], message: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load(RULES, TODAY, written(tmp_path, **changed))
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rule: x", "waivers.yaml: must be a list of waivers"),
        ("- x", "waivers.yaml: entry 1: must be an object, and is 'x'"),
        ("- rule: [", "waivers.yaml: while parsing a flow node"),
        ("- rule: a\n  rule: b", "waivers.yaml: while constructing a mapping"),
    ],
)
def test_a_file_that_does_not_parse(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(text)
    with pytest.raises(PolicyError) as refused:
        load(RULES, TODAY, file)
    assert str(refused.value).startswith(message)


def judged(waiver: Waiver, *, uniform: object = False, environment: str = "prod", today: date = TODAY) -> list[Verdict]:
    """What the rule, and the one about waivers, say of a bucket."""
    judge = Judge([BY_ID[RULE], BY_ID["policy-waivers-valid"]], Enforcement(environment), [waiver], today)
    bucket = Resource(type=BUCKET, urn=URN, name="storage-logs", properties=proxied({"uniformBucketLevelAccess": uniform}))
    root = Resource(type=STACK, urn="urn:pulumi:prod::alphintra::pulumi:pulumi:Stack::alphintra-prod", name="a", properties={})
    return [*judge.resource(bucket), *judge.stack(Stack([root, bucket], environment))]


def waiver(tmp_path: Path, **changed: str | None) -> Waiver:
    return load(RULES, TODAY, written(tmp_path, **changed))[0]


def test_what_is_waived_stops_nothing_and_is_still_told(tmp_path: Path) -> None:
    [found] = judged(waiver(tmp_path))
    assert (found.outcome, found.stops, found.waiver) == ("violation", False, waiver(tmp_path))


def test_an_expired_waiver_excuses_nothing(tmp_path: Path) -> None:
    [found] = judged(waiver(tmp_path), today=date(2027, 2, 1))
    assert found.stops
    assert "the waiver of somebody expired on 2027-01-31" in found.what


@pytest.mark.parametrize("changed", [{"resource": "other-bucket"}, {"rule": "gcs-cmek"}])
def test_a_waiver_that_matches_nothing_fails(tmp_path: Path, changed: dict[str, str | None]) -> None:
    rules = [BY_ID[RULE], BY_ID["gcs-cmek"], BY_ID["policy-waivers-valid"]]
    judge = Judge(rules, Enforcement("prod"), [waiver(tmp_path, **changed)], TODAY)
    root = Resource(type=STACK, urn="urn::x::y::alphintra-prod", name="a", properties={})
    [found] = judge.stack(Stack([root], "prod"))
    assert (found.rule.id, found.stops) == ("policy-waivers-valid", True)
    assert (changed.get("rule") or RULE) in found.what


def test_a_waiver_is_of_its_environments(tmp_path: Path) -> None:
    other = waiver(tmp_path, environments="[staging]")
    assert [known.stops for known in judged(other)] == [True]


def test_what_is_undecided_is_not_a_waiver_in_vain(tmp_path: Path) -> None:
    [found] = judged(waiver(tmp_path), uniform=STRING)
    assert (found.outcome, found.waiver) == ("undecided", None)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"gcs-cmk": "advisory"}, "x: there is no rule 'gcs-cmk'; did you mean 'gcs-cmek'?"),
        (
            {"gcs-cmek": "strict"},
            "x: gcs-cmek: 'strict' is not a level; it must be one of mandatory, advisory, disabled, remediate",
        ),
        ({"gcs-cmek": {"enforcementLevel": "on"}}, "x: gcs-cmek: 'on' is not a level"),
        ([], "x: must be an object of rules and levels"),
    ],
)
def test_a_configuration_that_makes_no_sense(given: object, message: str) -> None:
    with pytest.raises(PolicyError) as refused:
        configured(given, RULES, "x")
    assert str(refused.value).startswith(message)
