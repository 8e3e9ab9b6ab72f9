"""How much at once, and how long to rest: less where whoever is asked gets slower."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Pressure:
    """The size of batches: it grows by a tenth while they are quick, and is halved by each that is not.

    After each batch there is a rest as long as the batch took, so that never more than half of the time is the warmer's.
    """

    size: int = 100
    smallest: int = 10
    largest: int = 2000
    quick_seconds: float = 0.1

    def after(self, seconds: float) -> float:
        """Notes how long a batch took; returns how long to rest."""
        if seconds > self.quick_seconds:
            self.size = max(self.smallest, self.size // 2)
        else:
            self.size = min(self.largest, self.size + max(1, self.size // 10))
        return seconds
