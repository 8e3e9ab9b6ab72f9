"""Shapes: what they refuse, what they take for equal, what they replace."""

from __future__ import annotations

import re
from typing import Any

import pytest

from localcloud.gcp.catalog import types
from localcloud.shape import Change, Kind, Shape
from localcloud.values import UNKNOWN
from tools.shapes import nested_arguments, reconcile, sdk_arguments

SHAPE = Shape(
    "test:index:Thing",
    {
        "name": {"type": "string", "required": True, "forceNew": True, "pattern": "^[a-z]+$"},
        "size": {"type": "int", "optional": True, "range": [1, 10]},
        "kind": {"type": "string", "optional": True, "default": "SMALL", "allowed": ["SMALL", "LARGE", ""]},
        "on": {"type": "bool", "optional": True, "computed": True},
        "off": {"type": "bool", "optional": True},
        "tags": {"type": "set<string>", "optional": True, "maxItems": 3},
        "labels": {"type": "map<string>", "optional": True},
        "blocks": {
            "type": "set",
            "optional": True,
            "properties": {"a": {"type": "string", "required": True}, "b": {"type": "int", "optional": True}},
        },
        "settings": {
            "type": "list",
            "maxItems": 1,
            "optional": True,
            "properties": {
                "tier": {"type": "string", "required": True},
                "disk": {"type": "int", "optional": True, "forceNew": True},
            },
        },
        "left": {"type": "string", "optional": True, "conflictsWith": ["right"]},
        "right": {"type": "string", "optional": True},
        "either": {"type": "string", "optional": True, "exactlyOneOf": ["either", "or"]},
        "or": {"type": "string", "optional": True, "exactlyOneOf": ["either", "or"]},
        "passwordWo": {"type": "string", "optional": True},
        "passwordWoVersion": {"type": "int", "optional": True},
        "etag": {"type": "string", "computed": True},
    },
)
GOOD: dict[str, Any] = {"name": "abc", "either": "x"}


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"nmae": "x"}, "nmae", "is not expected here"),
    ({"etag": "x"}, "etag", "is set by the cloud"),
    ({"name": None}, "name", "is required"),
    ({"name": "ABC"}, "name", "does not match regex"),
    ({"size": "5"}, "size", "expected a value of type int"),
    ({"size": True}, "size", "expected a value of type int"),
    ({"size": 11}, "size", r"to be in the range \(1 - 10\)"),
    ({"kind": "MEDIUM"}, "kind", r'to be one of \["SMALL" "LARGE"\], got MEDIUM'),
    ({"tags": ["a", "b", "c", "d"]}, "tags", "at most 3"),
    ({"tags": "a"}, "tags", "expected a value of type set"),
    ({"tags": [{}]}, "tags[0]", "expected a value of type string"),
    ({"labels": {"a": []}}, "labels.a", "expected a value of type string"),
    ({"blocks": [{"b": 1}]}, "blocks[0].a", "is required"),
    ({"settings": {"teir": "x", "tier": "y"}}, "settings.teir", "is not expected here"),
    ({"settings": []}, "settings", "expected a value of type object"),
    ({"left": "a", "right": "b"}, "left", "conflicts with right"),
    ({"or": "y"}, "either", "exactly one of"),
    ({"either": None}, "either", "exactly one of"),
]


@pytest.mark.parametrize(("extra", "path", "reason"), REFUSED)
def test_refuses(extra: dict[str, Any], path: str, reason: str) -> None:
    failures = SHAPE.check({**GOOD, **extra})
    assert [failure.path for failure in failures] == [path]
    assert re.search(reason, failures[0].reason)


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"size": 10, "kind": "LARGE", "tags": ["b", "a"], "labels": {"a": "b"}, "settings": {"tier": "x"}},
        {"name": UNKNOWN, "settings": UNKNOWN, "tags": [UNKNOWN], "size": UNKNOWN},
        {"either": UNKNOWN},
        {"labels": {"n": 1}},
    ],
)
def test_accepts(extra: dict[str, Any]) -> None:
    assert SHAPE.check({**GOOD, **extra}) == []


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({}, {}, {}),
        ({"kind": "SMALL"}, {}, {}),
        ({"off": False}, {}, {}),
        ({"on": True}, {}, {}),
        ({"on": True}, {"on": False}, {"on": Change(Kind.UPDATE, replaces=False)}),
        ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}, {}),
        ({"tags": ["a"]}, {"tags": ["b"]}, {"tags": Change(Kind.UPDATE, replaces=False)}),
        ({"blocks": [{"a": "1"}, {"a": "2"}]}, {"blocks": [{"a": "2"}, {"a": "1"}]}, {}),
        ({"blocks": [{"a": "1"}]}, {"blocks": [{"a": "1"}, {"a": "2"}]}, {"blocks[1]": Change(Kind.ADD, replaces=False)}),
        ({"settings": {"tier": "a"}}, {"settings": {"tier": "b"}}, {"settings.tier": Change(Kind.UPDATE, replaces=False)}),
        (
            {"settings": {"tier": "a", "disk": 1}},
            {"settings": {"tier": "a", "disk": 2}},
            {"settings.disk": Change(Kind.UPDATE, replaces=True)},
        ),
        ({"settings": {"tier": "a"}}, {}, {"settings": Change(Kind.DELETE, replaces=False)}),
        ({"name": "a"}, {"name": "b"}, {"name": Change(Kind.UPDATE, replaces=True)}),
        ({"name": "a"}, {"name": UNKNOWN}, {"name": Change(Kind.UPDATE, replaces=True)}),
        ({"passwordWo": "a"}, {"passwordWo": "b"}, {}),
        (
            {"passwordWo": "a", "passwordWoVersion": 1},
            {"passwordWo": "b", "passwordWoVersion": 2},
            {"passwordWoVersion": Change(Kind.UPDATE, replaces=False)},
        ),
        ({"labels": {"a": "1"}}, {"labels": {"a": "1", "b": "2"}}, {"labels": Change(Kind.UPDATE, replaces=False)}),
    ],
)
def test_differences(old: dict[str, Any], new: dict[str, Any], changes: dict[str, Change]) -> None:
    assert SHAPE.diff(old, new) == changes


def test_ignored_changes_are_left_out_at_their_depth() -> None:
    old, new = {"settings": {"tier": "a", "disk": 1}}, {"settings": {"tier": "b", "disk": 2}}
    assert list(SHAPE.diff(old, new, ["settings.disk"])) == ["settings.tier"]
    assert SHAPE.diff(old, new, ["settings"]) == {}


@pytest.mark.parametrize("token", sorted(types()))
def test_shapes_know_what_the_sdk_knows(token: str) -> None:
    """Programs are written against the SDK: every argument it has is in the shape, with the same type."""
    missing: list[str] = []

    def compare(properties: Any, arguments: type, path: str) -> None:
        expected: dict[str, Any] = {}
        reconcile(expected, arguments)
        nested = nested_arguments(arguments)
        for name, wanted in expected.items():
            known = properties.get(name)
            if known is None:
                missing.append(f"{path}{name}")
            elif known.properties and name in nested:
                compare(known.properties, nested[name], f"{path}{name}.")
            elif wanted["type"] in ("string", "int", "bool", "float") and known.kind != wanted["type"]:
                missing.append(f"{path}{name}: {known.kind}, the SDK says {wanted['type']}")

    compare(types()[token].shape.properties, sdk_arguments(token), "")
    assert not missing
