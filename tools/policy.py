"""Asks the policies about what an environment declares, without an engine: `python -m tools.policy --env prod`.

Prints what is wrong, by subject, and exits 1 where something would stop an update. With --json, --sarif or --junit it writes the
same for machines, each to a file or, with `-`, to stdout in place of the text.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from policies.enforcement import Enforcement, PolicyError, environment_of, levels_in
from policies.judge import Judge, Verdict
from policies.resources import STACK, Resource, Stack
from policies.rule import Level
from policies.rules import RULES
from policies.waivers import load
from settings import SettingsError

from .inventory import recorded
from .policy_formats import Report, as_json, as_junit, as_sarif, as_text
from .policy_inventory import known_to_rules
from .recorder import Recorder

FORMATS: dict[str, Callable[[Report], str]] = {"json": as_json, "sarif": as_sarif, "junit": as_junit}


def main() -> int:
    """Prints the report."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends quietly
    parser = argparse.ArgumentParser(prog="python -m tools.policy", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    parser.add_argument("--config", type=Path, help="levels by rule, as JSON, as `pulumi --policy-pack-config` takes them")
    for name in FORMATS:
        parser.add_argument(f"--{name}", metavar="FILE", help=f"write {name.upper()} to a file, or to stdout with -")
    arguments = parser.parse_args()
    try:
        levels = levels_in(arguments.config, RULES) if arguments.config else {}
        report = judged(recorded(arguments.env), arguments.env, levels)
    except (PolicyError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 2
    wanted = {name: target for name in FORMATS if (target := getattr(arguments, name))}
    for name, target in wanted.items():
        text = FORMATS[name](report)
        if target == "-":
            print(text)
        else:
            Path(target).write_text(text + "\n")
    if "-" not in wanted.values():
        print(as_text(report))
    return 1 if report.stopping else 0


def judged(recorder: Recorder, environment: str, levels: dict[str, Level] | None = None) -> Report:
    """What the policies say of what a program has registered.

    Raises:
        PolicyError: the waivers do not make sense.
    """
    today = datetime.now(tz=UTC).date()
    profile = environment_of(environment)
    enforcement = Enforcement(profile, configured=levels or {})
    judge = Judge(RULES, enforcement, load(RULES, today), today)
    resources = resources_of(recorder)
    found: list[Verdict] = [verdict for known in resources for verdict in judge.resource(known)]
    found += judge.stack(Stack(resources, profile))
    about = {rule.id: sum(rule.is_about(known.type) for known in resources) for rule in RULES}
    return Report(environment, [rule for rule in RULES if enforcement.level(rule) != "disabled"], found, about)


def resources_of(recorder: Recorder) -> Sequence[Resource]:
    """What was registered, as rules see it."""
    return [
        Resource(
            type=known.type,
            urn=known.urn,
            name=known.name,
            properties=known_to_rules(recorder.stack_outputs if known.type == STACK else known.inputs),
            protect=known.protect,
            ignore_changes=known.ignore_changes,
            parent=known.parent,
            provider=known.provider,
            links=known.property_dependencies,
        )
        for known in recorder.registrations
    ]


if __name__ == "__main__":
    sys.exit(main())
