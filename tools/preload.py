"""Loads the provider's SDK while the engine starts: it takes a second, and the program needs it a second later.

`python -m tools.preload` only loads it, for what loading it the first time leaves behind for all others.
"""

from __future__ import annotations

import functools
import gc
import importlib
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pulumi_gcp

from . import lean_sdk

COMPONENTS = Path(__file__).resolve().parents[1] / "components"


@functools.cache
def start() -> threading.Thread:
    """Loads everything the program imports, in the background, once a process."""
    thread = threading.Thread(target=_load, daemon=True)
    thread.start()
    return thread


def before(program: Callable[[], None]) -> Callable[[], None]:
    """The program, which waits for what is being loaded: a lazy module that two threads load at once is seen half empty."""

    def run() -> None:
        start().join()
        program()

    return run


def used_modules() -> set[str]:
    """The modules of the provider's SDK that the components use; the SDK loads each at its first use."""
    return {name for path in COMPONENTS.rglob("*.py") for name in re.findall(r"\bgcp\.([a-z]+)\.", path.read_text())}


def _load() -> None:
    lean_sdk.install()
    gc.disable()  # thousands of classes are made and none is dropped
    try:
        importlib.import_module("components.platform")
        for name in sorted(used_modules()):
            getattr(getattr(pulumi_gcp, name), "__all__", None)  # any look at a lazy module loads it
    finally:
        gc.freeze()  # and none is looked at again by a collection
        gc.enable()


if __name__ == "__main__":
    start().join()
