"""Measures the program beside two others in the same run: `python -m tools.bench [--rounds 3]`.

prod       the platform, as production has it
trivial    as many resources, each a random id with nothing in it
one        a single such resource

Each runs through the same commands, engine, policy pack and local cloud, in processes of its own, turn by turn. What counts is
the ratio, which says the same on every machine; the seconds are of this one.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_random as random

from .garbage import without_collections_to_the_end
from .inventory import inventory
from .lifecycle.commands import destroy, preview, refresh, up
from .lifecycle.errors import CommandError
from .lifecycle.workspace import Workspace
from .recorder import ROOT, run_main

ENVIRONMENT = "prod"
SUBJECTS = ("prod", "trivial", "one")
STEPS = {"preview": preview, "up": up, "no-change preview": preview, "refresh": refresh, "destroy": destroy}
"""The steps of a round, in their order."""
GOALS = {"preview": 1.5, "up": 1.5, "no-change preview": 1.5}
"""The most that prod may take of what as many trivial resources take."""
PROGRAM_GOAL_SECONDS = 3.0
UNJUDGED = "prod without policies"
POLICIES_GOAL = 1.25
"""The most that a preview with policies may take of one without."""
UNNEEDED_WAIVERS = "policy-waivers-valid"
WITHOUT_GUARDS = {"protection": {"tear_down": ENVIRONMENT}}
"""A destroy is measured too, so the guards are off from the start."""

PROGRAM = """
import time; begun = time.perf_counter()
from tools.inventory import recorded
from components import platform
imported = time.perf_counter()
recorded("prod")
print(imported - begun, time.perf_counter() - imported)
"""
IMPORTS = "import time; begun = time.perf_counter(); import pulumi, pydantic; print(time.perf_counter() - begun)"


@dataclass
class Timings:
    """Seconds by subject and step, one for each round."""

    seconds: dict[tuple[str, str], list[float]] = field(default_factory=dict[tuple[str, str], list[float]])

    def add(self, subject: str, step: str, seconds: float) -> None:
        """Notes a measurement."""
        self.seconds.setdefault((subject, step), []).append(seconds)

    def median(self, subject: str, step: str) -> float:
        """The middle one of the rounds."""
        return statistics.median(self.seconds[subject, step])

    def ratio(self, step: str, other: str) -> float:
        """How many times as long as another subject prod takes, in the middle of the rounds."""
        pairs = zip(self.seconds[SUBJECTS[0], step], self.seconds[other, step], strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)


def main() -> int:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured (default: %(default)s)")
    parser.add_argument("--step", nargs=4, metavar=("SUBJECT", "STEP", "HOME", "COUNT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        subject, step, home, count = arguments.step
        return _step(subject, step, Path(home), int(count))
    if arguments.rounds < 1:
        parser.error("--rounds must be 1 or more")
    count = resources()
    try:
        timings = measured(arguments.rounds, count)
        program = _numbers(PROGRAM, arguments.rounds)
        imports = _numbers(IMPORTS, arguments.rounds)
        policies = policies_ratio(arguments.rounds, count)
    except CommandError as error:
        print(error, file=sys.stderr)
        return error.code
    print(table(timings, count))
    print(program_lines(program, imports))
    print(f"\nA preview of prod takes {policies:.2f} times as long with its policies as without, at most {POLICIES_GOAL:g}.")
    return 0


def resources() -> int:
    """How many resources prod has, providers counted and components not."""
    return sum(entry["custom"] for entry in inventory(ENVIRONMENT))


def measured(rounds: int, count: int) -> Timings:
    """Every subject's steps, turn by turn, each round from nothing."""
    timings = Timings()
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="alphintra-bench-") as folder:
            for step in STEPS:
                for subject in SUBJECTS:
                    print(f"bench: round {number + 1} of {rounds}: {step} of {subject}", file=sys.stderr, flush=True)
                    timings.add(subject, step, _timed(subject, step, Path(folder) / subject, count))
    return timings


