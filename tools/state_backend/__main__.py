"""Makes the bucket and keys of Pulumi's state, and the stack in it: `python -m tools.state_backend --env prod --bucket NAME`.

Says what is there and what it would do, asks, and does it. Run again it goes on where it stopped; where all is there, it does
nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from settings import SettingsError, load_stack_file

from .. import gcloud
from ..bootstrap import engine
from ..recorder import ROOT
from .parts import LIFECYCLE_FILE, Ask, BackendError, Command, Wanted, lifecycle, parts

BUCKET = re.compile(r"(?!goog)(?!.*google)[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]")
"""https://cloud.google.com/storage/docs/buckets#naming, without dots, which make it a domain that one has to own."""


def main() -> int:
    """Makes what is missing; the exit code is 0, or 1 where something is in the way or nobody agreed."""
    parser = argparse.ArgumentParser(prog="python -m tools.state_backend", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    parser.add_argument("--bucket", required=True, help="the bucket's name, without gs://; nobody in the world may have it yet")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    arguments = parser.parse_args()
    if not BUCKET.fullmatch(arguments.bucket):
        parser.error(
            f"--bucket: '{arguments.bucket}' is no bucket's name: 3 to 63 lower-case letters, digits, - and _, without 'google'"
        )
    try:
        settings = load_stack_file(ROOT / f"Pulumi.{arguments.env}.yaml")
        wanted = Wanted(
            project=settings.project.id, bucket=arguments.bucket, encryption=settings.encryption, now=datetime.now(UTC)
        )
        return _bring_about(wanted, arguments.env, arguments.yes)
    except (SettingsError, gcloud.GcloudError, BackendError, PulumiError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on from here", file=sys.stderr)
        return 130


class PulumiError(Exception):
    """The engine is not there, or says no. The message is what it said."""


def _bring_about(wanted: Wanted, environment: str, yes: bool) -> int:
    todo: list[Command] = []
    for part in parts(wanted):
        found = part.read(gcloud.answer)
        commands = part.make if found is None else part.mend(found)
        verdict = "missing" if found is None else "to be put right" if commands else "there"
        print(f"{verdict:<15}  {part.name}")
        todo += commands
    if todo:
        print("\nto be run:")
        print(
            "\n".join(f"  gcloud {' '.join(command)}" for command in todo).replace(LIFECYCLE_FILE, "<older versions, see docs>")
        )
        if not (
            yes or (sys.stdin.isatty() and input(f"\n{wanted.project}: run it? Type the environment's name: ") == environment)
        ):
            print("nothing was changed: nobody agreed (YES=1 agrees without being asked)", file=sys.stderr)
            return 1
        _run(todo, gcloud.answer)
    _stack(wanted, environment)
    return 0


def _run(commands: Sequence[Command], ask: Ask) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lifecycle.json"
        file.write_text(json.dumps(lifecycle()))
        for number, command in enumerate(commands, 1):
            print(f"[{number}/{len(commands)}] gcloud {' '.join(command[:4])}", file=sys.stderr, flush=True)
            ask(*(word.replace(LIFECYCLE_FILE, str(file)) for word in command))


def _stack(wanted: Wanted, environment: str) -> None:
    """The stack, in the backend, with its secrets under the key."""
    url = f"gs://{wanted.bucket}"
    _pulumi("login", url)
    known = [one["name"] for one in json.loads(_pulumi("stack", "ls", "--json") or "[]")]
    if any(name.rpartition("/")[2] == environment for name in known):
        print(f"{'there':<15}  stack {environment}")
    else:
        _pulumi("stack", "init", environment, f"--secrets-provider={wanted.secrets_provider}")
        print(f"{'made':<15}  stack {environment}; Pulumi.{environment}.yaml names its key now: commit it")
    print(f"\nPulumi keeps {environment} in {url}. Next: make doctor ENV={environment} CLOUD=gcp")


def _pulumi(*words: str) -> str:
    chosen = engine.recorded()
    if chosen is None or not Path(chosen.path).exists():
        raise PulumiError("there is no Pulumi engine yet; `make setup` gets one")
    done = subprocess.run(
        [chosen.path, *words, "--non-interactive"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=gcloud.SECONDS
    )
    if done.returncode:
        raise PulumiError(
            f"pulumi {' '.join(words[:2])}: {done.stderr.strip().removeprefix('error: ') or 'it failed and says nothing'}"
        )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
