"""How our commands run a program: as Pulumi does, without what costs much and tells nothing."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from typing import Any, cast

from pulumi import log
from pulumi.runtime import settings

from . import quick_sdk
from .turns import Turns, in_turns

SDK: Any = cast("Any", settings)
"""What the SDK knows of the program that runs; it has no public names for it."""
Program = Callable[[], None]

LOOK_SECONDS = 0.005
"""How often to look whether every output has its value."""
FAILURES_SECONDS = 0.25
"""How often to look whether one has failed, which takes longer: there are tens of thousands."""


def quickly(program: Program) -> Turns:
    """The program, run without the SDK's own talk and with quicker answers, in turns with its calls, and waited for patiently."""
    return in_turns(_silent(_patient(_quick(program))))


def _silent(program: Program) -> Program:
    """The program, without what the SDK says of itself on the level of debugging.

    Each line is a call to the engine that the program waits for, four a resource, and our commands show none of them.
    """

    @functools.wraps(program)
    def run() -> None:
        log.debug = _nothing
        program()

    return run


def _nothing(*_: Any, **__: Any) -> None: ...


def _quick(program: Program) -> Program:
    """The program, with functions of the SDK's that come to the same sooner."""

    @functools.wraps(program)
    def run() -> None:
        quick_sdk.install()
        program()

    return run


def _patient(program: Program) -> Program:
    """The program, and then one wait until every output has its value.

    The SDK waits for the first of all outputs to have one, then for the first of the rest, and so on: for hundreds of resources
    that is most of what the process does. It first waits for calls under way, so the one wait stands among those.
    """

    @functools.wraps(program)
    def run() -> None:
        program()
        SDK._get_rpc_manager().rpcs.append(asyncio.ensure_future(all_told()))

    return run


async def all_told() -> None:
    """Returns once there is nothing to wait for, or something has failed: the SDK finds out what, and says it.

    Outputs that have their values leave the SDK's list by themselves, and those that failed stay on it. To be called back by each
    costs a fifth of a run of the program; a look at the list costs nothing.
    """
    manager, looked = SDK._get_rpc_manager(), time.monotonic()
    while SDK.SETTINGS.outputs and manager.unhandled_exception is None:
        if time.monotonic() - looked > FAILURES_SECONDS:
            with SDK.SETTINGS.lock:
                outputs: list[asyncio.Future[Any]] = list(SDK.SETTINGS.outputs)
            if any(output.done() and (output.cancelled() or output.exception()) for output in outputs):
                return
            looked = time.monotonic()
        await asyncio.sleep(LOOK_SECONDS)
