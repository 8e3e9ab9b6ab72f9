"""Programs of this repository that a pod runs from a ConfigMap, in an image that is not ours: Python, and nothing else of us."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]


class ProgramFiles:
    """Files of the repository, which a pod sees at the paths that they have here."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = {path.replace("/", "-"): path for path in sorted(paths)}
        """By the key in the ConfigMap, which has no slash."""

    @property
    def data(self) -> dict[str, str]:
        """The ConfigMap's data."""
        return {key: (ROOT / path).read_text(encoding="utf-8") for key, path in self.paths.items()}
