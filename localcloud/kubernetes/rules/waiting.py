"""What Pulumi's provider waits for because the annotation pulumi.com/waitFor says so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ...rulebook import EVERY_TYPE
from ...values import at, is_list, list_at, object_at
from ..view import Request, Status
from .book import rule

WAIT_FOR = "pulumi.com/waitFor"
SOURCE = "https://github.com/pulumi/pulumi-kubernetes/blob/v4.34.2/provider/pkg/metadata/overrides.go"
JSONPATH = re.compile(r"jsonpath=\{(\.[A-Za-z0-9_.-]+)\}(?:=(.+))?")
CONDITION = re.compile(r"condition=([A-Za-z]+)(?:=(\w+))?")


def awaited(given: Mapping[str, Any]) -> list[str]:
    """The conditions that a program waits for; none where it says nothing."""
    text = object_at(given, "metadata.annotations").get(WAIT_FOR)
    if not isinstance(text, str):
        return []
    try:
        listed: Any = json.loads(text)
    except ValueError:
        return [text]  # one, as it stands
    return [str(entry) for entry in listed] if is_list(listed) else [text]


@rule("wait-for-form", EVERY_TYPE, source=SOURCE, numbers=(4,))
def wait_for_form(request: Request) -> Refusal | None:
    """What is waited for is written as `kubectl wait` has it."""
    for text in awaited(request.new):
        if not (JSONPATH.fullmatch(text) or CONDITION.fullmatch(text)):
            says = f'expected "jsonpath=…" or "condition=…" in the annotation {WAIT_FOR}, got "{text}"'
            return Status(400, says, "BadRequest")
    return None


@rule("wait-for", EVERY_TYPE, verbs=("ready",), source=SOURCE, numbers=(4,))
def wait_for(request: Request) -> Refusal | None:
    """What is waited for comes about: the object's controller sets a status that is as the program says."""
    row = request.view.get(request.kind, request.namespace, request.name)
    shown = row.properties if row else request.new
    for text in awaited(request.new):
        if not _holds(text, shown):
            return Status(504, f"timed out waiting for {text} of {request.kind.kind}/{request.name}", "Timeout")
    return None


def _holds(text: str, shown: Mapping[str, Any]) -> bool:
    if path := JSONPATH.fullmatch(text):
        value = at(shown, path[1].lstrip("."))
        return value is not None and path[2] in (None, str(value))
    if condition := CONDITION.fullmatch(text):
        wanted = {"type": condition[1], "status": condition[2] or "True"}
        return any({**entry, **wanted} == entry for entry in list_at(shown, "status.conditions"))
    return False
