"""A program that takes turns with its calls declares what it declares without."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Generator
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from tools import turns
from tools.inventory import recorded
from tools.recorder import Recorder, record
from tools.running import SDK


def run(program: Callable[[], None]) -> Recorder:
    return record(program, stack="dev", config={}, project="alphintra-dev", region="us-central1")


def component(name: str) -> pulumi.ComponentResource:
    made = pulumi.ComponentResource("a:b:Group", name)
    pulumi.ComponentResource("a:b:Inner", f"{name}-inner", None, pulumi.ResourceOptions(parent=made))
    made.register_outputs({"name": name})
    return made


def test_what_a_component_declares_is_sent_while_the_program_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    register = Recorder.RegisterResource

    def noting(recorder: Recorder, request: Any) -> Any:
        sent.append(request.name)
        return register(recorder, request)

    monkeypatch.setattr(Recorder, "RegisterResource", noting)
    seen: list[int] = []

    def program() -> None:
        for number in range(200):
            component(f"group-{number}")
            seen.append(len(sent))

    run(program)
    assert 0 < seen[-1] <= len(sent) == 401
    assert seen[0] < 3


def test_what_is_told_in_a_turn_is_part_of_the_stack() -> None:
    def program() -> None:
        component("x")
        pulumi.export("said", component("y").urn)

    assert list(run(program).stack_outputs) == ["said"]


def test_a_program_that_fails_between_its_components_fails_with_its_own_error() -> None:
    register_outputs = pulumi.ComponentResource.register_outputs

    def program() -> None:
        component("x")
        raise KeyError("own")

    with pytest.raises(KeyError, match="own"):
        run(program)
    assert pulumi.ComponentResource.register_outputs is register_outputs


def test_a_component_may_be_declared_once_something_is_known() -> None:
    def program() -> None:
        component("x").urn.apply(lambda _: component("y"))

    assert [known.name for known in run(program).registrations if known.type == "a:b:Group"] == ["x", "y"]


def test_whether_calls_are_answered_early_or_late_the_program_declares_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a resource needs of a component is what that has when it is asked: all must be there by then."""

    async def answered(_: float) -> None:
        calls = SDK._get_rpc_manager().rpcs  # those under way; what they bring about is another
        while any(not call.done() for call in calls):
            await asyncio.sleep(0.001)

    with monkeypatch.context() as early:
        early.setattr(turns, "asyncio", SimpleNamespace(sleep=answered))
        asked_early = recorded("prod").registrations

    @contextlib.contextmanager
    def not_resting(_: object) -> Generator[None]:
        yield

    with monkeypatch.context() as late:
        late.setattr(turns, "_resting", not_resting)
        asked_late = recorded("prod").registrations
    assert [known.urn for known in asked_early] != [known.urn for known in asked_late], "nothing was early"
    assert sorted(asked_early, key=str) == sorted(asked_late, key=str)
