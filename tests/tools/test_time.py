"""How long an `up` takes: the schedule, what is known of it, what makes it longer, and the chart."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from localcloud.catalog import create_seconds
from tools.homes import PLATFORM
from tools.inventory import inventory
from tools.recorder import ROOT
from tools.time import known
from tools.time.gantt import LABELS, LETTER, MARGIN, WIDTH, gantt
from tools.time.schedule import avoidable, schedule
from tools.time.text import lines

from ..environments import ENVIRONMENTS

SVG = "{http://www.w3.org/2000/svg}"
DATABASE = "gcp:sql/databaseInstance:DatabaseInstance"
SECONDS = {"short": 10.0, "long": 100.0, "alphintra:data:X": 0.0, PLATFORM: 0.0}


def entry(
    name: str, type_: str, *needs: str, carried: tuple[str, ...] = (), parent: str = "", provider: str = ""
) -> dict[str, Any]:
    dependencies = {"value": list(carried)} if carried else {}
    return {
        "urn": name,
        "name": name,
        "type": type_,
        "parent": parent,
        "provider": provider,
        "custom": ":" not in type_,
        "dependencies": [*needs, *carried],
        "propertyDependencies": dependencies,
    }


def test_everything_begins_once_what_it_waits_for_is_there() -> None:
    found = schedule(
        [
            entry("child", "short", parent="component"),
            entry("component", "alphintra:data:X", "b"),
            entry("b", "long", carried=("a",)),
            entry("a", "short", provider="p::id"),
            entry("p", "short"),
            entry("aside", "long"),
        ],
        duration=SECONDS.__getitem__,
    )
    assert {bar.urn: (bar.begins, bar.ends) for bar in found.bars.values()} == {
        "p": (0, 10),
        "a": (10, 20),
        "b": (20, 120),
        "component": (120, 120),
        "child": (120, 130),
        "aside": (0, 100),
    }
    assert found.seconds == 130
    assert [bar.urn for bar in found.path] == ["p", "a", "b", "component", "child"]
    assert schedule([]).seconds == 0


def test_a_dependency_that_carries_nothing_is_told_with_what_it_costs() -> None:
    program = [
        entry("a", "long"),
        entry("b", "long", "a"),  # said alone
        entry("c", "short", carried=("b",)),  # a value
        entry("d", "long"),
        entry("e", "short", "d"),
    ]
    [found] = avoidable(program, SECONDS.__getitem__)
    assert (found.edge, found.saves) == (("b", "a"), 100.0)
    assert avoidable([entry("a", "long"), entry("b", "long", carried=("a",))], SECONDS.__getitem__) == []


def test_what_is_published_has_a_source_and_holds_the_clocks_seconds() -> None:
    published = [one for one in known.table() if one.how == "published"]
    assert {DATABASE, "gcp:container/cluster:Cluster"} <= {type_ for one in published for type_ in one.types}
    for one in published:
        assert one.source.startswith("https://")
        assert one.day
        assert one.day <= datetime.now(tz=UTC).date()
        for type_ in one.types:
            assert one.low <= create_seconds(type_) <= one.high, type_
    assert all(one.because for one in known.table() if one.how != "published")
    named = [type_ for one in known.table() for type_ in one.types]
    assert len(named) == len(set(named))


def test_what_nobody_knows_is_named_and_never_passed_over() -> None:
    assert known.of("gcp:spanner/instance:Instance").how == "unknown"
    assert known.unknown(["gcp:spanner/instance:Instance", DATABASE, "random:index/randomPassword:RandomPassword"]) == [
        "gcp:spanner/instance:Instance"
    ]
    told = list(lines([entry("a", "gcp"), entry("b", "gcp")], "dev"))
    assert told[-2:] == ["Not known, and counted as nothing:", "     2  gcp"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_program_waits_for_nothing_that_google_does_not_force(environment: str) -> None:
    forced = {
        # No value says it: the account's role must hold before the cluster, its nodes before the pods, the pods before what asks them,
        # and the schema before the programs that read it.
        "cluster-us-central1-cluster",
        "timeseries-us-central1-settle",
        "migrations-timeseries-us-central1",
        "cache-warmer-us-central1-deployment",
    }
    costly = {known.edge[0].rpartition("::")[2] for known in avoidable(inventory(environment)) if known.saves > 5}
    assert {name for name in costly if not name.startswith(tuple(forced))} <= {"timeseries-us-central1"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_chart_shows_the_chain_and_no_text_runs_out_of_its_place(environment: str) -> None:
    declared = inventory(environment)
    drawn = ET.fromstring(gantt(declared, environment))  # noqa: S314 - our own
    chain = [rect for rect in drawn.findall(f"{SVG}rect") if rect.attrib["class"] == "chain"][1:]
    assert len(chain) == len([bar for bar in schedule(declared).path if bar.seconds])
    for rect in drawn.findall(f"{SVG}rect"):
        assert float(rect.attrib["x"]) + float(rect.attrib["width"]) <= WIDTH
        assert float(rect.attrib["y"]) + float(rect.attrib["height"]) <= float(drawn.attrib["height"])
    names = [text.text or "" for text in drawn.findall(f"{SVG}text") if text.attrib.get("class") == "name"]
    assert names
    assert all(len(text) * LETTER <= LABELS + MARGIN for text in names)
    light, _, dark = (drawn.findtext(f"{SVG}style") or "").partition("@media (prefers-color-scheme:dark)")
    for name in ("text", ".small", ".grid", ".bar", ".chain"):
        assert re.search(rf"{re.escape(name)}[{{,]", light), name
        assert re.search(rf"{re.escape(name)}[{{,]", dark), name


def test_the_command_says_what_is_wrong_with_an_environment() -> None:
    command = [sys.executable, "-m", "tools.time", "--env", "nowhere"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Pulumi.nowhere.yaml does not exist\n"
