"""For every setting: an environment, what to lay on top, and the property that must change."""

from __future__ import annotations

from . import clusters, foundation, objects, oversight, stores
from .change import Changes
from .rounds import ALONE, ONE_VALUE, ROUNDS

CHANGES: Changes = foundation.CHANGES | stores.CHANGES | objects.CHANGES | clusters.CHANGES | oversight.CHANGES

__all__ = ["ALONE", "CHANGES", "ONE_VALUE", "ROUNDS"]