def policies_ratio(rounds: int, count: int) -> float:
    """How many times as long a preview of prod takes with its policies as without, turn by turn, in the middle of the rounds."""
    ratios: list[float] = []
    for number in range(rounds):
        print(f"bench: round {number + 1} of {rounds}: policies", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="alphintra-bench-") as folder:
            seconds = [_timed(subject, "preview", Path(folder) / subject, count) for subject in (ENVIRONMENT, UNJUDGED)]
        ratios.append(seconds[0] / seconds[1])
    return statistics.median(ratios)


def table(timings: Timings, count: int) -> str:
    """The ratios, as Markdown."""
    lines = [
        f"prod has {count} resources, trivial as many, one has one and its provider. Ratios are medians of "
        f"{len(timings.seconds[SUBJECTS[0], 'up'])} round(s).",
        "",
        "| step | prod / trivial | at most | prod / one | prod | trivial | one |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for step in STEPS:
        goal = GOALS.get(step)
        shown = [f"{timings.median(subject, step):.2f} s" for subject in SUBJECTS]
        limit = "" if goal is None else f"{goal:g}"
        ratios = [f"{timings.ratio(step, 'trivial'):.2f}", limit, f"{timings.ratio(step, 'one'):.2f}"]
        lines.append(f"| {' | '.join([step, *ratios, *shown])} |")
    return "\n".join(lines)


def program_lines(program: Sequence[Sequence[float]], imports: Sequence[Sequence[float]]) -> str:
    """The program without an engine: how long its imports take, and how long it runs."""
    importing, running = (statistics.median(column) for column in zip(*program, strict=True))
    bare = statistics.median(row[0] for row in imports)
    return (
        f"\nWithout an engine: imports {importing:.2f} s ({importing / bare:.2f} times those of pulumi and pydantic alone), "
        f"settings and components under mocks {running:.2f} s; together {importing + running:.2f} s of at most "
        f"{PROGRAM_GOAL_SECONDS:g} s."
    )


# -- inside


def _timed(subject: str, step: str, home: Path, count: int) -> float:
    command = [sys.executable, "-m", "tools.bench", "--step", subject, step, str(home), str(count)]
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise CommandError(f"{step} of {subject} failed:\n{done.stderr}")
    return seconds


def _step(subject: str, step: str, home: Path, count: int) -> int:
    """One step of one subject, in this process, as our own commands do it."""
    programs: Mapping[str, Callable[[], None]] = {
        "prod": run_main,
        UNJUDGED: run_main,
        "trivial": lambda: _trivial(count - 1),
        "one": lambda: _trivial(1),
    }
    workspace = KINDS.get(subject, Trivial)(ENVIRONMENT, "local", home, programs[subject])
    workspace.override(WITHOUT_GUARDS)
    without_collections_to_the_end()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return STEPS[step](workspace, lambda _: True)
    except CommandError as error:
        print(error, file=sys.stderr)
        return error.code


class Unjudged(Workspace):
    """A stack that no policies look at."""

    @property
    def policy_packs(self) -> list[str]:
        """None."""
        return []


class Trivial(Workspace):
    """A stack of random ids, which has none of what the waivers of the platform excuse."""

    @property
    def policy_pack_configs(self) -> list[str]:
        """All rules on their own levels, but the one that refuses waivers nobody needs."""
        path = self.home / "policies.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({UNNEEDED_WAIVERS: "disabled"}))
        return [str(path)]


KINDS = {"prod": Workspace, UNJUDGED: Unjudged}


def _trivial(count: int) -> None:
    """Random ids, under a provider of their own as everything has."""
    opts = pulumi.ResourceOptions(provider=random.Provider("random"))
    for number in range(count):
        random.RandomId(f"trivial-{number}", byte_length=8, opts=opts)


def _numbers(code: str, rounds: int) -> list[list[float]]:
    """What a piece of Python prints, once for each round, each time in a process of its own."""
    found: list[list[float]] = []
    for _ in range(rounds):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        found.append([float(number) for number in done.stdout.split()])
    return found


if __name__ == "__main__":
    sys.exit(main())
