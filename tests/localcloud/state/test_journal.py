"""What entries of a journal make of a state, where the engine cannot be brought to send them in tests of the whole."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.state.journal import JournalError, replayed
from localcloud.state.references import without_aliases, without_dangling

BEGIN, SUCCESS, FAILURE, REFRESHED, OUTPUTS, WRITE, SECRETS, REBUILT, EXTENSION, SNIPPETS = range(10)


def urn(name: str, kind: str = "a:b:C") -> str:
    return f"urn:pulumi:dev::alphintra::{kind}::{name}"


def resource(name: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn(name), "type": "a:b:C", "custom": True, **more}


class Journal:
    """Entries in their order."""

    def __init__(self, *base: dict[str, Any], **more: Any) -> None:
        self.base = {"resources": list(base), **more}
        self.entries: list[dict[str, Any]] = []

    def add(self, kind: int, of: int = 0, **more: Any) -> Journal:
        sequence = len(self.entries) + 1
        self.entries.append({"version": 1, "kind": kind, "sequenceID": sequence, "operationID": of, **more})
        return self

    def state(self) -> dict[str, Any]:
        return replayed(self.base, self.entries[::-1], "v3.256.0")[0]

    def features(self) -> list[str]:
        return replayed(self.base, self.entries, "v3.256.0")[1]

    def names(self) -> list[str]:
        return [one["urn"].rpartition("::")[2] for one in self.state().get("resources", [])]


def test_what_began_and_has_not_ended_is_pending() -> None:
    creating = {"type": "creating", "resource": resource("new")}
    journal = Journal().add(BEGIN, 1, operation=creating)
    assert journal.state()["pending_operations"] == [creating]
    assert "pending_operations" not in journal.add(FAILURE, 1).state()


def test_what_nobody_has_looked_for_stays_pending_if_it_is_a_creation() -> None:
    creating, deleting = ({"type": verb, "resource": resource("x")} for verb in ("creating", "deleting"))
    assert Journal(pending_operations=[creating, deleting]).state()["pending_operations"] == [creating]


def test_what_is_new_comes_first_and_what_is_old_stays() -> None:
    journal = Journal(resource("old"), resource("gone"))
    journal.add(SUCCESS, 1, state=resource("new")).add(SUCCESS, 2, removeOld=1)
    assert journal.names() == ["new", "old"]


def test_something_new_goes_again() -> None:
    journal = Journal().add(SUCCESS, 1, state=resource("a")).add(SUCCESS, 2, state=resource("b")).add(SUCCESS, 3, removeNew=1)
    assert journal.names() == ["b"]


@pytest.mark.parametrize(("name", "mark"), [("delete", "delete"), ("pendingReplacement", "pendingReplacement")])
def test_marks_of_a_replacement(name: str, mark: str) -> None:
    base = resource("old")
    journal = Journal(base).add(SUCCESS, 1, state=resource("new")).add(SUCCESS, 2, **{f"{name}Old": 0, f"{name}New": 1})
    assert [one[mark] for one in journal.state()["resources"]] == [True, True]
    assert mark not in base, "what the engine began with is as it was"


def test_outputs_take_the_place_of_what_they_belong_to() -> None:
    journal = Journal(resource("old")).add(SUCCESS, 1, state=resource("new"))
    journal.add(OUTPUTS, 2, removeOld=0, state=resource("old", outputs={"x": 1}))
    journal.add(OUTPUTS, 3, removeNew=1, state=resource("new", outputs={"x": 2}))
    assert [one["outputs"]["x"] for one in journal.state()["resources"]] == [2, 1]


def test_a_refresh_that_finds_nothing_takes_back_what_referred_to_it() -> None:
    gone, reader = resource("gone"), resource("reader", dependencies=[urn("gone")], deletedWith=urn("gone"))
    found = Journal(gone, reader).add(REFRESHED, 1, removeOld=0).state()["resources"]
    assert [(one["urn"], one["dependencies"], one["deletedWith"]) for one in found] == [(urn("reader"), [], "")]


def test_after_a_rebuild_places_are_counted_anew() -> None:
    journal = Journal(resource("gone"), resource("second")).add(REFRESHED, 1, removeOld=0).add(REBUILT)
    assert journal.add(SUCCESS, 2, removeOld=0).names() == []


def test_another_base_and_another_manager_of_secrets() -> None:
    journal = Journal(resource("old")).add(WRITE, newSnapshot={"resources": [resource("other")]})
    assert journal.names() == ["other"]
    manager = {"type": "passphrase", "state": {"salt": "x"}}
    assert journal.add(SECRETS, secretsProvider=manager).state()["secrets_providers"] == manager


def test_extensions_and_snippets_are_kept() -> None:
    journal = Journal(extensions={"a": 1}).add(EXTENSION, extensionRef="b", extension=2).add(SNIPPETS, snippets=[{"uuid": "x"}])
    assert journal.state()["extensions"] == {"a": 1, "b": 2}
    assert journal.state()["snippets"] == [{"uuid": "x"}]
    assert journal.features() == ["snippets-prototype"]


def test_a_state_says_what_it_takes_to_read_it() -> None:
    hooked = {"type": "creating", "resource": resource("x", resourceHooks={"before": ["y"]})}
    journal = Journal(resource("a", taint=True)).add(BEGIN, 1, operation=hooked, requiresByteString=True)
    assert journal.features() == ["byteString", "hooks", "taint"]
    assert Journal(resource("a")).features() == []


@pytest.mark.parametrize("entry", [{"kind": 10}, {"kind": -1}, {"version": 2}])
def test_entries_of_another_time_are_refused(entry: dict[str, int]) -> None:
    journal = Journal().add(BEGIN)
    journal.entries[0].update(entry)
    with pytest.raises(JournalError, match="there is no entry of version"):
        journal.state()


def test_parents_that_are_gone_are_replaced_by_theirs() -> None:
    stack = {"urn": urn("dev", "pulumi:pulumi:Stack")}
    resources: list[dict[str, Any]] = [stack, resource("child", parent=urn("gone")), resource("grandchild", parent=urn("child"))]
    without_dangling(resources)
    assert [one.get("parent") for one in resources] == [None, "", urn("child")]


def test_who_is_called_otherwise_now_is_called_so_by_all() -> None:
    resources = [
        {"urn": urn("new", "x:y:Group"), "aliases": [urn("old", "x:y:Group")]},
        {
            "urn": urn("inner", "x:y:Group$a:b:C"),
            "parent": urn("old", "x:y:Group"),
            "provider": f"{urn('old', 'x:y:Group')}::id",
            "dependencies": [urn("old", "x:y:Group")],
            "propertyDependencies": {"x": [urn("old", "x:y:Group")]},
            "deletedWith": urn("old", "x:y:Group"),
        },
    ]
    without_aliases(resources)
    new = urn("new", "x:y:Group")
    assert resources == [
        {"urn": new},
        {
            "urn": urn("inner", "x:y:Group$a:b:C"),
            "parent": new,
            "provider": f"{new}::id",
            "dependencies": [new],
            "propertyDependencies": {"x": [new]},
            "deletedWith": new,
        },
    ]


def test_the_type_of_a_parent_is_part_of_a_name() -> None:
    resources = [
        {"urn": urn("group", "x:y:Group2"), "aliases": [urn("group", "x:y:Group1")]},
        {"urn": urn("inner", "x:y:Group1$a:b:C"), "parent": urn("group", "x:y:Group1")},
        {"urn": urn("reader"), "dependencies": [urn("inner", "x:y:Group1$a:b:C")]},
    ]
    without_aliases(resources)
    assert resources[1]["urn"] == urn("inner", "x:y:Group2$a:b:C")
    assert resources[2]["dependencies"] == [resources[1]["urn"]]
