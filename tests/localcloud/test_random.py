"""The random provider."""

from __future__ import annotations

import re

import bcrypt
import pytest

from localcloud.errors import LocalCloudError
from localcloud.plugin import State
from localcloud.random.provider import RandomProvider, make_password
from localcloud.values import UNKNOWN

PASSWORD = "random:index/randomPassword:RandomPassword"
ID = "random:index/randomId:RandomId"
provider = RandomProvider()


def test_a_password_has_its_length_and_what_it_must_hold() -> None:
    inputs = {"length": 12, "special": True, "overrideSpecial": "-_", "minSpecial": 3, "minNumeric": 4, "minUpper": 2}
    for _ in range(50):
        made = provider.create(PASSWORD, "urn", inputs, 0).outputs["result"]
        assert re.fullmatch(r"[A-Za-z0-9_-]{12}", made)
        assert len(re.findall(r"[-_]", made)) >= 3
        assert len(re.findall(r"\d", made)) >= 4
        assert len(re.findall(r"[A-Z]", made)) >= 2


def test_passwords_differ_and_match_their_hash() -> None:
    states = [provider.create(PASSWORD, "urn", {"length": 24}, 0) for _ in range(3)]
    assert len({state.outputs["result"] for state in states}) == 3
    first = states[0].outputs
    assert bcrypt.checkpw(first["result"].encode(), first["bcryptHash"].encode())


@pytest.mark.parametrize(
    ("inputs", "path", "reason"),
    [
        ({}, "length", "is required"),
        ({"length": 0}, "length", "range"),
        ({"length": 4, "minLower": 3, "minUpper": 3}, "length", r"sum of the minimums \(6\)"),
        ({"length": 4, "lenght": 4}, "lenght", "not expected"),
    ],
)
def test_refuses(inputs: dict[str, int], path: str, reason: str) -> None:
    _, failures = provider.check(PASSWORD, "p", inputs, {}, b"")
    assert failures[0].path == path
    assert re.search(reason, failures[0].reason)


def test_a_password_of_no_characters_is_refused() -> None:
    with pytest.raises(LocalCloudError, match="at least one class"):
        make_password(
            {
                "length": 4,
                **dict.fromkeys(("lower", "upper", "numeric", "special"), False),
                **{f"min{n}": 0 for n in ("Lower", "Upper", "Numeric", "Special")},
            }
        )


def test_every_change_makes_a_new_value() -> None:
    old = State("none", {"length": 20, "keepers": {"version": "1"}}, {})
    difference = provider.diff(PASSWORD, old, {"length": 20, "keepers": {"version": "2"}}, [])
    assert all(change.replaces for change in difference.changes.values())
    assert difference.changes
    assert provider.planned(PASSWORD, {"length": 20}, {})["result"] is UNKNOWN


def test_an_id_in_all_its_spellings() -> None:
    state = provider.create(ID, "urn", {"byteLength": 4, "prefix": "db-"}, 0)
    number = int(state.outputs["dec"].removeprefix("db-"))
    assert state.outputs["hex"] == f"db-{number:08x}"
    assert provider.read(ID, state) == state


def test_other_types_are_named() -> None:
    with pytest.raises(LocalCloudError, match="does not know the resource type random:index/randomPet:RandomPet"):
        provider.check("random:index/randomPet:RandomPet", "p", {}, {}, b"")
