"""What is recorded of a database: tables with their columns and keys, and types of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ..recorder import ROOT

MAIN = ROOT / "database" / "main"
RECORDED = MAIN / "model.json"
"""Written by `make data-model` from a server, compared with one by tests/database/test_data_model.py."""
OPERATIONS = "operations"
"""The subject of what is not about the platform's business: the schema `ops`, and sqitch's own book."""
CREATES = re.compile(r"^CREATE TABLE (?:public\.)?([a-z_.]+)", re.MULTILINE)
PLANNED = re.compile(r"^(\d+_(\w+)) .* # (.+)$", re.MULTILINE)


class Recorded(BaseModel):
    """Something that is recorded."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Recorded):
    """A column, by its name."""

    name: str
    type: str
    nullable: bool
    comment: str | None


class Reference(Recorded):
    """A foreign key."""

    columns: Sequence[str]
    table: str
    """The table it leads to."""
    to: Sequence[str]


class Table(Recorded):
    """A table, its partitions not counted."""

    name: str
    """With its schema, unless that is `public`."""
    comment: str | None
    partitioned: str | None
    """By what."""
    row_security: bool
    columns: Sequence[Column]
    key: Sequence[str]
    unique: Sequence[Sequence[str]]
    """Without the key, and without what is unique of some rows only."""
    references: Sequence[Reference]


class Domain(Recorded):
    """A type of the database's own."""

    name: str
    type: str
    checks: Sequence[str]
    comment: str | None


class Model(Recorded):
    """A database."""

    tables: Sequence[Table]
    domains: Sequence[Domain]

    def table(self, name: str) -> Table:
        """The table of that name."""
        return next(table for table in self.tables if table.name == name)


class Subject(Recorded):
    """Tables that belong together: those that one change of sqitch made."""

    name: str
    title: str
    tables: Sequence[str]


def recorded(path: Path = RECORDED) -> Model:
    """What is recorded of the main database."""
    return Model.model_validate_json(path.read_text())


def subjects(model: Model, folder: Path = MAIN) -> list[Subject]:
    """The subjects of a database, in the order of its changes; what serves its own operation is the last."""
    made = made_by(folder)
    business = {name: change for name, change in made.items() if "." not in name and name != "schema_migrations"}
    there = [table.name for table in model.tables]
    found = [
        Subject(name=short, title=title, tables=[name for name in there if business.get(name) == change])
        for change, short, title in PLANNED.findall((folder / "sqitch.plan").read_text())
    ]
    rest = Subject(name=OPERATIONS, title="Its own operation", tables=[name for name in there if name not in business])
    return [subject for subject in [*found, rest] if subject.tables]


def made_by(folder: Path = MAIN) -> Mapping[str, str]:
    """Which change makes a table, by the tables' names."""
    return {name: path.stem for path in sorted((folder / "deploy").glob("*.sql")) for name in CREATES.findall(path.read_text())}
