"""What is promised of the stores when something fails."""

from __future__ import annotations

from .section import Section, setting

SOURCE = "§10.2"


class Objectives(Section):
    """How much may be lost, and how long a store may be away. Policies compute the worst case from what is declared, and compare.
    What may be lost of the caches is `rpo_minutes` of each; null is no promise."""

    database_rpo_minutes: int | None = setting(15, SOURCE, unit="minutes", ge=5, le=1440)
    """How much of the main database may be lost. Google stores its log every five minutes."""
    database_rto_minutes: int | None = setting(240, SOURCE, unit="minutes", ge=1, le=10080)
    """How long the main database may be away."""
    cache_rto_minutes: int | None = setting(30, SOURCE, unit="minutes", ge=1, le=10080)
    """How long the caches may be away."""
