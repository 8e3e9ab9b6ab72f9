"""Google's names: templates that turn a resource's properties into names, ids, links, addresses and e-mails.

A template is a string with `{property}` or `{property:filter}`; properties are reached with dots. Beside the
properties there are `project`, `region`, `number` (the project's), `self` (the resource's path), `sequence`, `value`,
and values that are made up on the spot: `etag`, `now`, `uid`, `fingerprint`, `certificate`, `private_ip`.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from ..values import UNKNOWN, at, is_list, is_object

MADE_UP = ("now", "uid", "fingerprint", "certificate", "private_ip", "etag")
ONCE = MADE_UP[:-1]
"""Made when a resource is created, and kept through its updates."""


class NotKnown(Exception):
    """A template needs a property that is not known yet, or not given."""


def path_of(value: str) -> str:
    """`projects/…` of a self link, a full name or a path."""
    found = re.search(r"(?:^|/)(projects/.+)$", value)
    return found[1] if found else value


def last(value: str) -> str:
    """The part after the last slash."""
    return value.rstrip("/").rsplit("/", 1)[-1]


FILTERS: Mapping[str, Callable[[str], str]] = {
    "": str,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "int": str,
    "last": last,
    "lower": str.lower,
    "path": path_of,
    "quoted": lambda value: quote(path_of(value), safe=""),
    "region": lambda value: value.rpartition("-")[0],
    "short": lambda value: value[:6],
    "first_host": lambda value: str(next(ipaddress.ip_network(value).hosts())),
}


def project_number(project: str) -> str:
    """The twelve digits that Google would know the project by; the same for the same project id every time."""
    return str(100_000_000_000 + int(hashlib.sha256(project.encode()).hexdigest(), 16) % 900_000_000_000)


def made_up(name: str, now: float) -> str:
    """A value that only has to look like Google's."""
    if name == "now":
        return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    if name == "uid":
        return str(secrets.randbelow(9 * 10**18) + 10**18)
    if name == "certificate":
        return f"-----BEGIN CERTIFICATE-----\n{secrets.token_urlsafe(48)}\n-----END CERTIFICATE-----\n"
    if name == "private_ip":
        return str(ipaddress.ip_address("10.254.0.0") + secrets.randbelow(1 << 16))
    return secrets.token_hex(20) if name == "fingerprint" else secrets.token_urlsafe(9)


class _Formatter(string.Formatter):
    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:  # noqa: ARG002
        if field_name in kwargs["made_up"]:
            return kwargs["made_up"][field_name](), field_name
        value = at(kwargs["properties"], field_name)
        if value is UNKNOWN or (value is None and "." not in field_name):
            raise NotKnown(field_name)
        return "" if value is None else value, field_name

    def format_field(self, value: Any, format_spec: str) -> Any:
        return FILTERS[format_spec](str(value))


Maker = Callable[[str], str]
"""Makes up a value, by its name."""


def render(template: str, properties: Mapping[str, Any], make: Maker | None = None) -> str | int:
    """Fills in a template; `make` makes up the values that are not properties.

    Raises:
        NotKnown: a property that it names is unknown or missing.
    """
    makers: dict[str, Callable[[], str]] = {name: partial(make, name) for name in MADE_UP} if make else {}
    text = _Formatter().vformat(template, (), {"properties": properties, "made_up": makers}).rstrip("/")
    return int(text) if template.startswith("{") and template.endswith(":int}") else text


def render_tree(tree: Any, properties: Mapping[str, Any], make: Maker) -> Any:
    """Fills in every template inside lists and objects; a part whose properties are missing is left out."""
    if is_object(tree):
        filled = {key: render_tree(value, properties, make) for key, value in tree.items()}
        return {key: value for key, value in filled.items() if value is not None}
    if is_list(tree):
        return [render_tree(value, properties, make) for value in tree]
    if not isinstance(tree, str):
        return tree
    try:
        return render(tree, properties, make)
    except NotKnown:
        return None


def is_made_once(tree: Any) -> bool:
    """Whether a template tree holds a value that is made once and then kept."""
    return any(f"{{{name}" in str(tree) for name in ONCE)
