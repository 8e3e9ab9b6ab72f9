"""The data model's diagrams and page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tools.data_model import page
from tools.data_model.layout import Lane, columns_of, ranks_of
from tools.data_model.model import Column, Model, Reference, Subject, Table, recorded, subjects
from tools.data_model.picture import LETTER, Place, diagram, places_of

MODEL = recorded()
SUBJECTS = subjects(MODEL)
SVG = "{http://www.w3.org/2000/svg}"


def table(name: str, *references: str, key: Sequence[str] = ("id",)) -> Table:
    """A table with a column for each table that it refers to."""
    columns = [Column(name=known, type="uuid", nullable=known != "id", comment=None) for known in ("id", *references)]
    leads = [Reference(columns=[known], table=known, to=["id"]) for known in references]
    return Table(
        name=name, comment=None, partitioned=None, row_security=False, columns=columns, key=key, unique=[], references=leads
    )


SMALL = Model(
    tables=[table("a"), table("b", "a"), table("c", "b", "a"), table("d", "d", "a", key=["a"]), table("x", "y"), table("y", "x")],
    domains=[],
)
ALL = [known.name for known in SMALL.tables]


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def test_what_refers_stands_right_of_what_it_refers_to() -> None:
    assert ranks_of(SMALL, ["a", "b", "c", "d"]) == {"a": 0, "b": 1, "c": 2, "d": 1}
    assert ranks_of(SMALL, ["c"]) == {"a": 0, "b": 0, "c": 1}, "tables of other subjects come without what they refer to"
    assert sorted(ranks_of(SMALL, ["x", "y"]).values()) == [0, 1], "a circle is cut"


def test_what_passes_a_rank_has_a_lane_there() -> None:
    columns = columns_of(SMALL, ["a", "b", "c"])
    assert [sorted(map(str, column)) for column in columns] == [["a"], sorted(["b", str(Lane("a", 1))]), ["c"]]


def test_neighbours_are_ordered_as_their_neighbours() -> None:
    crossed = Model(tables=[table("p"), table("q"), table("r", "q"), table("s", "p")], domains=[])
    left, right = columns_of(crossed, ["p", "q", "r", "s"])
    assert [{"p": "s", "q": "r"}[str(item)] for item in left] == right


def test_an_edge_ends_in_a_crows_foot_or_a_bar_and_says_what_it_is() -> None:
    drawn = parsed(diagram(SMALL, ALL, "a & b"))
    edges = {group.findtext(f"{SVG}title"): group for group in drawn.findall(f"{SVG}g")}
    assert edges.keys() == {f"{known.name} ({to.table}) → {to.table} (id)" for known in SMALL.tables for to in known.references}
    feet = {said: any("L" in path.attrib["d"] for path in group.findall(f"{SVG}path")) for said, group in edges.items()}
    assert feet["b (a) → a (id)"]
    assert not feet["d (a) → a (id)"], "its key is the reference: there is one at most"


def overlap(one: Place, other: Place) -> bool:
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    return not (beside or one.y + one.height <= other.y or other.y + other.height <= one.y)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_a_diagram_shows_all_of_its_tables_and_nothing_covers_anything(subject: Subject) -> None:
    places = list(places_of(MODEL, subject.tables).values())
    assert not [(one, other) for one in places for other in places if one is not other and overlap(one, other)]
    drawn = parsed(diagram(MODEL, subject.tables, subject.title))
    texts = [text for text in drawn.findall(f"{SVG}text") if text.attrib.get("class") != "title"]
    said = [text.text for text in texts]
    for name in subject.tables:
        assert name in said
        assert {column.name for column in MODEL.table(name).columns} <= set(said)
    assert len(drawn.findall(f"{SVG}g")) == sum(len(MODEL.table(name).references) for name in subject.tables)
    width, height = float(drawn.attrib["width"]), float(drawn.attrib["height"])
    for text in texts:
        x, long = float(text.attrib["x"]), len(text.text or "") * LETTER
        begin = x - long if text.attrib.get("class") == "type" else x
        assert any(one.x <= begin and begin + long <= one.x + one.width + 1 for one in places), text.text
        assert 0 < float(text.attrib["y"]) < height
    assert width <= 1200, "it would be too small at a page's width"
    light, _, dark = (drawn.findtext(f"{SVG}style") or "").partition("@media (prefers-color-scheme:dark)")
    for name in ("text", ".type", ".box", ".top", ".other", ".edge"):
        assert re.search(rf"{re.escape(name)}[{{,]", light), name
        assert re.search(rf"{re.escape(name)}[{{,]", dark), name


def test_every_table_is_of_one_subject() -> None:
    told = [name for subject in SUBJECTS for name in subject.tables]
    assert sorted(told) == sorted(table.name for table in MODEL.tables)
    assert [subject.name for subject in SUBJECTS][-1] == "operations"


def test_a_table_without_a_change_that_makes_it_is_of_the_operation(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "sqitch.plan").write_text("%project=x\n\n001_one 2026-01-01T00:00:00Z A <a@b> # The first\n")
    (tmp_path / "deploy" / "001_one.sql").write_text("CREATE TABLE a (\nCREATE TABLE b (\n")
    found = {subject.title: subject.tables for subject in subjects(SMALL, tmp_path)}
    assert found == {"The first": ["a", "b"], "Its own operation": ["c", "d", "x", "y"]}


def test_the_page_says_what_a_table_has_and_who_names_it() -> None:
    parts = list(page.parts(SMALL, [Subject(name="one", title="One", tables=["a", "d"])]))
    assert "Named by [b](#b), [c](#c), [d](#d)." in parts
    (rows,) = [part[1] for part in parts if not isinstance(part, str) and len(part[1]) == 3]
    assert rows == [
        ["`id`", "`uuid`", "", "", ""],
        ["`d`", "`uuid`", "yes", "[d](#d).`id`", ""],
        ["`a`", "`uuid`", "yes", "primary, [a](#a).`id`", ""],
    ]
