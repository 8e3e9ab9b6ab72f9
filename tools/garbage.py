"""When collections of garbage may come."""

from __future__ import annotations

import atexit
import contextlib
import gc
from collections.abc import Generator


@contextlib.contextmanager
def without_collections() -> Generator[None]:
    """No collection comes inside.

    Two things need that. A run of the program makes much and drops little, so that collections take half of its time. And
    CPython 3.11 fails with "AST constructor recursion depth mismatch" where a collection in the middle of `ast.parse` ends
    something that reports itself with a traceback, which is parsed too (https://github.com/python/cpython/issues/106905).
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def without_collections_to_the_end() -> None:
    """No collection comes in this process any more, not at its end either: for commands, which are short."""
    gc.disable()
    atexit.register(gc.freeze)
