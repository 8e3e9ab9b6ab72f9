"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """A check's verdict. One that is not ok says what to do."""

    check: str
    verdict: Verdict
    says: str
    do: str = ""

    @property
    def lines(self) -> str:
        """The same in words."""
        head = f"{self.verdict:<7}  {self.check}: {self.says}"
        return f"{head}\n         -> {self.do}" if self.do else head


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", says)


def warning(check: str, says: str, do: str) -> Finding:
    """An `up` works all the same, or may."""
    return Finding(check, "warning", says, do)


def failed(check: str, says: str, do: str) -> Finding:
    """An `up` cannot work."""
    return Finding(check, "failed", says, do)
