"""Pulumi's resource provider protocol, spoken for a `Provider`.

See https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto for what each call means.
"""

# The generated base class names its methods after the protocol and leaves their types open.
# pyright: reportIncompatibleMethodOverride=false
# ruff: noqa: N802

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from .errors import LocalCloudError
from .plugin import Difference, NotReady, Provider, State
from .shape import Kind
from .wire import receive, send

T = TypeVar("T")
Context = grpc.ServicerContext

_DIFF = provider_pb2.PropertyDiff
_KINDS = {
    (Kind.ADD, False): _DIFF.ADD,
    (Kind.ADD, True): _DIFF.ADD_REPLACE,
    (Kind.DELETE, False): _DIFF.DELETE,
    (Kind.DELETE, True): _DIFF.DELETE_REPLACE,
    (Kind.UPDATE, False): _DIFF.UPDATE,
    (Kind.UPDATE, True): _DIFF.UPDATE_REPLACE,
}


def serve_on(server: grpc.Server, provider: Provider) -> None:
    """Has a server answer for a provider."""
    add: Callable[..., None] = provider_pb2_grpc.add_ResourceProviderServicer_to_server
    add(Service(provider), server)


class Service(provider_pb2_grpc.ResourceProviderServicer):
    """Translates between messages and a provider."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def Handshake(self, request: Any, context: Context) -> Any:  # noqa: ARG002
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Context) -> Any:  # noqa: ARG002
        return plugin_pb2.PluginInfo(version=self.provider.version)

    def Attach(self, request: Any, context: Context) -> Any:  # noqa: ARG002
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Context) -> Any:  # noqa: ARG002
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Context) -> Any:
        def answer() -> Any:
            failures = self.provider.check_config(receive(request.news))
            found = [provider_pb2.CheckFailure(property=failure.path, reason=failure.reason) for failure in failures]
            return provider_pb2.CheckResponse(inputs=request.news, failures=found)

        return _answered(context, answer)

    def DiffConfig(self, request: Any, context: Context) -> Any:
        def answer() -> Any:
            changed = request.old_inputs != request.news
            some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
            replaces = self.provider.diff_config(receive(request.old_inputs), receive(request.news)) if changed else ()
            return provider_pb2.DiffResponse(changes=some, replaces=replaces, diffs=replaces)

        return _answered(context, answer)

    def Configure(self, request: Any, context: Context) -> Any:
        def answer() -> Any:
            self.provider.configure(receive(request.args))
            return provider_pb2.ConfigureResponse(supportsPreview=True)

        return _answered(context, answer)

    def Check(self, request: Any, context: Context) -> Any:
        def answer() -> Any:
            token, name = _token(request.urn), request.urn.rsplit("::", 1)[-1]
            old, new = receive(request.olds), receive(request.news)
            inputs, failures = self.provider.check(token, name, new, old, request.randomSeed)
            found = [provider_pb2.CheckFailure(property=failure.path, reason=failure.reason) for failure in failures]
            return provider_pb2.CheckResponse(inputs=send(inputs), failures=found)

        return _answered(context, answer)

    def Diff(self, request: Any, context: Context) -> Any:
        def answer() -> Any:
            old = State(request.id, receive(request.old_inputs), receive(request.olds))
            return _difference(self.provider.diff(_token(request.urn), old, receive(request.news), request.ignoreChanges))

        return _answered(context, answer)

    def Invoke(self, request: Any, context: Context) -> Any:
        def answer() -> Any:
            fields: dict[str, Any] = {"return": send(self.provider.invoke(request.tok, receive(request.args)))}
            return provider_pb2.InvokeResponse(**fields)

        return _answered(context, answer)

    def Create(self, request: Any, context: Context) -> Any:
        def answer() -> Any:
            token, inputs = _token(request.urn), receive(request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(properties=send(self.provider.planned(token, inputs, {})))
            state = self.provider.create(token, request.urn, inputs, request.timeout)
            return provider_pb2.CreateResponse(id=state.id, properties=send(state.outputs))

        return _answered(context, answer)

    def Read(self, request: Any, context: Context) -> Any:
        def answer() -> Any:
            before = State(request.id, receive(request.inputs), receive(request.properties))
            state = self.provider.read(_token(request.urn), before)
            if state is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(id=state.id, properties=send(state.outputs), inputs=send(state.inputs))

        return _answered(context, answer)

    def Update(self, request: Any, context: Context) -> Any:
        def answer() -> Any:
            token, inputs = _token(request.urn), receive(request.news)
            before = State(request.id, receive(request.old_inputs), receive(request.olds))
            if request.preview:
                return provider_pb2.UpdateResponse(properties=send(self.provider.planned(token, inputs, before.outputs)))
            state = self.provider.update(token, before, inputs, request.timeout)
            return provider_pb2.UpdateResponse(properties=send(state.outputs))

        return _answered(context, answer)

    def Delete(self, request: Any, context: Context) -> Any:
        def answer() -> Any:
            state = State(request.id, receive(request.old_inputs), receive(request.properties))
            self.provider.delete(_token(request.urn), state, request.timeout)
            return empty_pb2.Empty()

        return _answered(context, answer)


def _token(urn: str) -> str:
    """The resource type in a URN, which also names the types of the parents."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _difference(difference: Difference) -> Any:
    changes = difference.changes
    some = provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE
    top = sorted({path.split(".")[0].split("[")[0] for path in changes})
    detailed = {
        path: provider_pb2.PropertyDiff(kind=_KINDS[change.kind, change.replaces], inputDiff=True)
        for path, change in changes.items()
    }
    return provider_pb2.DiffResponse(
        changes=some,
        diffs=top,
        replaces=[path for path, change in changes.items() if change.replaces],
        detailedDiff=detailed,
        hasDetailedDiff=True,
        deleteBeforeReplace=difference.delete_before_replace,
    )


def _partly(error: NotReady) -> bytes:
    """How the protocol says that a resource is there and does not work: it goes into the state, with the reasons."""
    state = error.state
    detail = provider_pb2.ErrorResourceInitFailed(
        id=state.id, properties=send(state.outputs), inputs=send(state.inputs), reasons=error.reasons
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error.args[0]))
    status.details.add().Pack(detail)
    return status.SerializeToString()


def _answered(context: Context, answer: Callable[[], T]) -> T:
    """Gives an answer, or what went wrong as a sentence; only a defect of ours shows a traceback."""
    try:
        return answer()
    except NotReady as error:
        context.set_trailing_metadata((("grpc-status-details-bin", _partly(error)),))
        return context.abort(grpc.StatusCode.UNKNOWN, str(error.args[0]))
    except LocalCloudError as error:
        return context.abort(grpc.StatusCode.UNKNOWN, str(error))
    except Exception:
        return context.abort(grpc.StatusCode.INTERNAL, f"defect in the local cloud:\n{traceback.format_exc()}")
