"""How our commands run a program: nothing is lost by what is saved."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pulumi
import pytest

from tools.recorder import record
from tools.running import SDK, all_told


def run(program: Callable[[], None]) -> None:
    record(program, stack="dev", config={}, project="alphintra-dev", region="us-central1")


def test_it_is_waited_for_every_output() -> None:
    told: list[int] = []

    def program() -> None:
        first = pulumi.Output.from_input(1)
        for _ in range(20):  # each is known after the one before
            first = first.apply(lambda value: pulumi.Output.from_input(value + 1))
        first.apply(told.append)

    run(program)
    assert told == [21]


@pytest.mark.parametrize("fails", [False, True])
def test_an_output_that_has_its_value_does_not_end_the_waiting_and_one_that_fails_does(fails: bool) -> None:
    async def waiting() -> bool:
        loop = asyncio.get_running_loop()
        has_its_value, comes_later = loop.create_future(), loop.create_future()
        has_its_value.set_result(None)
        SDK.SETTINGS.outputs.update({has_its_value, comes_later})  # the SDK takes what is known off a moment later
        told = asyncio.ensure_future(all_told())
        await asyncio.sleep(0.05)
        ended_early = told.done()
        SDK.SETTINGS.outputs.discard(has_its_value)
        if fails:
            comes_later.set_exception(ValueError())
        else:
            SDK.SETTINGS.outputs.discard(comes_later)
            comes_later.set_result(None)
        await asyncio.wait_for(told, timeout=5)
        SDK.SETTINGS.outputs.discard(comes_later)
        return ended_early

    assert not asyncio.run(waiting())


def test_a_failure_in_an_apply_is_told() -> None:
    def program() -> None:
        pulumi.Output.from_input(1).apply(lambda value: value / 0)

    with pytest.raises(ZeroDivisionError):
        run(program)


def test_the_engine_is_told_what_the_program_says_and_not_what_the_sdk_does(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi.log, "debug", pulumi.log.debug)  # put back afterwards, as it is for everybody else

    def program() -> None:
        pulumi.ComponentResource("alphintra:data:Anything", "x")
        pulumi.info("said")

    with caplog.at_level(logging.DEBUG):
        run(program)
    assert [record.message for record in caplog.records if record.name == "root"] == ["said"]


def test_an_error_of_the_program_is_its_own() -> None:
    def program() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        run(program)
