"""Small programs as Pulumi programs: with the provider's own SDK classes, under mocks and on the engine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_gcp as gcp

from localcloud.__main__ import run
from localcloud.gcp.catalog import types
from localcloud.store import Store
from tools.recorder import Registration, record

from .parts import Staging
from .world import REGION, Res

Programs = Sequence[tuple[str, Sequence[Res]]]
OUTSIDE = {"gcp:billing/budget:Budget", "gcp:accesscontextmanager/servicePerimeter:ServicePerimeter"}
"""What lives outside every project, and is made on behalf of the provider's own."""


def declare(programs: Programs) -> None:
    """Declares the resources of each project; each waits for those before it in its list."""
    shared = gcp.Provider("google", project="nobody", region=REGION)
    for project, resources in programs:
        outside = any(res.type in OUTSIDE for res in resources)
        provider = gcp.Provider(f"google-{project}", project=project, region=REGION) if outside else shared
        earlier: list[pulumi.Resource] = []
        for res in resources:
            opts = pulumi.ResourceOptions(provider=provider, depends_on=list(earlier))
            own = {"project": project} if "project" in types()[res.type].shape.properties else {}
            earlier.append(sdk_class(res.type)(f"{project}-{res.name}", **snake_case({**own, **res.inputs}), opts=opts))


def sdk_class(token: str) -> Any:
    """The SDK's class of a resource type."""
    module, name = token.split(":")[1].split("/", maxsplit=1)[0], token.rsplit(":", 1)[-1]
    return getattr(getattr(gcp, module), name)


def snake_case(inputs: Any) -> dict[str, Any]:
    """Arguments as the SDK names them, at the top; inside, it takes Pulumi's own names."""
    return {re.sub(r"(?<=[a-z0-9])([A-Z])", lambda m: f"_{m[1].lower()}", name): value for name, value in inputs.items()}


def under_mocks(programs: Programs) -> list[Registration]:
    """What the programs register when nothing but mocks looks at them."""
    recorder = record(lambda: declare(programs), stack="test", config={}, project="test", region=REGION)
    return [known for known in recorder.registrations if known.type.startswith("gcp:")]


def stage(store: Store, commands: Staging) -> None:
    """Tells the local cloud what `python -m localcloud` would be told."""
    for command in commands:
        with store.transaction():
            run(store, list(command))
