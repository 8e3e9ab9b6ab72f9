"""Loads the providers' SDKs without what only a type checker reads.

`pulumi_gcp` and `pulumi_kubernetes` have thousands of annotated functions and typed dictionaries. Python before 3.14 evaluates
each annotation while a module loads, which is half of the time that they take. As Python 3.14 does by itself
(https://peps.python.org/pep-0649/), annotations are evaluated here when Pulumi asks for those of the resources in use; and typed
dictionaries have no keys, for which nothing asks in a program that runs.
"""

from __future__ import annotations
import __future__

import ast
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

PACKAGES = ("pulumi_gcp", "pulumi_kubernetes")
COMPILED, OURS = ".pyc", ".lean.pyc"
"""How the files end that Python keeps what it compiles in, and those beside them that are kept here."""


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
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and [ast.unparse(base) for base in node.bases] == ["TypedDict"]:
                node.body = [ast.copy_location(ast.Pass(), node)]
        return compile(tree, path, "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True)

    def get_data(self, path: str) -> bytes:
        return super().get_data(_ours(path))

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        super().set_data(_ours(path), data, _mode=_mode)


def _ours(path: str) -> str:
    return path.removesuffix(COMPILED) + OURS if path.endswith(COMPILED) else path
