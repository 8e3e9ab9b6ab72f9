"""Draws an environment as it is declared: which stores stand in which region, how large, what follows what. SVG, light and dark.

Rows are kinds of components, columns are regions; a card is a component, or those on the clusters that belong together. Arrows
lead from what needs a store to that store, and between the regions of a store that is replicated.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from string import Formatter
from typing import Any

from localcloud.values import at

from .homes import PLATFORM, Inventory, components

BANDS = {
    "edge": "At the edge",
    "clusters": "On the clusters",
    "data": "Run by Google",
    "platform": "Under all that",
    "security": "Who may do what",
    "observability": "Watched by",
}
"""The rows, by the middle of a component's type; data components of Kubernetes objects have a row of their own."""
FLOWS = ("edge", "clusters", "data")
"""The rows between which arrows are drawn: of the others, everything needs almost everything."""
FACTS: Mapping[str, str] = {
    "gcp:sql/databaseInstance:DatabaseInstance": "{settings.tier} · {settings.diskSize} GB · {settings.availabilityType}",
    "gcp:redis/cluster:Cluster": "{shardCount} shards · {replicaCount} replica each · {nodeType}",
    "gcp:memorystore/instance:Instance": "{engineVersion} · {replicaCount} replica · {nodeType}",
    "gcp:redis/instance:Instance": "{redisVersion} · {memorySizeGb} GB · {tier}",
    "gcp:container/cluster:Cluster": "release channel {releaseChannel.channel}",
    "gcp:compute/subnetwork:Subnetwork": "{ipCidrRange}",
    "kubernetes:apps/v1:StatefulSet": "{spec.replicas} members",
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": "{spec.minReplicas} to {spec.maxReplicas} poolers",
    "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch": "version {spec.version}",
}
"""What is said of a resource, from its properties. Of a card without any, kinds are counted."""
REPLICATED = frozenset(
    {
        "gcp:memorystore/instance:Instance",
        "gcp:redis/cluster:Cluster",
        "gcp:sql/databaseInstance:DatabaseInstance",
        "kubernetes:apps/v1:StatefulSet",
    }
)
"""Types whose resources in two regions of one card are a primary and what follows it."""
EVERYWHERE = ""
"""The column of what is in no region."""
MOST_KINDS = 2

WIDTH, MARGIN, GAP, LINE, HEAD = 1200, 16, 12, 16, 28
BETWEEN = 56
"""The room between regions, where one sees what is copied."""
ABREAST = 4
"""Cards in a line of those that are in no region; half as many in a region's."""
LETTER = 6.4
"""The width of a letter of the small text, about."""
STYLE = """
text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.small{font-size:11px;fill:#59636e}
.region{font-size:15px;font-weight:600}.band{fill:#f6f8fa}.band-title{fill:#59636e;font-weight:600}.card{fill:#fff;stroke:#d1d9e0}.flow{fill:none;stroke:#8c959f}
.copy{fill:none;stroke:#0969da;stroke-dasharray:5 3}.tip{fill:#8c959f}.tip2{fill:#0969da}
.edge{fill:#8250df}.clusters{fill:#0969da}.data{fill:#1a7f37}.platform{fill:#9a6700}.security{fill:#cf222e}.observability{fill:#bc4c00}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.small,.band-title{fill:#9198a1}.band{fill:#151b23}
.card{fill:#0d1117;stroke:#3d444d}.flow{stroke:#656c76}.copy{stroke:#4493f8}.tip{fill:#656c76}.tip2{fill:#4493f8}}
"""


@dataclass
class Card:
    """What stands together."""

    title: str
    band: str
    lines: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """What is said of it, by region."""
    replicated: bool = False


@dataclass(frozen=True)
class Box:
    """Where a card of a region stands, in pixels."""

    x: float
    y: float
    width: float
    height: float


