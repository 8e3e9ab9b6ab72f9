"""The picture of an environment."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tools.homes import PLATFORM
from tools.inventory import inventory
from tools.picture import LETTER, cards_of, picture

from ..environments import ENVIRONMENTS

REGIONS = ("us-central1", "us-east1")
SVG = "{http://www.w3.org/2000/svg}"


def entry(name: str, type_: str, parent: str, *needs: str, **inputs: Any) -> dict[str, Any]:
    known = {"urn": name, "name": name, "type": type_, "parent": parent, "custom": not type_.startswith("alphintra:")}
    return {**known, "dependencies": list(needs), "inputs": inputs}


SQL = "gcp:sql/databaseInstance:DatabaseInstance"
INVENTORY = [
    entry("stack", "pulumi:pulumi:Stack", ""),
    entry("platform", PLATFORM, "stack"),
    entry("main-db", "alphintra:data:CloudSql", "platform"),
    entry("one", SQL, "main-db", region="us-central1", settings={"tier": "t", "diskSize": 5, "availabilityType": "REGIONAL"}),
    entry("two", SQL, "main-db", region="us-east1", settings={"tier": "t", "diskSize": 5}),
    entry("user", "gcp:sql/user:User", "main-db"),
    entry("pool-us-east1", "alphintra:data:PgBouncer", "platform"),
    entry("pool-us-east1-pods", "kubernetes:apps/v1:Deployment", "pool-us-east1", "two"),
    entry("pool-us-east1-password", "alphintra:security:MountedSecrets", "platform"),
    entry("pool-us-east1-class", "kubernetes:a/v1:SecretProviderClass", "pool-us-east1-password"),
    entry("secrets", "alphintra:security:Secrets", "platform"),
    entry("secret", "gcp:secretmanager/secret:Secret", "secrets", "one"),
]


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def test_cards_are_of_regions_and_say_what_stands_there() -> None:
    cards, flows = cards_of(INVENTORY, REGIONS)
    assert cards["main-db"].lines == {"us-central1": ["t · 5 GB · REGIONAL"], "us-east1": ["t · 5 GB · ?"]}
    assert cards["main-db"].replicated
    assert cards["pool"].lines == {"us-east1": ["1 Deployment, 1 SecretProviderClass"]}, "the password is the pooler's"
    assert cards["pool"].band == "clusters"
    assert cards["secrets"].lines == {"": ["1 Secret"]}
    assert flows == {("pool", "main-db")}, "what everything needs is no flow"


def test_arrows_lead_to_the_same_region_and_to_the_copy() -> None:
    drawn = parsed(picture(INVENTORY, REGIONS, "a & b"))
    arrows = [path.attrib["class"] for path in drawn.findall(f"{SVG}path")]
    assert arrows == ["copy", "flow", "flow", "copy"], "two of them are the legend"
    assert drawn.attrib["aria-label"] == "a & b"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_overlaps_and_no_text_runs_out_of_its_card(environment: str) -> None:
    found = inventory(environment)
    drawn = parsed(picture(found, REGIONS, environment))
    cards = [rect for rect in drawn.findall(f"{SVG}rect") if rect.attrib["class"] == "card"]
    boxes = [tuple(float(card.attrib[key]) for key in ("x", "y", "width", "height")) for card in cards]
    for number, (x, y, width, height) in enumerate(boxes):
        assert x >= 0
        assert x + width <= 1200
        for u, v, other_width, other_height in boxes[number + 1 :]:
            assert x + width <= u or u + other_width <= x or y + height <= v or v + other_height <= y
    for text in drawn.findall(f"{SVG}text"):
        if text.attrib.get("class") == "small":
            x, y = float(text.attrib["x"]), float(text.attrib["y"])
            (width,) = [box[2] for box in boxes if box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]]
            assert len(text.text or "") * LETTER <= width
    titles = {text.text for text in drawn.findall(f"{SVG}text") if text.attrib.get("class") == "title"}
    assert {"main-db", "timeseries", "search", "redis-cluster", "redis-sessions", "storage", "secrets"} <= titles


def test_it_is_readable_in_the_dark() -> None:
    style = parsed(picture(INVENTORY, REGIONS, "x")).findtext(f"{SVG}style") or ""
    light, _, dark = style.partition("@media (prefers-color-scheme:dark)")
    for name in ("text", ".small", ".band", ".card", ".flow", ".copy"):
        assert re.search(rf"{re.escape(name)}[{{,]", light), name
        assert re.search(rf"{re.escape(name)}[{{,]", dark), name
