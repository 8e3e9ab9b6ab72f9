"""Properties by the paths that providers name in differences: `settings.tier`, `rules[0].action`, `data["a.conf"]`."""

from __future__ import annotations

import json
import re
from typing import Any

from localcloud.values import is_list, is_object

STEP = re.compile(r'\["([^"]+)"\]|\[(\d+)\]|([^.\[\]]+)')
NOTHING = "(none)"


def value_at(properties: Any, path: str) -> Any:
    """The value at a path; None where there is none."""
    value: Any = properties
    for quoted, index, plain in STEP.findall(path):
        if index:
            value = value[int(index)] if is_list(value) and int(index) < len(value) else None
        else:
            value = value.get(quoted or plain) if is_object(value) else None
    return value


def text_at(properties: Any, path: str) -> str:
    """The value at a path as text."""
    value = value_at(properties, path)
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else json.dumps(value)
