"""What a reviewer is told: what is lost first, as the providers judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from policies.tokens import INSTANCE, KEY, KEY_RING
from tools.inventory import entries
from tools.review import __main__ as command
from tools.review.comment import Review, comment
from tools.review.difference import STATEFUL, Change, compare
from tools.review.example import CHANGE
from tools.review.made import reviewed
from tools.review.objections import objections
from tools.review.properties import details, short

from ..environments import ENVIRONMENTS, recorded

Entry = dict[str, Any]
Inventory = list[Entry]
PLATFORM: Entry = {
    "urn": "platform",
    "type": "alphintra:platform:DataPlatform",
    "name": "platform",
    "parent": "",
    "custom": False,
}
USER = "gcp:sql/user:User"
CONFIG = "kubernetes:core/v1:ConfigMap"


def one(
    type_: str, logical: str = "one", /, *, protect: bool = False, needs: Mapping[str, list[str]] | None = None, **inputs: Any
) -> Entry:
    """A resource of an inventory, right below the platform."""
    origins = dict(needs or {})
    return {"urn": f"urn::{logical}", "type": type_, "name": logical, "parent": "platform", "custom": True, "protect": protect,
            "provider": "", "dependencies": sorted({urn for urns in origins.values() for urn in urns}),
            "propertyDependencies": origins, "ignoreChanges": [], "inputs": inputs}  # fmt: skip


def difference(before: Inventory, after: Inventory) -> list[Change]:
    return compare([PLATFORM, *before], [PLATFORM, *after])


@cache
def review(environment: str = "prod") -> Review:
    """The review of the example's change."""
    change = {key: value for key, value in CHANGE.items() if key != "encryption" or environment != "dev"}
    return reviewed(entries(recorded(environment)), recorded(environment, change), environment, "main")


# -- the example: it grows Cloud SQL, adds a bucket, and by mistake replaces the key ring


def test_the_example_puts_the_replaced_ring_first_fails_and_tells_the_cost() -> None:
    text = comment(review())
    parts = ("## prod: 1 created, ", "### 🛑 ", "### Policies: fail", "### What changes", "### Cost: ")
    head, lost, policies, changes, cost = map(text.index, parts)
    assert head < lost < policies < changes < cost
    first = text[lost:policies].split("| --- |\n")[1]
    rings = "`encryption-ring-us-central1`, `encryption-ring-us-east1`"
    assert first.startswith(f"| {rings} | KeyRing | replaced | `name`: `alphintra-data` → `alphintra-keys` |")
    assert "❌ **protected-stays**: `encryption-ring-us-central1`, " in text[policies:changes]
    assert "❌ **data-stays**: `encryption-ring-us-central1`, " in text[policies:changes]
    # Twice 4 vCPU and 16 GiB: 241.19 and 163.52 of the primary, 120.59 and 81.76 of the replica.
    assert "| main-db | 1,211.23 | 1,818.29 | +607.06 |" in text[cost:]
    assert "❌ policies fail · +607.06 USD a month · against `main`" in text[:lost]


def test_the_example_tells_each_change_with_its_properties() -> None:
    by_name = {change.name: change for change in review().changes if change.kind != "SecretVersion"}
    assert by_name["storage-reports"].op == "create"
    assert by_name["main-db-primary"].op == "replace"  # its key is another
    assert by_name["storage-documents"].op == "update"  # a bucket's default key is changed in place
    assert by_name["main-db-user-auth-service"].op == "replace"  # goes with the instance, which keeps its name
    assert by_name["cluster-us-central1-cluster"].op == "update"  # what the program leaves alone once it is made does not count
    text = comment(review())
    assert "- settings.tier: db-custom-4-16384\n+ settings.tier: db-custom-8-32768\n" in text
    assert "+ name: alphintra-reports\n" in text
    assert "Typical durations of what is created or replaced; the longest chain: `encryption-ring-us-central1` 3 s → " in text


def test_without_the_mistake_nothing_fails() -> None:
    meant = {key: value for key, value in CHANGE.items() if key != "encryption"}
    told = reviewed(entries(recorded("prod")), recorded("prod", meant), "prod", "main")
    text = comment(told)
    assert not told.fails
    assert "✅ policies pass" in text
    assert "🛑" not in text
    assert {change.op for change in told.changes} == {"create", "update"}


def test_nothing_changes_and_is_told_in_a_few_lines() -> None:
    told = reviewed(entries(recorded("dev")), recorded("dev"), "dev", "main")
    assert comment(told).splitlines()[2] == "## dev: nothing changes"
    assert len(comment(told).splitlines()) < 15


