"""What the engine reports while it works, turned into what a person wants to know."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation import EngineEvent, OpType

from ..property_path import text_at, value_at

CHANGING = {
    OpType.CREATE: "+",
    OpType.UPDATE: "~",
    OpType.DELETE: "-",
    OpType.REPLACE: "±",
    OpType.CREATE_REPLACEMENT: "±",
    OpType.DELETE_REPLACED: "±",
    OpType.IMPORT: "=",
}
"""Operations that change something, and the sign of each."""
NOISE = ("from $PATH at", "interrupted while", "exited prematurely", "STDOUT and STDERR streams of the plugin")
"""Warnings that say what we know: the plugins are ours, and pending operations are sorted out by `recovery`."""
FATAL = "event returned an error"
"""The engine cannot note what it is about to do, or has done; it may then wait for itself for ever."""
COLORS = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")
LOOKUP = re.compile(
    r"runtime error: invoke of \S*?:(\w+) failed: invocation of \S+ returned an error: (.*?)\nTraceback ", re.DOTALL
)
"""A data source that could not answer: the SDK says so with a traceback of its own inside, which tells a user nothing."""
LONGEST_VALUE = 100


@dataclass(frozen=True)
class Change:
    """A resource that an operation changes."""

    op: OpType
    urn: str
    details: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The change as a line, and a line for each property."""
        head = f"{CHANGING[self.op]} {name_of(self.urn)} ({kind_of(self.urn)})"
        return "\n".join([head, *(f"    {detail}" for detail in self.details)])


@dataclass(frozen=True)
class Difference:
    """A resource that a refresh found to be other than the state says, or gone."""

    urn: str
    gone: bool
    details: tuple[str, ...]
    edits: Mapping[str, tuple[Any, Any]]
    """By property: what the state says, and what was found."""


@dataclass(frozen=True)
class Failure:
    """An operation that failed."""

    urn: str
    op: str
    state: Mapping[str, Any]
    """What was to be created: type, provider, parent and inputs, secrets masked."""


