"""Loads the providers' SDKs without what only a type checker reads, and without what nobody asks for.

`pulumi_gcp` and `pulumi_kubernetes` have thousands of annotated functions and typed dictionaries. Python before 3.14 evaluates
each annotation while a module loads, which is half of the time that they take. As Python 3.14 does by itself
(https://peps.python.org/pep-0649/), annotations are evaluated here when Pulumi asks for those of the resources in use; and typed
dictionaries have no keys, for which nothing asks in a program that runs.

A package of theirs has a module for each resource type and loads them all: a thousand, where the program uses a tenth. Here a
module is loaded when something in it is asked for (https://peps.python.org/pep-0562/).
"""

from __future__ import annotations
import __future__

import ast
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

PACKAGES = ("pulumi_gcp", "pulumi_kubernetes")
COMPILED, OURS = ".pyc", ".lean2.pyc"
"""How the files end that Python keeps what it compiles in, and those beside them that are kept here; another number where what is
compiled changes."""
EXPORTED = re.compile(r"^__all__ = (\[.*?\])", re.MULTILINE | re.DOTALL)
"""What a module has for others."""
LATER = """
def __getattr__(name):
    import importlib
    if name not in _later:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f".{_later[name]}", __name__)
    globals().update({known: getattr(module, known) for known in module.__all__})
    return globals()[name]

def __dir__():
    return [*globals(), *_later]
"""
"""What a package does in place of loading all its modules; `_later` says in which module a name is."""


def install() -> None:
    """Has the SDKs loaded so from now on; not where Python does that itself, or may not keep what it compiles."""
    known = any(isinstance(finder, _Finder) for finder in sys.meta_path)
    if sys.version_info < (3, 14) and not sys.dont_write_bytecode and not known:
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in PACKAGES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    def source_to_code(self, data: Any, path: Any, **_: Any) -> CodeType:
        tree = ast.parse(data, path)
        _load_later(tree, Path(path))
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and [ast.unparse(base) for base in node.bases] == ["TypedDict"]:
                node.body = [ast.copy_location(ast.Pass(), node)]
        return compile(tree, path, "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True)

    def get_data(self, path: str) -> bytes:
        return super().get_data(_ours(path))

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        super().set_data(_ours(path), data, _mode=_mode)


def _load_later(tree: ast.Module, path: Path) -> None:
    """Has a package load its modules when something in them is asked for, instead of all that it has."""
    if path.name != "__init__.py":
        return
    later: dict[str, str] = {}
    for node in list(tree.body):
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module and node.names[0].name == "*":
            found = EXPORTED.search((path.parent / f"{node.module}.py").read_text())
            if found:
                later |= dict.fromkeys(ast.literal_eval(found[1]), node.module)
                tree.body.remove(node)
    if later:
        tree.body += ast.parse(f"_later = {later!r}{LATER}").body


def _ours(path: str) -> str:
    return path.removesuffix(COMPILED) + OURS if path.endswith(COMPILED) else path
