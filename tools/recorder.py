"""Runs the program without an engine and records what it registers: the source of inventories and component tests."""

from __future__ import annotations

import asyncio
import gc
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import mocks, run_in_stack
from pulumi.runtime import settings as pulumi_settings
from pulumi.runtime.proto import resource_pb2

from localcloud.catalog import foresee, is_kept
from localcloud.gcp.data_sources import data_source, data_sources
from localcloud.wire import receive, send
from settings.load import NAMESPACE

from . import lean_sdk
from .garbage import without_collections
from .running import SDK, quickly

ROOT = Path(__file__).resolve().parents[1]
STACK_TYPE = "pulumi:pulumi:Stack"
UNKNOWN_IN_INVENTORY = "<not known before the update>"

lean_sdk.install()


@dataclass(frozen=True)
class Registration:
    """A resource as the program registered it; secrets are masked."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    protect: bool
    provider: str
    dependencies: list[str]
    property_dependencies: dict[str, list[str]]
    inputs: dict[str, Any]
    ignore_changes: list[str] = field(default_factory=list)
    timeouts: dict[str, str] = field(default_factory=dict[str, str])
    """How long the provider may take to create, update or delete it, where the program says so: 30m."""


class Recorder(mocks.MockMonitor):
    """Stands in for the engine's resource monitor. Outputs are what the local cloud foresees."""

    def __init__(self, project: str, region: str, *, preview: bool) -> None:
        super().__init__(_DataSources(project))
        self._preview = preview
        self.registrations: list[Registration] = []
        self.stack_outputs: dict[str, Any] = {}
        self._project, self._region = project, region
        self._protected: set[str] = set()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN as the engine makes it: with the types of all parents but the stack."""
        parents = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if parents == STACK_TYPE else f"{parents}${type_}"
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{qualified}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs = receive(request.object, mask=True)
        protect = request.protect or request.parent in self._protected
        if protect:
            self._protected.add(urn)
        dependencies = {key: sorted(value.urns) for key, value in request.propertyDependencies.items()}
        self.registrations.append(
            Registration(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent,
                custom=request.custom,
                protect=protect,
                provider=request.provider,
                dependencies=sorted(request.dependencies),
                property_dependencies={key: urns for key, urns in sorted(dependencies.items()) if urns},
                inputs=inputs,
                ignore_changes=list(request.ignoreChanges),
                timeouts={verb.name: value for verb, value in request.customTimeouts.ListFields()},
            )
        )
        if self._preview and request.custom:
            id_, state = "", receive(request.object)  # what is not among the inputs stays unknown
        elif is_kept(request.type):
            id_, state = foresee(request.type, request.name, receive(request.object), self._project, self._region)
        else:
            id_, state = (f"{request.name}-id" if request.custom else ""), _other(request)
        self.resources[urn] = self.ResourceRegistration(urn, id_, state)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=send(state))

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        if request.urn.endswith(f"::{pulumi.get_project()}-{pulumi.get_stack()}"):
            self.stack_outputs = receive(request.outputs, mask=True)
        return empty_pb2.Empty()


def _other(request: Any) -> dict[str, Any]:
    """Outputs of the random provider: the value itself is of no interest to an inventory."""
    made = {"result": f"<{request.name}.result>"} if request.type.startswith("random:") else {}
    return {**receive(request.object), **made}


class _DataSources(mocks.Mocks):
    """Answers what the program looks up from the local cloud's data; it stays the same under a preview."""

    def __init__(self, project: str) -> None:
        self._project = project

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise AssertionError(f"unexpected registration of {args.typ}")

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        if args.token not in data_sources():
            raise AssertionError(f"the program looks something up: {args.token}; it must not")
        given = cast("dict[str, Any]", args.args)
        source, arguments = data_source(args.token), {key: value for key, value in given.items() if value is not None}
        return source.answer(arguments, source.project(arguments, self._project)), []


def record(
    program: Callable[[], None],
    *,
    stack: str,
    config: Mapping[str, str],
    project: str,
    region: str,
    preview: bool = False,
) -> Recorder:
    """Runs a program to its end and returns what it registered.

    Args:
        config: the stack's configuration, with full keys and JSON values, as the engine hands it over.
        project: the Google Cloud project, for foreseen names.
        region: the default region.
        preview: whether outputs stay unknown, as in a preview.
    """
    recorder = Recorder(project, region, preview=preview)
    pulumi_settings.configure(
        mocks.MockSettings(
            monitor=recorder,
            monitor_features=set(cast("Any", recorder).GetDeploymentInfo(None).supportedFeatures),
            engine=mocks.MockEngine(None),
            project=NAMESPACE,
            stack=stack,
            dry_run=preview,
            organization="organization",
            callbacks=None,
        )
    )
    pulumi_settings.set_root_resource(None)  # pyright: ignore[reportArgumentType] - the stack resource is made anew
    pulumi.runtime.set_all_config(dict(config))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with without_collections():
        try:
            loop.run_until_complete(run_in_stack(quickly(program)))
        finally:
            SDK.SETTINGS.outputs.clear()  # what a run that failed was waiting for is nobody's any more
            loop.close()
            gc.collect(0)  # what the run leaves behind ends here, and not in the middle of something else
    return recorder


def run_main() -> None:
    """The program, as Pulumi runs it."""
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