def test_a_policy_on_what_is_declared_fails_too() -> None:
    opened = {"protection": {"tear_down": "prod"}}
    text = comment(reviewed(entries(recorded("prod")), recorded("prod", opened), "prod", "main"))
    assert "### Policies: fail" in text
    assert "- ❌ **" in text


# -- how changes are judged


def test_a_change_is_in_place_unless_the_provider_says_otherwise() -> None:
    before = [one(INSTANCE, name="db", region="us-east1", databaseVersion="POSTGRES_15", settings={"tier": "db-custom-1-3840"})]
    grown = [one(INSTANCE, name="db", region="us-east1", databaseVersion="POSTGRES_15", settings={"tier": "db-custom-2-7680"})]
    moved = [one(INSTANCE, name="db", region="us-west1", databaseVersion="POSTGRES_15", settings={"tier": "db-custom-1-3840"})]
    [update] = difference(before, grown)
    assert (update.op, update.loses, [(edit.path, edit.old, edit.new) for edit in update.edits]) == (
        "update", False, [("settings.tier", "db-custom-1-3840", "db-custom-2-7680")],
    )  # fmt: skip
    [replaced] = difference(before, moved)
    assert (replaced.op, replaced.loses, [edit.path for edit in replaced.edits if edit.replaces]) == ("replace", True, ["region"])


def test_what_is_ignored_is_no_change() -> None:
    before, after = one(KEY, rotationPeriod="1s", name="k"), one(KEY, rotationPeriod="2s", name="k")
    assert [change.op for change in difference([before], [after])] == ["update"]
    assert difference([before], [{**after, "ignoreChanges": ["rotationPeriod"]}]) == []


@pytest.mark.parametrize(("place", "op"), [("us-west1", "replace"), ("us-east1", None)])
def test_what_hangs_on_a_resource_that_keeps_its_name_goes_with_it(place: str, op: str | None) -> None:
    def declared(region: str) -> Inventory:
        instance = one(INSTANCE, "db", name="db", region=region, databaseVersion="POSTGRES_15")
        return [instance, one(USER, "user", needs={"instance": ["urn::db"]}, instance="db", name="u", type="BUILT_IN")]

    by_name = {change.name: change for change in difference(declared("us-east1"), declared(place))}
    assert (by_name["user"].op if "user" in by_name else None) == op
    if op:
        assert [edit.new for edit in by_name["user"].edits] == ["db (of a new one)"]
        assert [change.name for change in difference(declared("us-east1"), declared(place))] == ["db", "user"]


def test_what_hangs_on_a_resource_with_a_new_name_is_judged_by_its_own_values() -> None:
    def declared(ring: str) -> Inventory:
        keys = [one(KEY_RING, "ring", name=ring, location="us-east1")]
        return [*keys, one(USER, "user", needs={"name": ["urn::ring"]}, instance="db", name="u", type="BUILT_IN")]

    assert [(change.name, change.op) for change in difference(declared("a"), declared("b"))] == [("ring", "replace")]


def test_a_config_map_is_changed_in_place_where_its_provider_is_told_so() -> None:
    def declared(value: str, mutable: str) -> Inventory:
        provider = one("pulumi:providers:kubernetes", "cluster", enableConfigMapMutable=mutable)
        return [provider, {**one(CONFIG, metadata={"name": "c"}, data={"key": value}), "provider": "urn::cluster::id"}]

    assert [change.op for change in difference(declared("a", "true"), declared("b", "true"))] == ["update"]
    assert [change.op for change in difference(declared("a", "false"), declared("b", "false"))] == ["replace"]


def test_causes_come_before_consequences_and_what_holds_data_before_what_does_not() -> None:
    before = [one(KEY, "a-key", needs={"keyRing": ["urn::ring"]}, keyRing="ring-1", name="k"), one(KEY_RING, "ring", name="1", location="x"),
              one(USER, "a-user", instance="db", name="u", type="BUILT_IN")]  # fmt: skip
    after = [
        one(KEY, "a-key", needs={"keyRing": ["urn::ring"]}, keyRing="ring-2", name="k"),
        one(KEY_RING, "ring", name="2", location="x"),
    ]
    assert [(change.name, change.op, change.depth) for change in difference(before, after)] == [
        ("ring", "replace", 0), ("a-key", "replace", 1), ("a-user", "delete", 0),
    ]  # fmt: skip


