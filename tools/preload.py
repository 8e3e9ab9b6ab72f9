"""Loads the providers' SDKs while the engine starts: that takes a second, and the program needs them a second later.

`python -m tools.preload` only loads them, for what doing so the first time leaves behind for all others.
"""

from __future__ import annotations

import functools
import gc
import importlib
import re
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pulumi
import pulumi_gcp
import pulumi_kubernetes

from . import lean_sdk
from .garbage import without_collections
from .quick_sdk import TYPES

COMPONENTS = Path(__file__).resolve().parents[1] / "components"
SDKS = {"gcp": pulumi_gcp, "k8s": pulumi_kubernetes}
"""By the names that the components call them; their modules load at their first use."""
USED = re.compile(r"\b(gcp|k8s)\.([\w.]+)")


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


def _load() -> None:
    lean_sdk.install()
    with without_collections():  # thousands of classes are made and none is dropped
        importlib.import_module("components.platform")
        for sdk, names in sorted(_used()):
            _know(_loaded(SDKS[sdk], names.split(".")))
        gc.freeze()  # and none is looked at again by a collection


def _used() -> set[tuple[str, str]]:
    """What the components name of the SDKs: ("gcp", "sql.DatabaseInstance")."""
    return {found for path in COMPONENTS.rglob("*.py") for found in USED.findall(path.read_text())}


def _loaded(found: object, names: Sequence[str]) -> object:
    """What the names lead to, with every module on the way loaded: the first look at a name in it does that."""
    for name in names:
        if not isinstance(found, ModuleType):
            break
        found = getattr(found, name, None)
        getattr(found, "__all__", None)
    return found


def _know(found: object) -> None:
    """Has the SDK find out of which types a class's properties are, which it does once and then keeps."""
    if isinstance(found, type) and issubclass(found, pulumi.Resource):
        TYPES.resource_types(found)
        for beside in vars(sys.modules[found.__module__]).values():  # its own arguments are beside it
            if isinstance(beside, type) and beside.__module__ == found.__module__ and TYPES.is_input_type(beside):
                TYPES.input_type_types(beside)
    elif isinstance(found, type) and TYPES.is_input_type(found):
        TYPES.input_type_types(found)


if __name__ == "__main__":
    start().join()