def picture(inventory: Inventory, regions: Sequence[str], title: str) -> str:
    """The picture of what a program declares.

    Args:
        inventory: the resources, as `tools.inventory` has them.
        regions: the columns, the primary region first.
        title: what the picture is of.
    """
    cards, flows = cards_of(inventory, regions)
    width = (WIDTH - 2 * (MARGIN + GAP) - BETWEEN * (len(regions) - 1)) / len(regions)
    starts = {region: MARGIN + GAP + number * (width + BETWEEN) for number, region in enumerate(regions)}
    boxes: dict[tuple[str, str], Box] = {}
    bands: list[str] = []
    top = 64.0
    for band, label in BANDS.items():
        within = sorted((card for card in cards.values() if card.band == band), key=lambda card: (-len(card.lines), card.title))
        if not within:
            continue
        height = _place(within, starts, width, top + HEAD, boxes) - top
        bands.append(f'<rect class="band" x="{MARGIN}" y="{top:g}" width="{WIDTH - 2 * MARGIN}" height="{height:g}" rx="8"/>')
        bands.append(f'<text class="band-title" x="{MARGIN + GAP}" y="{top + 19:g}">{escape(label)}</text>')
        top += height + GAP
    heads = [f'<text class="region" x="{start:g}" y="50">{escape(region)}</text>' for region, start in starts.items()]
    drawn = [
        *(part for (title, region), box in boxes.items() for part in _card(cards[title], region, box)),
        *(part for card in cards.values() if card.replicated for part in _copies(card, regions, boxes)),
    ]
    size = f'width="{WIDTH}" height="{top + MARGIN:g}" viewBox="0 0 {WIDTH} {top + MARGIN:g}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">',
            f"<style>{STYLE}</style>",
            _tip("tip", "tip"),
            _tip("tip2", "tip2"),
            f'<text class="region" x="{MARGIN}" y="24">{escape(title)}</text>',
            f'<path class="copy" marker-end="url(#tip2)" d="M{WIDTH - 264} 20h36"/>',
            f'<text x="{WIDTH - 220}" y="24">is copied to</text>',
            f'<path class="flow" marker-end="url(#tip)" d="M{WIDTH - 128} 20h36"/>',
            f'<text x="{WIDTH - 84}" y="24">needs</text>',
            *heads,
            *bands,
            *_flows(flows, cards, regions, boxes),
            *drawn,
            "</svg>",
            "",
        ]
    )


def cards_of(inventory: Inventory, regions: Sequence[str]) -> tuple[dict[str, Card], set[tuple[str, str]]]:
    """The cards by title, and which needs which."""
    homes = components(inventory)
    types = {entry["name"]: entry["type"] for entry in inventory if not entry["custom"] and entry["type"] != PLATFORM}
    on_cluster = {homes[e["urn"]] for e in inventory if e["type"].startswith("kubernetes:") and e["urn"] in homes}
    titles = {home: _title(home, types[home], regions, home in on_cluster) for home in set(homes.values())}
    cards: dict[str, Card] = {}
    said: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    flows: set[tuple[str, str]] = set()
    for entry in inventory:
        home = homes.get(entry["urn"])
        if home is None or not entry["custom"]:
            continue
        title, band = titles[home]
        cards.setdefault(title, Card(title, band))
        said[title, _region(entry, regions)].append(entry)
        flows |= {(title, titles[homes[urn]][0]) for urn in entry["dependencies"] if urn in homes}
    for (title, region), entries in said.items():
        cards[title].lines[region] = list(_lines(entries))
    for title, card in cards.items():
        if len(card.lines) > 1:
            card.lines.pop(EVERYWHERE, None)
        kinds = [{e["type"] for e in said[title, region]} & REPLICATED for region in regions if region in card.lines]
        card.replicated = len(kinds) > 1 and bool(set[str].intersection(*kinds))
    between = {(a, b) for a, b in flows if a != b and {cards[a].band, cards[b].band} <= set(FLOWS)}
    return cards, between


# -- inside


def _title(home: str, type_: str, regions: Sequence[str], on_cluster: bool) -> tuple[str, str]:
    """The title and the row of the card that a component is part of."""
    name = home
    for region in regions:
        name = name.replace(f"-{region}", "")
    band = type_.split(":")[1]
    if on_cluster and band != "platform":
        return name.partition("-")[0], "clusters"  # the store, and what serves it
    return name, band


def _region(entry: Mapping[str, Any], regions: Sequence[str]) -> str:
    places = [str(entry["inputs"].get(key, "")).lower() for key in ("region", "location")]
    return next((region for region in regions if region in places or f"-{region}" in entry["name"]), EVERYWHERE)


