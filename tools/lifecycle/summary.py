"""What stands after an `up`, in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localcloud.wire import MASK, SIGNATURE
from tools.timing import critical_path

from .events import kind_of, name_of
from .workspace import Workspace

State = Sequence[Mapping[str, Any]]


def summary(workspace: Workspace, resources: State, seconds: float) -> str:
    """The result of an `up`: where it stands, what, its outputs, and what to do next."""
    stack: Mapping[str, Any] = next(resource for resource in resources if resource["type"] == "pulumi:pulumi:Stack")
    outputs: Mapping[str, Any] = stack.get("outputs") or dict[str, Any]()
    return "\n".join(
        [
            *_where(workspace),
            "",
            *components(resources),
            "",
            *_outputs(outputs),
            "",
            *_next(workspace, resources, seconds),
        ]
    )


def components(resources: State) -> Iterator[str]:
    """A line for each component: how many resources of which kind stand in it."""
    by_urn = {resource["urn"]: resource for resource in resources}
    inside: dict[str, Counter[str]] = {}
    for resource in resources:
        if resource.get("custom") and not resource["type"].startswith("pulumi:"):
            inside.setdefault(_component(resource, by_urn), Counter())[kind_of(resource["urn"]).split(":")[1]] += 1
    width = max((len(name) for name in inside), default=0)
    for name, kinds in inside.items():
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        yield f"  {name:<{width}}  {sum(kinds.values()):>3}  {listed}"


def _component(resource: Mapping[str, Any], by_urn: Mapping[str, Mapping[str, Any]]) -> str:
    """The component that a resource belongs to: the outermost one below the platform."""
    chain: list[str] = []
    parent = by_urn.get(str(resource.get("parent")))
    while parent is not None and parent["type"] != "pulumi:pulumi:Stack":
        chain.append(name_of(parent["urn"]))
        parent = by_urn.get(str(parent.get("parent")))
    return chain[-2] if len(chain) > 1 else (chain[0] if chain else "stack")


def _where(workspace: Workspace) -> Iterator[str]:
    name = workspace.environment
    if workspace.cloud == "gcp":
        yield f"'{name}' stands on Google Cloud, in project {workspace.settings.project.id}."
        return
    yield f"'{name}' stands on the LOCAL CLOUD, a stand-in on this machine. Nothing exists at Google, and nothing costs anything."
    if "protection" in workspace.overrides:
        yield f"The guards against deletion are OFF (make unprotect). `make protect ENV={name}` turns them on again."


def _outputs(outputs: Mapping[str, Any]) -> Iterator[str]:
    yield "Outputs:"
    for name, value in sorted(outputs.items()):
        if isinstance(value, Mapping) and SIGNATURE not in value:
            yield f"  {name}:"
            yield from (f"    {key}: {_text(inner)}" for key, inner in sorted(value.items()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        else:
            yield f"  {name}: {_text(value)}"


def _text(value: Any) -> str:
    if isinstance(value, Mapping) and SIGNATURE in value:
        return MASK
    return value if isinstance(value, str) else json.dumps(value)


def _next(workspace: Workspace, resources: State, seconds: float) -> Iterator[str]:
    env = f" ENV={workspace.environment}"
    path = critical_path(resources)
    steps = " -> ".join(f"{name} {_duration(took)}" for name, took in path.steps)
    if workspace.cloud == "local":
        yield f"Took {seconds:.1f} s here. From nothing, Google Cloud takes about {_duration(path.seconds)}; the longest chain:"
        yield f"  {steps}"
        yield ""
    yield "Next:"
    yield f"  make drift{env}      would anything change? (it should not)"
    yield f"  make preview{env}    after changing Pulumi.{workspace.environment}.yaml: what would change"
    if workspace.settings.protected:
        yield f"  make unprotect{env}  take the guards against deletion off, before"
    yield f"  make destroy{env}    remove it all"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes and rest else f"{minutes} min" if minutes else f"{rest} s"