def test_types_that_hold_something_are_types_that_there_are() -> None:
    declared = {known.type for environment in ENVIRONMENTS for known in recorded(environment).registrations}
    optional = {
        "gcp:bigtable/instance:Instance",
        "gcp:bigtable/table:Table",
        "gcp:firestore/database:Database",
        "gcp:redis/instance:Instance",
    }
    assert STATEFUL - declared == optional


# -- rules on the change


def deleted(type_: str, *, protect: bool) -> list[Change]:
    return difference([one(type_, protect=protect, name="n")], [])


@pytest.mark.parametrize(
    ("environment", "type_", "protect", "found"),
    [
        ("prod", KEY_RING, True, ["protected-stays", "data-stays"]),
        ("prod", KEY_RING, False, ["data-stays"]),
        ("prod", USER, True, ["protected-stays"]),
        ("prod", USER, False, []),
        ("dev", KEY_RING, True, ["protected-stays"]),
        ("dev", KEY_RING, False, []),
        ("staging", KEY_RING, False, ["data-stays"]),
        ("somebody's", KEY_RING, False, ["data-stays"]),  # as policies have it: production's rules
    ],
)
def test_what_may_not_go(environment: str, type_: str, protect: bool, found: list[str]) -> None:
    assert [known.rule.id for known in objections(deleted(type_, protect=protect), environment)] == found


def test_protection_is_what_there_is_now_not_what_is_declared() -> None:
    taken_off = difference(
        [one(KEY_RING, protect=True, name="a", location="x")], [one(KEY_RING, protect=False, name="b", location="x")]
    )
    assert [change.protected for change in taken_off] == [True]


# -- Markdown


def test_values_are_cut_to_where_they_differ() -> None:
    assert short("abc", "abd") == ("abc", "abd")
    old, new = short("x" * 500 + "1" + "y" * 500, "x" * 500 + "2" + "y" * 500)
    assert (old[:52], new[:52]) == ("…" + "x" * 50 + "1", "…" + "x" * 50 + "2")
    assert len(old) == 102


def test_changes_that_are_alike_are_told_at_once_and_text_line_by_line() -> None:
    def files(text: str) -> Inventory:
        return [one(CONFIG, name, metadata={"name": name}, data={"a.conf": text}) for name in ("first", "second")]

    provider = one("pulumi:providers:kubernetes", "p", enableConfigMapMutable="true")
    before, after = (
        [provider, *({**each, "provider": "urn::p::id"} for each in files(text))] for text in ("a\nb ``` c\nd", "a\nB\nd\ne")
    )
    grouped = "\n".join(details([replace(change, component="files") for change in difference(before, after)]))
    assert "@@ ~ ConfigMap updated: first, second @@\n  data[\"a.conf\"]:\n-   b ''' c\n+   B\n+   e\n```" in grouped


def test_a_comment_fits_and_says_what_is_left_out() -> None:
    whole = comment(review())
    fitted = comment(review(), len(whole) - 1)
    assert len(fitted) < len(whole)
    assert fitted.endswith("More differences than a comment can hold: `make review ENV=prod` without --fit shows all.")
    assert "### Cost: " in fitted
    assert comment(review(), len(whole) + 200) == whole


# -- the command


@pytest.mark.parametrize(
    ("gone", "code", "said"), [(False, 0, "## dev: nothing changes"), (True, 3, "### 🛑 1 replaced or deleted")]
)
def test_the_command_says_by_its_exit_code_whether_policies_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], gone: bool, code: int, said: str
) -> None:
    before = entries(recorded("dev"))
    if gone:  # a protected store was there before that nobody declares now
        before = [*before, one("gcp:memorystore/instance:Instance", "gone", protect=True, instanceId="gone")]
        before[-1]["parent"] = next(entry["urn"] for entry in before if entry["type"] == PLATFORM["type"])
    asked: list[tuple[str, str]] = []

    def there(revision: str, environment: str) -> Inventory:
        asked.append((revision, environment))
        return before

    monkeypatch.setattr(command, "inventory_at", there)
    monkeypatch.setattr(command, "recorded", recorded)
    monkeypatch.setattr("sys.argv", ["review", "--env", "dev", "--against", "v1"])
    assert command.main() == code
    assert said in capsys.readouterr().out
    assert asked == [("v1", "dev")]


def test_the_command_names_what_it_cannot_compare_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "recorded", recorded)
    monkeypatch.setattr("sys.argv", ["review", "--env", "dev", "--against", "no-such-branch"])
    assert command.main() == 1
    told = capsys.readouterr()
    assert (told.out, told.err) == (
        "",
        "AGAINST is no-such-branch, which is no revision of this repository: give a branch, a tag or a commit\n",
    )
