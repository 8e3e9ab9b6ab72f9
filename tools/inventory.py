"""Lists what the program declares for an environment, without an engine: `python -m tools.inventory --env prod`.

The answer is a JSON array with one object a planned resource: urn, type, parent, protect, dependencies, property
dependencies, what changes of it are ignored, and inputs, with secrets masked.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Mapping
from typing import Any

from localcloud.values import UNKNOWN
from settings import NAMESPACE, SettingsError
from settings.load import overridden, read_stack_file
from settings.profiles import overlay

from .recorder import ROOT, UNKNOWN_IN_INVENTORY, Recorder, Registration, record, run_main


def main() -> int:
    """Prints the inventory."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends quietly
    parser = argparse.ArgumentParser(prog="python -m tools.inventory", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        found = inventory(arguments.env)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(found, indent=2, default=_text))
    return 0


def inventory(environment: str, over: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The planned resources of an environment, with other settings laid on top where given.

    Raises:
        SettingsError: the settings are not allowed.
    """
    return entries(recorded(environment, over))


def entries(recorder: Recorder) -> list[dict[str, Any]]:
    """What a program has registered, as an inventory."""
    registrations = recorder.registrations
    return [_entry(registration) for registration in sorted(registrations, key=lambda known: known.urn)]


def recorded(environment: str, over: Mapping[str, Any] | None = None, *, preview: bool = False) -> Recorder:
    """Runs the program for an environment and records what it registers.

    Raises:
        SettingsError: the settings are not allowed.
    """
    file = ROOT / f"Pulumi.{environment}.yaml"
    given = read_stack_file(file)
    settings = overridden(given, over or {}, file.name)
    config = {f"{NAMESPACE}:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    for key, value in (over or {}).items():
        merged = overlay(given, {key: value})[key]
        config[f"{NAMESPACE}:{key}"] = merged if isinstance(merged, str) else json.dumps(merged)
    return record(
        run_main,
        stack=environment,
        config=config,
        project=settings.project.id,
        region=settings.regions.primary,
        preview=preview,
    )


def _entry(registration: Registration) -> dict[str, Any]:
    return {
        "urn": registration.urn,
        "type": registration.type,
        "name": registration.name,
        "parent": registration.parent,
        "custom": registration.custom,
        "protect": registration.protect,
        "provider": registration.provider,
        "dependencies": registration.dependencies,
        "propertyDependencies": registration.property_dependencies,
        "ignoreChanges": registration.ignore_changes,
        "inputs": registration.inputs,
    }


def _text(value: object) -> str:
    return UNKNOWN_IN_INVENTORY if value is UNKNOWN else str(value)


if __name__ == "__main__":
    sys.exit(main())
