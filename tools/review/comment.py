"""The comment, in Markdown: first what would be lost, then what policies say, what changes, what it costs, how long it takes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..cost.bill import Bill
from ..cost.bill import changes as cost_changes
from ..cost.formats import money, not_priced, signed
from ..policy_formats import Report, name_of
from ..timing import CriticalPath
from .difference import OPS, Change, Edit
from .objections import RULES, Objection
from .properties import DONE, alike, details, short

LONGEST_CAUSE = 60
"""Characters of a value in the table of what is lost."""
SHOWN = 3
"""Resources that an objection names; the table above it names all."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """All that the comment is made of."""

    environment: str
    against: str
    changes: Sequence[Change]
    policies: Report
    """What the policies say of the state after the change."""
    objections: Sequence[Objection]
    before: Bill
    after: Bill
    path: CriticalPath
    """Of what is created or replaced."""
    untimed: Sequence[str] = ()
    """The types of those whose duration is not known."""

    @property
    def fails(self) -> bool:
        """Whether the update would be stopped, or should be."""
        return bool(self.policies.stopping) or any(objection.stops for objection in self.objections)


def comment(review: Review, longest: int | None = None) -> str:
    """The comment.

    Args:
        longest: the characters that a code host takes; property differences that are too long for it are left out.
    """
    parts = [*_head(review), *_lost(review), *_policies(review), *_counts(review), *_cost(review), *_time(review)]
    left_out = f"More differences than a comment can hold: `make review ENV={review.environment}` without --fit shows all."
    room = (longest or sys.maxsize) - len("\n\n".join([*parts, left_out]))
    for part in details(review.changes):
        room -= len(part) + 2
        if room < 0:
            return "\n\n".join([*parts, left_out])
        parts.append(part)
    return "\n\n".join(parts)


def _head(review: Review) -> Iterator[str]:
    yield f"<!-- review of {review.environment} -->"  # by which a workflow finds the comment again
    counts = [(sum(change.op == op for change in review.changes), op) for op in OPS]
    said = ", ".join(f"{count} {DONE[op]}" for count, op in counts if count) or "nothing changes"
    verdict = "❌ policies fail" if review.fails else "✅ policies pass"
    difference = review.after.total - review.before.total
    yield f"## {review.environment}: {said}\n\n{verdict} · {signed(difference)} USD a month · against `{review.against}`"


def _lost(review: Review) -> Iterator[str]:
    lost = [change for change in review.changes if change.loses]
    if not lost:
        return
    yield f"### 🛑 {len(lost)} replaced or deleted with what they hold"
    yield "> [!CAUTION]\n> A new one of each of these is empty. What comes first is the cause of what follows."
    rows = [
        [
            ", ".join(f"`{change.name}`" for change in group),
            group[0].kind,
            DONE[group[0].op],
            "; ".join(_because(edit) for edit in group[0].edits if edit.replaces) or "not declared any more",
            "protected: Pulumi refuses" if group[0].protected else "not protected",
        ]
        for group in alike(lost)
    ]
    yield _table(["resource", "type", "", "because", ""], rows)


def _because(edit: Edit) -> str:
    old, new = short(edit.old, edit.new, LONGEST_CAUSE)
    return f"`{edit.path}`: `{old}` → `{new}`"


def _policies(review: Review) -> Iterator[str]:
    found = review.policies
    yield "### Policies: fail" if review.fails else "### Policies: pass"
    verdicts = [
        f"- ❌ **{verdict.rule.id}** ({verdict.rule.severity}): `{name_of(verdict.urn)}`: {verdict.what}. {verdict.rule.why} "
        f"_{verdict.rule.fix}_"
        for verdict in found.stopping
    ]
    if lines := [*verdicts, *map(_objection, review.objections)]:
        yield "\n".join(lines)
    yield (
        f"{len(found.rules)} policies on what is declared: {len(found.stopping)} violations, {len(found.advice)} advice, "
        f"{len(found.waived)} waived. {len(RULES)} on the change itself: {len(review.objections)} violations."
    )


def _objection(objection: Objection) -> str:
    names = ", ".join(f"`{change.name}`" for change in objection.changes[:SHOWN])
    more = len(objection.changes) - SHOWN
    rule, sign = objection.rule, "❌" if objection.stops else "⚠️"
    return f"- {sign} **{rule.id}**: {names}{f' and {more} more' if more > 0 else ''} {rule.says}. {rule.why} _{rule.fix}_"


def _counts(review: Review) -> Iterator[str]:
    if not review.changes:
        return
    yield "### What changes"
    names = sorted({change.component for change in review.changes})
    rows: list[Sequence[str]] = []
    for name in names:
        mine = [change.op for change in review.changes if change.component == name]
        rows.append([name, *(str(mine.count(op)) if op in mine else "" for op in OPS)])
    yield _table(["component", *OPS], rows)


def _cost(review: Review) -> Iterator[str]:
    before, after = review.before, review.after
    yield f"### Cost: {money(before.total)} → {money(after.total)} USD a month ({signed(after.total - before.total)})"
    rows = [
        [each.component, money(each.before), money(each.after), signed(each.difference)] for each in cost_changes(before, after)
    ]
    if rows:
        yield _table(["component", "before", "after", "change"], rows)
    new = [line for line in not_priced(after) if line not in set(not_priced(before))]
    yield "List prices; what is not priced is in no total" + (
        ". New among it:\n" + "\n".join(f"- {line.strip()}" for line in new)
        if new
        else f" ({sum(after.not_priced.values())} things)."
    )


def _time(review: Review) -> Iterator[str]:
    if review.path.seconds or review.untimed:
        steps = " → ".join(f"`{name}` {_minutes(seconds)}" for name, seconds in review.path.steps)
        yield f"### Time: about {_minutes(review.path.seconds)}"
        yield f"Typical durations of what is created or replaced; the longest chain: {steps or 'nothing that takes time'}"
        if review.untimed:
            yield f"Not known, and counted as nothing: {', '.join(f'`{type_}`' for type_ in review.untimed)}"


def _minutes(seconds: float) -> str:
    return f"{Decimal(seconds) / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines)
