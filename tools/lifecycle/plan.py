"""A plan: what a preview found, kept in a file for a review, and obeyed by the update that it allows.

The engine compares every step of an update with its plan. That is not enough: a plan that says `make it 8 CPUs` fits whatever
stands there meanwhile. So the file also says which environment, which cloud and which state it was made from, and holds for no
other.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from localcloud.wire import MASK, SIGNATURE

from .errors import CommandError
from .workspace import Workspace

KEYS = frozenset({"environment", "cloud", "state", "plan"})


@contextmanager
def saving(workspace: Workspace, file: Path | None, deployment: Mapping[str, Any]) -> Generator[Path | None]:
    """Gives a file for the engine's plan, and keeps that with what it holds for.

    Args:
        workspace: the stack.
        file: where the plan is kept; none where nobody asked for one.
        deployment: the state that the plan is made from.

    Raises:
        CommandError: the file cannot be written.
    """
    if file is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="alphintra-plan-") as folder:
        made = Path(folder) / "plan.json"
        yield made
        kept = {**_holds_for(workspace, deployment), "plan": json.loads(made.read_text())}
        try:
            file.touch(mode=0o600)
            file.write_text(json.dumps(kept))
        except OSError as error:
            raise CommandError(f"the plan cannot be kept in {file}: {error.strerror}") from None


@contextmanager
def obeying(workspace: Workspace, file: Path | None, deployment: Mapping[str, Any]) -> Generator[Path | None]:
    """Gives a file with the engine's plan, where it holds for this stack as it is now.

    Args:
        workspace: the stack.
        file: the kept plan; none where the update needs none.
        deployment: the state as it is.

    Raises:
        CommandError: the file is not a plan, or one for something else.
    """
    if file is None:
        yield None
        return
    kept = read(file)
    now = _holds_for(workspace, deployment)
    again = f"Nothing was changed; `make preview ENV={workspace.environment} PLAN=<file>` makes a new one."
    for key in ("environment", "cloud"):
        if kept[key] != now[key]:
            raise CommandError(f"{file} is a plan for {key} {kept[key]}, not {now[key]}. {again}")
    if kept["state"] != now["state"]:
        raise CommandError(
            f"{file} no longer matches: '{workspace.environment}' was changed after the plan was made, so what was reviewed is "
            f"not what would happen. {again}"
        )
    with tempfile.TemporaryDirectory(prefix="alphintra-plan-") as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps(kept["plan"]))
        yield plan


def digest(deployment: Mapping[str, Any]) -> str:
    """A digest of a state: of what stands, and what is under way; not of how its secrets happen to be encrypted this time."""
    known: dict[str, Any] = {key: deployment.get(key) or [] for key in ("resources", "pending_operations")}
    return hashlib.sha256(json.dumps(_without_secrets(known), sort_keys=True).encode()).hexdigest()


def _holds_for(workspace: Workspace, deployment: Mapping[str, Any]) -> dict[str, str]:
    return {"environment": workspace.environment, "cloud": workspace.cloud, "state": digest(deployment)}


def read(file: Path) -> Mapping[str, Any]:
    """What is kept in a file; refuses what is no plan."""
    try:
        kept: Any = json.loads(file.read_text())
    except FileNotFoundError:
        raise CommandError(f"there is no plan in {file}; `make preview PLAN={file}` makes one") from None
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be read as a plan: {error}") from None
    if not isinstance(kept, dict) or kept.keys() != KEYS:  # pyright: ignore[reportUnknownMemberType]
        raise CommandError(f"{file} is no plan of ours; `make preview PLAN=<file>` makes one")
    return cast("Mapping[str, Any]", kept)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        known = cast("Mapping[str, Any]", value)
        return MASK if SIGNATURE in known else {key: _without_secrets(inner) for key, inner in known.items()}
    return [_without_secrets(inner) for inner in cast("list[Any]", value)] if isinstance(value, list) else value