def _lines(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is said of resources: facts where there are any, and else how many there are of the commonest kinds."""
    facts = [_fact(FACTS[entry["type"]], entry["inputs"]) for entry in entries if entry["type"] in FACTS]
    if facts:
        yield from dict.fromkeys(facts)
        return
    kinds = Counter(entry["type"].rsplit(":", 1)[-1] for entry in entries).most_common()
    named = [f"{count} {kind}" for kind, count in kinds[:MOST_KINDS]]
    rest = sum(count for _, count in kinds[MOST_KINDS:])
    yield ", ".join([*named, *([f"{rest} more"] if rest else [])])


def _fact(template: str, properties: Mapping[str, Any]) -> str:
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    known = {name: at(properties, name) for name in names}
    for name, value in known.items():
        template = template.replace(f"{{{name}}}", str(value if value is not None else "?"))
    return template


def _height(card: Card) -> float:
    return 28 + LINE * max(len(lines) for lines in card.lines.values())


def _place(
    cards: Sequence[Card], starts: Mapping[str, float], width: float, top: float, boxes: dict[tuple[str, str], Box]
) -> float:
    """Puts the cards of a row: those of several regions side by side, those of one in its column, the others below."""
    for card in (card for card in cards if len(card.lines) > 1):
        for region in card.lines:
            boxes[card.title, region] = Box(starts[region], top, width, _height(card))
        top += _height(card) + GAP
    alone = {region: [card for card in cards if list(card.lines) == [region]] for region in (*starts, EVERYWHERE)}
    top = max(_lay(alone[region], region, (start, top, width), ABREAST // 2, boxes) for region, start in starts.items())
    return _lay(alone[EVERYWHERE], EVERYWHERE, (MARGIN + GAP, top, WIDTH - 2 * (MARGIN + GAP)), ABREAST, boxes)


def _lay(
    cards: Sequence[Card], region: str, place: tuple[float, float, float], most: int, boxes: dict[tuple[str, str], Box]
) -> float:
    """Puts cards into lines of a place (its left edge, top and width); where they end."""
    start, top, width = place
    each = (width - GAP * (most - 1)) / most
    for line in (cards[first : first + most] for first in range(0, len(cards), most)):
        for number, card in enumerate(line):
            boxes[card.title, region] = Box(start + number * (each + GAP), top, each, _height(card))
        top += max(map(_height, line)) + GAP
    return top


def _card(card: Card, region: str, box: Box) -> Iterator[str]:
    yield f'<rect class="card" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="6"/>'
    yield f'<rect class="{card.band}" x="{box.x:g}" y="{box.y + 6:g}" width="3" height="{box.height - 12:g}"/>'
    yield f'<text class="title" x="{box.x + 10:g}" y="{box.y + 18:g}">{escape(card.title)}</text>'
    room = int((box.width - 20) / LETTER)
    for number, line in enumerate(card.lines[region]):
        shown = line if len(line) <= room else f"{line[: room - 1]}…"
        yield f'<text class="small" x="{box.x + 10:g}" y="{box.y + 34 + number * LINE:g}">{escape(shown)}</text>'


def _copies(card: Card, regions: Sequence[str], boxes: Mapping[tuple[str, str], Box]) -> Iterator[str]:
    for one, other in pairwise(region for region in regions if region in card.lines):
        a, b = boxes[card.title, one], boxes[card.title, other]
        y = a.y + a.height / 2
        yield f'<path class="copy" marker-end="url(#tip2)" d="M{a.x + a.width:g} {y:g}H{b.x - 2:g}"/>'


def _flows(
    flows: Iterable[tuple[str, str]], cards: Mapping[str, Card], regions: Sequence[str], boxes: Mapping[tuple[str, str], Box]
) -> Iterator[str]:
    for source, target in sorted(flows):
        for region in cards[source].lines:
            known = cards[target].lines
            into = region if region in known else next(other for other in (*regions, EVERYWHERE) if other in known)
            a, b = boxes[source, region], boxes[target, into]
            if a.y < b.y:
                x, y, u, v = a.x + a.width / 2, a.y + a.height, b.x + b.width / 2, b.y - 2
                middle = (y + v) / 2
                path = f"M{x:g} {y:g}C{x:g} {middle:g} {u:g} {middle:g} {u:g} {v:g}"
                yield f'<path class="flow" marker-end="url(#tip)" d="{path}"/>'


def _tip(id_: str, class_: str) -> str:
    arrow = f'<path class="{class_}" d="M0 0L8 4L0 8z"/>'
    size = 'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"'
    return f'<defs><marker id="{id_}" {size}>{arrow}</marker></defs>'
