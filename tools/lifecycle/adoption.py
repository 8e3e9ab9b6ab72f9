"""Adoption: what exists at the cloud already is taken into the state as the program declares it, rather than made.

A file says which: `type::name` of what is declared, as in `make inventory`, and the id that it has at the cloud. The engine reads
each (https://www.pulumi.com/docs/iac/guides/migration/import/); where anything is otherwise than declared, it would bring it to
that at once, so an update that would is refused.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi.automation import OpType
from pulumi.runtime import register_stack_transformation
from ruamel.yaml.error import YAMLError

from settings.yaml_file import parse

from .errors import USAGE, CommandError
from .events import Change

Adoptions = Mapping[str, str]
"""The ids of what is adopted, by type and name of what is declared."""
EXAMPLE = "gcp:storage/bucket:Bucket::storage-ml-models: alphintra-prod-ml-models"


def read(file: Path) -> Adoptions:
    """What a file says.

    Raises:
        CommandError: it cannot be read, or is not lines like the example.
    """
    try:
        said: Any = parse(file.read_text())
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}", USAGE) from None
    except YAMLError as error:
        raise CommandError(f"{file} is not YAML: {error}", USAGE) from None
    if not isinstance(said, dict) or not said:
        raise CommandError(f"{file} says nothing to adopt; a line is like {EXAMPLE}", USAGE)
    for key, value in cast("dict[Any, Any]", said).items():
        if not isinstance(key, str) or "::" not in key or not isinstance(value, str) or not value:
            raise CommandError(f"{file}: '{key}: {value}' is not a type::name and an id; a line is like {EXAMPLE}", USAGE)
    return cast("dict[str, str]", said)


def check(adoptions: Adoptions, deployment: Mapping[str, Any]) -> None:
    """Looks whether the state has room for what is adopted. What it has already may be named again.

    Raises:
        CommandError: the state has something else there, which an import would replace.
    """
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    known = {key_of(r["urn"]): str(r.get("id", "")) for r in resources}
    for key, wanted in adoptions.items():
        if known.get(key, wanted) != wanted:
            raise CommandError(
                f"{key} is {known[key]} already, so {wanted} cannot be adopted as it: that would delete {known[key]}. "
                "Nothing was changed."
            )


def otherwise(adoptions: Adoptions, changes: Iterable[Change]) -> list[str]:
    """What an update would change of what it adopts, or worse, replace; the engine would do so at once."""
    found = [one for one in changes if key_of(one.urn) in adoptions and one.op != OpType.IMPORT]
    if not found:
        return []
    return [
        "not everything that is adopted is as declared:",
        *(change.line for change in found),
        "Say in the settings what is there, or change it by hand to what is declared. Nothing was changed.",
    ]


def key_of(urn: str) -> str:
    """Type and name of what is declared."""
    return f"{urn.split('::')[2].rpartition('$')[2]}::{urn.rpartition('::')[2]}"


def adopting(program: Callable[[], None], adoptions: Adoptions) -> Callable[[], None]:
    """The program, which takes over what exists instead of making it."""

    @functools.wraps(program)
    def run() -> None:
        waiting = dict(adoptions)

        def adopt(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
            found = waiting.pop(f"{args.type_}::{args.name}", None)
            if found is None:
                return None
            opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(import_=found))
            return pulumi.ResourceTransformationResult(props=args.props, opts=opts)

        register_stack_transformation(adopt)
        program()
        if waiting:
            raise pulumi.RunError(f"nothing is declared as {', '.join(waiting)}; `make inventory` lists what is")

    return run if adoptions else program