@dataclass
class Report:
    """Collects the events of one run, which for an update begins with its preview; says the count on stderr now and then."""

    verb: str
    progress: bool = True
    changes: dict[str, Change] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list[Difference])
    """What a refresh on the way found, in the order of the state."""
    failures: list[Failure] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    """(URN or "", message) of every error, in the order they came."""
    policy: list[str] = field(default_factory=list)
    """Violations of policies."""
    undecided: int = 0
    """Policy checks that a preview could not decide, because a value is not known yet; the update decides them."""
    on_fatal: Callable[[], None] | None = None
    """Called when the engine cannot go on."""
    total: int = 0
    """Resources that the preview found."""
    done: int = 0
    """Resources that were really worked on."""
    begun: bool = False
    """Whether a change has begun, whatever became of it."""
    _said: float = 0.0

    def __call__(self, event: EngineEvent) -> None:
        if event.resource_pre_event:
            self.total += bool(event.resource_pre_event.planning)
            self.begun |= not event.resource_pre_event.planning and event.resource_pre_event.metadata.op in CHANGING
            self._planned(event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            self._finished(event.res_outputs_event.metadata, bool(event.res_outputs_event.planning))
        elif event.res_op_failed_event:
            self._failed(event.res_op_failed_event.metadata)
        elif event.diagnostic_event:
            self._told(event.diagnostic_event)
        elif event.policy_event:
            self._judged(event.policy_event)

    def messages(self) -> list[str]:
        """The errors, each with its resource's name, without those that only repeat another."""
        named = [f"{name_of(urn)}: {message}" if urn else message for urn, message in self.errors]
        specific = [
            line for line in named if not re.search(r"(update|preview|destroy|refresh) failed|resource\(s\) failed", line)
        ]
        return list(dict.fromkeys(specific or named))

    def reasons(self) -> list[str]:
        """Why the run ended as it did, as far as it was said: what policies forbid, and errors; advice stops nothing."""
        return [*(found for found in self.policy if found.startswith("[mandatory]")), *self.messages()]

    def message_of(self, urn: str) -> str:
        """What was said about a resource."""
        return "\n".join(message for known, message in self.errors if known == urn)

    def _planned(self, metadata: Any) -> None:
        if metadata.op in CHANGING and metadata.logical is not False:
            self.changes[metadata.urn] = Change(metadata.op, metadata.urn, tuple(details(metadata)))

    def _finished(self, metadata: Any, planning: bool) -> None:
        self.done += not planning and metadata.op != OpType.SAME
        if self.verb == "refresh":  # what was planned was to look; what was found is known only now
            self._planned(metadata)
        elif metadata.op == OpType.REFRESH and (metadata.new is None or metadata.detailed_diff):
            self.differences.append(difference(metadata))
        now = time.monotonic()
        if self.progress and now - self._said >= 1:
            self._said = now
            step = "preview" if planning else self.verb
            count = f"{self.total} found" if planning else f"{self.done} done" + (f" of {self.total}" if self.total else "")
            print(f"{step}: {count}, last: {metadata.op.value} {name_of(metadata.urn)}", file=sys.stderr, flush=True)

    def _failed(self, metadata: Any) -> None:
        new = metadata.new
        state = {
            "urn": metadata.urn,
            "type": metadata.type,
            "custom": True,
            "provider": metadata.provider,
            "parent": new.parent if new else "",
            "protect": bool(new and new.protect),
            "inputs": dict(new.inputs or {}) if new else {},
        }
        self.failures.append(Failure(metadata.urn, metadata.op.value, state))

    def _judged(self, policy: Any) -> None:
        message = _plain(policy.message)
        if "can't run policy" in message:
            self.undecided += 1
        else:
            self.policy.append(
                f"[{policy.enforcement_level}] {policy.policy_name}: {name_of(policy.resource_urn or '')}: {message}"
            )

    def _told(self, diagnostic: Any) -> None:
        message = _plain(diagnostic.message)
        if looked_up := LOOKUP.search(message):
            message = f"{looked_up[1]}: {looked_up[2]}"
        if diagnostic.severity == "error" and message and not any(noise in message for noise in NOISE):
            self.errors.append((diagnostic.urn or "", message))
            if FATAL in message and self.on_fatal:
                self.on_fatal()


def details(metadata: Any) -> list[str]:
    """The properties that differ, old and new."""
    if metadata.op in (OpType.CREATE, OpType.DELETE) or not metadata.detailed_diff:
        return []
    old: Any = metadata.old.inputs if metadata.old else None
    new: Any = metadata.new.inputs if metadata.new else None
    lines: list[str] = []
    for path, difference in sorted(metadata.detailed_diff.items()):
        replaces = " (replaces)" if "replace" in str(difference.diff_kind.value) else ""
        lines.append(f"{path}: {_value(old, path)} -> {_value(new, path)}{replaces}")
    return lines


def difference(metadata: Any) -> Difference:
    """What a refresh found of a resource that is not as the state says."""
    if metadata.new is None:
        return Difference(metadata.urn, gone=True, details=(), edits={})
    old, new = metadata.old.inputs, metadata.new.inputs
    edits = {path: (value_at(old, path), value_at(new, path)) for path in sorted(metadata.detailed_diff)}
    return Difference(metadata.urn, gone=False, details=tuple(details(metadata)), edits=edits)


def name_of(urn: str) -> str:
    """The logical name in a URN."""
    return urn.rsplit("::", 1)[-1]


def kind_of(urn: str) -> str:
    """The resource type in a URN, without the module."""
    token = urn.split("::")[2].rsplit("$", 1)[-1]
    package, _, rest = token.partition(":")
    return f"{package}:{rest.rpartition(':')[2]}"


def _value(inputs: Any, path: str) -> str:
    text = text_at(inputs, path)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _plain(message: str) -> str:
    return COLORS.sub("", message or "").strip()
