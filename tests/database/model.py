"""Records the main database's schema as a real PostgreSQL 15 has it: `python -m tests.database.model`, or `make data-model`."""

from __future__ import annotations

import json
import sys
from typing import Any, cast

from tools.bootstrap.console import say
from tools.data_model.model import RECORDED, Model
from tools.data_model.read import read

from ..installed import POSTGRES, lacking
from .server import TEMPLATE, Server


def text(model: Model) -> str:
    """As it stands in the repository: a line for each column and each key."""
    return _json(model.model_dump(), levels=4) + "\n"


def _json(value: Any, levels: int, before: str = "") -> str:
    if not levels or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    known = cast("dict[str, Any] | list[Any]", value)
    within, (first, last) = f"{before} ", "{}" if isinstance(known, dict) else "[]"
    named = (
        [(f"{json.dumps(name)}: ", of) for name, of in known.items()] if isinstance(known, dict) else [("", of) for of in known]
    )
    lines = ",\n".join(f"{within}{name}{_json(of, levels - 1, within)}" for name, of in named)
    return f"{first}\n{lines}\n{before}{last}"


def main() -> int:
    """Writes the record."""
    if why := lacking(POSTGRES):
        say(why)
        return 1
    server = Server()
    try:
        server.start()
        with server.connect(TEMPLATE) as connection:
            RECORDED.write_text(text(read(connection)))
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
