"""What a drill measured; `make drill` puts them into a table."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = "DRILL_RESULTS"
"""The environment's variable with the file that results are added to."""


@dataclass(frozen=True)
class Result:
    """What an event cost."""

    event: str
    gap: float | None = None
    """The longest time without an acknowledged write, in seconds."""
    lost: int | None = None
    """Acknowledged rows that are not there."""
    rejoined: float | None = None
    """Seconds until the member is back."""

    def noted(self) -> Result:
        """Notes it where somebody collects."""
        if file := os.environ.get(RESULTS):
            with Path(file).open("a") as lines:
                lines.write(json.dumps(asdict(self)) + "\n")
        return self
