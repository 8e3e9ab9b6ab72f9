"""Small programs as Pulumi programs: with the SDK's own classes, under mocks and on the engine."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from tests.localcloud.world import Res

from .world import kubeconfig


def declare(programs: Sequence[Sequence[Res]], provider: pulumi.ProviderResource | None = None, **options: Any) -> None:
    """Declares the objects of programs; each waits for those before it in its program, and what two have is there once."""
    provider = provider or k8s.Provider("cluster", kubeconfig=kubeconfig())
    known: dict[str, pulumi.Resource] = {}
    for resources in programs:
        earlier: list[pulumi.Resource] = []
        for res in resources:
            if res.name not in known:
                opts = pulumi.ResourceOptions(provider=provider, depends_on=list(earlier), **options)
                known[res.name] = _declared(res, opts)
            earlier.append(known[res.name])


def _declared(res: Res, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    inputs = {re.sub(r"(?<=[a-z0-9])([A-Z])", lambda m: f"_{m[1].lower()}", name): value for name, value in res.inputs.items()}
    module, kind = res.type.split(":")[1:]
    group, version = module.rsplit("/", 1)
    try:
        package = importlib.import_module(f"pulumi_kubernetes.{group.split('.')[0]}.{version}")
        sdk_class: Any = getattr(package, kind)
    except (ImportError, AttributeError):
        return k8s.apiextensions.CustomResource(res.name, **inputs, opts=opts)
    return sdk_class(res.name, **inputs, opts=opts)
