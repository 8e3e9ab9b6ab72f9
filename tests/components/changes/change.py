"""What a change of a setting is."""

from __future__ import annotations

from typing import Any

Settings = dict[str, Any]
Changes = dict[str, tuple[str, Settings, str]]
"""By setting: an environment, what to lay on top, and the property that must change, of a certain resource where one is named."""
