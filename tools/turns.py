"""How a program takes turns with what it asks the engine for.

Pulumi's SDK runs a program to its end before it sends the first of its resources, so that the engine and the providers wait for
the program, and then the program waits for them. Here the program rests after each component, and what that declared is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Generator
from typing import Any, cast

import greenlet
import pulumi

Turns = Callable[[], Coroutine[Any, Any, None]]


def in_turns(program: Callable[[], None]) -> Turns:
    """The program, as something that the SDK can wait for and that lets others work after each of its components."""

    async def run() -> None:
        course = greenlet.greenlet(program)
        course.gr_context = greenlet.getcurrent().gr_context  # what the SDK knows of the program that runs
        with _resting(greenlet.getcurrent().switch):
            while not course.dead:
                course.switch()
                await asyncio.sleep(0)

    return run


@contextlib.contextmanager
def _resting(rest: Callable[[], object]) -> Generator[None]:
    """Every component rests when it has declared what it has."""
    component = cast("Any", pulumi.ComponentResource)
    told = component.register_outputs

    def register_outputs(self: pulumi.ComponentResource, outputs: pulumi.Inputs) -> None:
        told(self, outputs)
        rest()

    component.register_outputs = register_outputs
    try:
        yield
    finally:
        component.register_outputs = told
