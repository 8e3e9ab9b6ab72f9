"""Filters of log entries: `resource.type="x" AND (severity>=ERROR OR NOT textPayload:"ok")`, read into a tree.

https://cloud.google.com/logging/docs/view/logging-query-language
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<string>"(?:[^"\\]|\\.)*")|(?P<op>!=|>=|<=|=~|!~|[=:<>])|(?P<punct>[(),])|(?P<minus>-(?=[\w"(]))"""
    r"""|(?P<word>[\w@*%/+-]+(?:\.(?:[\w@*%/+-]+|"[^"]*"))*)"""
)

OPERATORS = ("=", "!=", ">", ">=", "<", "<=", ":", "=~", "!~")


class LogFilterError(Exception):
    """A filter that cannot be read, and where."""


@dataclass(frozen=True)
class Compare:
    """A comparison; `field` is `log_id` for the function of that name, and empty for a bare text."""

    field: str
    op: str
    value: str


@dataclass(frozen=True)
class Junction:
    """Parts of which all must hold, one must hold, or (`not`) the only one must not."""

    how: Literal["and", "or", "not"]
    parts: tuple[Node, ...]


Node = Compare | Junction


def parse_log_filter(text: str) -> Node:
    """The tree of a filter.

    Raises:
        LogFilterError: it cannot be read.
    """
    reader = _Reader(text)
    tree = reader.either()
    if reader.head is not None:
        raise reader.error()
    return tree


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[int, str]] = []
        position = 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if not found:
                raise LogFilterError(f'syntax error at column {position + 1}, token "{text[position]}"')
            if found.lastgroup != "space":
                self._tokens.append((position, found[0]))
            position = found.end()

    @property
    def head(self) -> str | None:
        return self._tokens[0][1] if self._tokens else None

    def error(self) -> LogFilterError:
        where, token = self._tokens[0] if self._tokens else (-1, "end of filter")
        return LogFilterError(f'syntax error at column {where + 1}, token "{token}"')

    def take(self, *wanted: str) -> str:
        if self.head is None or (wanted and self.head not in wanted):
            raise self.error()
        return self._tokens.pop(0)[1]

    def either(self) -> Node:
        parts = [self.both()]
        while self.head == "OR":
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Junction("or", tuple(parts))

    def both(self) -> Node:
        parts = [self.one()]
        while self.head not in (None, "OR", ")"):
            if self.head == "AND":
                self.take()
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else Junction("and", tuple(parts))

    def one(self) -> Node:
        if self.head in ("NOT", "-"):
            self.take()
            return Junction("not", (self.one(),))
        if self.head == "(":
            self.take()
            inside = self.either()
            self.take(")")
            return inside
        name = self.take()
        if name == "log_id":
            self.take("(")
            value = _text(self.take())
            self.take(")")
            return Compare("log_id", "=", value)
        if name.startswith('"'):
            return Compare("", ":", _text(name))
        op = self.take(*OPERATORS)
        if self.head != "(":
            return Compare(name, op, _text(self.take()))
        return Junction("or", tuple(Compare(name, op, value) for value in self.alternatives()))

    def alternatives(self) -> list[str]:
        """`("a" OR "b")`."""
        self.take("(")
        values = [_text(self.take())]
        while self.head == "OR":
            self.take()
            values.append(_text(self.take()))
        self.take(")")
        return values


def _text(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token.startswith('"') else token
