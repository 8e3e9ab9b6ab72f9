"""The page on the data model: each subject's diagram, and each table's columns with what is said of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .model import Column, Domain, Model, Subject, Table
from .picture import short

Part = str | tuple[Sequence[str], list[Sequence[str]]]
"""A paragraph, or a table: its head and its rows."""
INTRODUCTION = """The tables of the main database, as a real PostgreSQL 15 has them after all changes of `database/main`: a test
compares it with one. `make data-model` records a server's, and `make docs` writes this page. What the stores are, and how one
works with them, is told in [what the stores hold](../../database/README.md); the decisions are in
[ADR 14](../adr/0014-main-database.md)."""
LEGEND = """In the diagrams bold columns are the key, and a column with `?` may be null. A line leads from a foreign key to the
one row it names; at the key's end a crow's foot stands for any number of rows, a bar for one at most. Dashed tables belong to
another subject."""


def parts(model: Model, subjects: Sequence[Subject]) -> Iterator[Part]:
    """The page, from its beginning."""
    yield INTRODUCTION
    yield LEGEND
    for subject in subjects:
        yield f"## {subject.title}"
        picture = f"../pictures/data-{subject.name}.svg"
        yield f"[![Tables: {', '.join(subject.tables)}]({picture})]({picture})"
        for name in subject.tables:
            yield from _table(model.table(name), model)
    yield "## Types"
    yield "What amounts, names and shares may be is said once, in types of the database's own."
    yield ("type", "is", "where", "what it is"), [_domain(domain) for domain in model.domains]


def _table(table: Table, model: Model) -> Iterator[Part]:
    yield f"### {table.name}"
    facts = [
        table.comment,
        f"Partitioned by `{table.partitioned}`." if table.partitioned else None,
        "Rows show themselves to those they are for (row security)." if table.row_security else None,
        *(f"Unique: {_names(unique)}." for unique in table.unique),
        *_led_to_by(table.name, model),
    ]
    if any(facts):
        yield " ".join(fact.strip() for fact in facts if fact)
    yield ("column", "type", "null", "key", "what it is"), [_column(column, table) for column in table.columns]


def _column(column: Column, table: Table) -> Sequence[str]:
    leads = [reference for reference in table.references if column.name in reference.columns]
    keys = [
        *(["primary"] if column.name in table.key else []),
        *(f"{_linked(leading.table)}.`{leading.to[list(leading.columns).index(column.name)]}`" for leading in leads),
    ]
    return [
        f"`{column.name}`",
        f"`{short(column.type)}`",
        "yes" if column.nullable else "",
        ", ".join(keys),
        column.comment or "",
    ]


def _led_to_by(name: str, model: Model) -> Iterator[str]:
    found = sorted({table.name for table in model.tables for reference in table.references if reference.table == name} - {name})
    if found:
        yield f"Named by {', '.join(map(_linked, found))}."


def _domain(domain: Domain) -> Sequence[str]:
    checks = "; ".join(f"`{check.removeprefix('CHECK ')}`" for check in domain.checks)
    return [f"`{domain.name}`", f"`{short(domain.type)}`", checks, domain.comment or ""]


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in columns)


def _linked(table: str) -> str:
    return f"[{table}](#{table.replace('.', '')})"
