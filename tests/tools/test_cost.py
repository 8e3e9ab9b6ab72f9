"""What an environment costs: the arithmetic, and that nothing is left out in silence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from localcloud.gcp.catalog import types as types_of_google
from tools.cost.bill import Bill, bill, changes, standing_of
from tools.cost.chart import HEAD, LABELS, LETTER, MARGIN, NAMED, REST, ROW, WIDTH, chart, rows_of
from tools.cost.declared import Declared
from tools.cost.formats import as_json, as_text
from tools.cost.table import HERE, Price, Table, TableError, read, table
from tools.cost.uses import CATEGORIES, CHARGES, RULE
from tools.inventory import entries

from ..environments import ENVIRONMENTS, recorded

Inventory = list[dict[str, Any]]
EVERY_TYPE = sorted(
    {known.type for environment in ENVIRONMENTS for known in recorded(environment).registrations if known.custom}
    | {*types_of_google()}
)


def inventory(environment: str = "prod", over: Mapping[str, Any] | None = None) -> Inventory:
    return entries(recorded(environment, over))


@cache
def now(environment: str = "prod") -> Bill:
    return bill(inventory(environment), table())


def with_price(name: str, amount: str | None) -> Table:
    """The table with another amount for a price, or without it."""
    prices = {key: price for key, price in table().prices.items() if key != name}
    changed = {} if amount is None else {name: table().prices[name].model_copy(update={"amount": Decimal(amount)})}
    return table().model_copy(update={"prices": {**prices, **changed}})


def declared(type_: str, name: str = "one", provider: str = "", **inputs: Any) -> dict[str, Any]:
    """A resource of an inventory."""
    return {"urn": f"urn::{type_}::{name}", "type": type_, "name": name, "parent": "", "custom": True, "protect": False,
            "provider": provider, "dependencies": [], "inputs": inputs}  # fmt: skip


def quantities(inventory: Inventory) -> dict[str, Decimal]:
    """What is used of each price."""
    found: dict[str, Decimal] = {}
    for line in bill(inventory, table()).lines:
        found[line.price] = found.get(line.price, Decimal(0)) + line.quantity
    return found


# By hand, from the requirements' sizes and the prices of the table: 730 hours, each product to the cent.
MAIN_DB = ["241.19", "163.52", "348.16", "81.92", "120.60", "81.76", "174.08"]
"""4 vCPU at 0.0826, 16 GiB at 0.014, 1024 GiB at 0.34, as much of backups at 0.08; the replica at half of the first three."""
SERIES = ["870.40", "43.52"] * 3
"""Three members with 5120 and 256 GiB of SSD at 0.17."""
SECOND_CLUSTER = ["73.00", "425.38", "30.00", "484.60", "272.80", "20.00"]
"""The fee at 0.10 an hour; 3 machines of 4 vCPU at 0.048559 with disks of 100 GiB at 0.10; 2 of 10 vCPU at 0.03319155 and 42 GiB at
0.00444885, with the same disks."""


@pytest.mark.parametrize(
    ("component", "lines"), [("main-db", MAIN_DB), ("timeseries-us-central1", SERIES), ("cluster-us-east1", SECOND_CLUSTER)]
)
def test_three_components_by_hand_to_the_cent(component: str, lines: list[str]) -> None:
    found = sorted(line.month for line in now().lines if line.component == component)
    assert found == sorted(Decimal(amount) for amount in lines)
    assert now().by_component()[component] == sum(map(Decimal, lines))


def test_a_price_that_moves_moves_the_total() -> None:
    dearer = bill(inventory(), with_price("sql-regional-vcpu", "0.0926"))
    assert dearer.total - now().total == Decimal("29.20")  # 4 vCPU, 730 hours, a cent more
    [change] = changes(now(), dearer)
    assert (change.component, change.difference) == ("main-db", Decimal("29.20"))


def test_what_loses_its_price_is_named_and_not_zero() -> None:
    without = bill(inventory(), with_price("sql-regional-vcpu", None))
    assert now().total - without.total == Decimal("241.19")
    [found] = without.not_priced.keys() - now().not_priced.keys()
    assert (found.component, found.what) == ("main-db", "4 of sql-regional-vcpu in us-central1")
    assert found.what in as_text("prod", without, table())


def test_a_price_holds_in_its_regions_only() -> None:
    nodes: dict[str, Any] = {"nodeType": "REDIS_STANDARD_SMALL", "shardCount": 3, "replicaCount": 1}
    here, there = (
        bill([declared("gcp:redis/cluster:Cluster", region=where, **nodes)], table()) for where in ("us-central1", "us-east1")
    )
    assert here.total == Decimal("624.15")  # 6 nodes at 0.1425
    assert (there.total, [known.what for known in there.not_priced]) == (0, ["6 of redis-standard-small in us-east1"])


@pytest.mark.parametrize(
    ("type_", "config", "role"),
    [
        ("gcp:redis/cluster:Cluster", "crossClusterReplicationConfig", "clusterRole"),
        ("gcp:memorystore/instance:Instance", "crossInstanceReplicationConfig", "instanceRole"),
    ],
)
def test_a_store_that_follows_another_is_a_replica(type_: str, config: str, role: str) -> None:
    follows: dict[str, Any] = {config: {role: "SECONDARY"}}
    for says, category in (follows, "replicas"), ({}, "compute"):
        whole = Declared([declared(type_, nodeType="STANDARD_SMALL", **says)])
        assert next(iter(CHARGES[type_](whole.resources[0], whole, table().assumptions))).category == category


@pytest.mark.parametrize("type_", EVERY_TYPE)
def test_every_type_is_billed_free_by_use_or_named_not_priced(type_: str) -> None:
    named = standing_of(type_, table())
    assert type_ in CHARGES or "nobody has looked" not in named[1]


def test_a_type_nobody_has_looked_at_is_said() -> None:
    [(found, count)] = bill([declared("gcp:spanner/instance:Instance")], table()).not_priced.items()
    assert (found.why, count) == ("nobody has looked at what gcp:spanner/instance:Instance costs", 1)


def test_nothing_in_the_table_is_about_no_type() -> None:
    for group in (table().free, table().by_use, table().not_priced):
        for pattern in group:
            alone = table().model_copy(update={"free": {pattern: group[pattern]}, "by_use": {}, "not_priced": {}})
            assert any(alone.standing(type_) for type_ in EVERY_TYPE), pattern


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_resource_is_somewhere_on_the_bill(environment: str) -> None:
    known = Declared(inventory(environment))
    uncharged = [entry for entry in inventory(environment) if entry["type"] not in CHARGES]
    found = bill(uncharged, table())
    assert sum(found.not_priced.values()) + sum(found.by_use.values()) + sum(found.free.values()) == sum(
        entry["custom"] for entry in uncharged
    )
    assumed = table().assumptions
    silent = [each for each in known.resources if each.type in CHARGES and not [*CHARGES[each.type](each, known, assumed)]]
    # The second forwarding rule is billed with the first; members' claims are declared; services ask for no load balancer.
    assert [each.name for each in silent if each.type == RULE] == ["static-assets-listen-https"]
    without_machines = (
        {"RouterNat"} if environment == "dev" else set[str]()
    )  # dev has a second region's network, and no cluster in it
    assert {each.type.rpartition(":")[2] for each in silent} == {
        "GlobalForwardingRule",
        "StatefulSet",
        "Service",
    } | without_machines


# -- quantities


def test_a_standby_doubles_and_other_editions_have_no_price_of_this_one() -> None:
    settings = {"tier": "db-custom-2-7680", "diskSize": 10, "diskType": "PD_SSD", "availabilityType": "ZONAL"}
    instance = "gcp:sql/databaseInstance:DatabaseInstance"
    assert quantities([declared(instance, region="us-east1", settings=settings)]) == {
        "sql-zonal-vcpu": 2, "sql-zonal-ram": Decimal("7.5"), "sql-zonal-ssd": 10,
    }  # fmt: skip
    regional = {**settings, "availabilityType": "REGIONAL"}
    assert "sql-regional-vcpu" in quantities([declared(instance, region="us-east1", settings=regional)])
    plus = declared(instance, region="us-east1", settings={**settings, "edition": "ENTERPRISE_PLUS"})
    assert bill([plus], table()).lines == []


def test_volumes_of_members_are_billed_once() -> None:
    spec = {"resources": {"requests": {"storage": "1Ti"}}, "storageClassName": "fast"}
    template = {"metadata": {"name": "data"}, "spec": spec}
    made = [
        declared("pulumi:providers:kubernetes", "there", clusterIdentifier="projects/p/locations/us-east1/clusters/c"),
        declared("kubernetes:storage.k8s.io/v1:StorageClass", metadata={"name": "fast"}, parameters={"type": "pd-ssd"}),
        declared(
            "kubernetes:apps/v1:StatefulSet", metadata={"name": "db"}, spec={"replicas": 3, "volumeClaimTemplates": [template]}
        ),
        declared("kubernetes:core/v1:PersistentVolumeClaim", metadata={"name": "data-db-0"}, spec=spec),
    ]
    inside = [{**entry, "provider": "urn::pulumi:providers:kubernetes::there::id"} for entry in made[1:]]
    assert quantities([made[0], *inside]) == {"pd-ssd": 3 * 1024}
    assert {line.region for line in bill([made[0], *inside], table()).lines} == {"us-east1"}


@pytest.mark.parametrize(("rules", "further"), [(1, 0), (5, 0), (7, 2)])
def test_five_forwarding_rules_cost_as_much_as_one(rules: int, further: int) -> None:
    made = [declared("gcp:compute/globalForwardingRule:GlobalForwardingRule", f"rule-{number}") for number in range(rules)]
    wanted = {"forwarding-rules-first": 1, **({"forwarding-rule-further": further} if further else {})}
    assert quantities(made) == wanted


@pytest.mark.parametrize(("nodes", "paid"), [(3, 9), (40, 32)])
def test_a_nat_gateway_costs_no_more_for_more_than_32_machines(nodes: int, paid: int) -> None:
    zones = ["a", "b", "c"] if nodes == 3 else ["a"]
    pool = declared("gcp:container/nodePool:NodePool", location="us-east1", nodeCount=nodes, nodeLocations=zones, nodeConfig={})
    elsewhere = declared("gcp:container/nodePool:NodePool", "other", location="us-central1", nodeCount=50, nodeConfig={})
    gateway = declared("gcp:compute/routerNat:RouterNat", region="us-east1")
    assert quantities([pool, elsewhere, gateway])["nat-machine"] == paid


def test_a_secret_version_is_billed_in_each_location() -> None:
    places = [{"location": "us-central1"}, {"location": "us-east1"}]
    secret = declared("gcp:secretmanager/secret:Secret", secretId="s", replication={"userManaged": {"replicas": places}})
    version = declared("gcp:secretmanager/secretVersion:SecretVersion", secret="projects/p/secrets/s")
    assert quantities([secret, version]) == {"secret-version": 2}


def test_spot_machines_are_not_priced_as_others() -> None:
    pool = declared(
        "gcp:container/nodePool:NodePool", location="us-east1", nodeConfig={"machineType": "e2-standard-4", "spot": True}
    )
    assert [known.what for known in bill([pool], table()).not_priced] == ["12 of spot-e2-standard in us-east1"]


# -- the table


def test_a_table_out_of_date_is_said() -> None:
    newest = max(source.date for source in table().sources.values())
    oldest = [source for source in table().sources.values() if source.date == date(2024, 7, 1)]
    assert not list(table().out_of_date(date(2024, 7, 1)))
    told = list(table().out_of_date(date(2025, 7, 2)))
    assert len(told) == len(oldest)
    assert told[0].endswith(oldest[0].title)
    assert len(list(table().out_of_date(newest.replace(year=newest.year + 2)))) == len(table().sources)


def test_every_source_is_used_and_every_price_can_be_asked_for() -> None:
    assert {price.source for price in table().prices.values()} == table().sources.keys()
    assert all(isinstance(price.amount, Decimal) for price in table().prices.values())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('amount = "0.0413"', 'amount = "-1"', "prices.sql-zonal-vcpu.amount: Input should be greater than 0"),
        ('source = "scheduler"', 'source = "hearsay"', "prices.scheduler-job.source is hearsay; sources are gcosts, "),
        ("date = 2026-08-20", 'date = "some day"', "sources.gcosts.date: Input should be a valid date"),
        ("[assumptions]", "[assumption]", "assumptions: Field required"),
        ('unit = "job month"', 'unit = "job"', "prices.scheduler-job.unit: String should match pattern"),
        ("[assumptions]", "[assumptions", "prices.toml: Expected ']'"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (HERE / "prices.toml").read_text()
    assert old in text
    (file := tmp_path / "prices.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(TableError) as refused:
        read(file, HERE / "types.toml")
    assert said in str(refused.value)
    assert "prices.toml" in str(refused.value)


# -- formats


def test_the_text_adds_up_and_tells_what_changes() -> None:
    smaller = bill(inventory(over={"database": {"tier": "db-custom-2-8192"}}), table())
    text = as_text("prod", now(), table(), smaller, "main")
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line and not line.startswith(" ")}
    assert rows["total"][-1] == f"{now().total:,}"
    assert rows["main-db"][1:7] == ["404.71", "348.16", "376.44", "81.92", "1,211.23", rows["main-db"][6]]
    # half of 4 vCPU and 16 GiB, of the primary and of the replica
    assert "Against main: +303.53 USD a month\n  main-db  907.70  →  1,211.23  +303.53" in text
    assert "nothing changes" in as_text("prod", now(), table(), now(), "main")


def test_json_has_every_line() -> None:
    told = json.loads(as_json("prod", now(), table()))
    assert sum(Decimal(line["month"]) for line in told["lines"]) == Decimal(told["month"]) == now().total
    assert sum(map(Decimal, told["components"].values())) == now().total
    [line] = [line for line in told["lines"] if line["price"] == "sql-regional-vcpu"]
    assert (line["quantity"], line["amount"], line["month"]) == ("4", "0.0826", "241.19")
    assert told["change"] is None
    assert any(known["what"].startswith("6 of redis-standard-large") for known in told["not_priced"])


def test_a_price_says_whether_it_is_by_the_hour() -> None:
    assert Price(sku="s", unit="vCPU hour", amount=Decimal(1), source="x").hourly
    assert not Price(sku="s", unit="GiB month", amount=Decimal(1), source="x").hourly


SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_chart_adds_up_to_the_bill_in_bars_as_long_as_they_cost(environment: str) -> None:
    known = now(environment)
    rows = rows_of(known)
    assert sum(amount for _, shares in rows for amount in shares.values()) == known.total
    assert [name for name, _ in rows[:NAMED]] == list(known.by_component())[:NAMED]
    assert (rows[-1][0] == REST) == (len(known.by_component()) > NAMED)
    drawn = ET.fromstring(chart(known, environment))  # noqa: S314 - our own
    bars = [rect for rect in drawn.findall(f"{SVG}rect") if rect.attrib["height"] == "20"]
    amounts = [float(amount) for _, shares in rows for amount in shares.values() if amount]
    longest = max(sum(map(float, shares.values())) for _, shares in rows)
    widths = [float(bar.attrib["width"]) for bar in bars]
    assert widths == pytest.approx([amount / longest * (WIDTH - 2 * MARGIN - LABELS - 110) for amount in amounts], abs=0.01)
    assert [bar.findtext(f"{SVG}title", "").rpartition(" ")[2] for bar in bars] == [f"{amount:,.2f}" for amount in amounts]
    assert float(drawn.attrib["height"]) == HEAD + ROW * len(rows) + MARGIN


def test_no_text_of_the_chart_runs_out_of_its_place_and_both_schemes_have_every_colour() -> None:
    drawn = ET.fromstring(chart(now(), "prod"))  # noqa: S314 - our own
    for text in drawn.findall(f"{SVG}text"):
        x, width = float(text.attrib["x"]), len(text.text or "") * LETTER
        assert (x - width if text.attrib.get("class") == "name" else WIDTH - x - width) >= 0, text.text
    light, _, dark = (drawn.findtext(f"{SVG}style") or "").partition("@media (prefers-color-scheme:dark)")
    for name in ("text", *(f".{each}" for each in CATEGORIES)):
        assert re.search(rf"{re.escape(name)}{{", light), name
        assert re.search(rf"{re.escape(name)}{{", dark), name
