"""Command line: `python -m tools.lifecycle up --env prod --cloud local`."""

from __future__ import annotations

import argparse
import errno
import functools
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from localcloud.errors import LocalCloudError
from tools.garbage import without_collections_to_the_end

from . import adoption, commands
from .errors import FAILED, INTERRUPTED, USAGE, CommandError
from .workspace import LOCAL, Workspace

COMMANDS: dict[str, Callable[[Workspace, commands.Confirm], int]] = {
    "up": commands.up,
    "preview": commands.preview,
    "drift": commands.drift,
    "refresh": commands.refresh,
    "destroy": commands.destroy,
    "unprotect": commands.unprotect,
    "protect": commands.protect,
}
PLANNED = {"preview": commands.preview, "up": commands.up}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and exits as wrongly asked."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{message}\n")


def main() -> int:
    """Runs a command; the exit code is 0, 1 (failed), 2 (drifted), 64 (asked wrongly) or 130 (interrupted)."""
    parser = Parser(prog="python -m tools.lifecycle", description=(commands.__doc__ or "").partition(";")[0])
    parser.add_argument("command", choices=[*COMMANDS])
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    parser.add_argument("--cloud", default="local", choices=["local", "gcp"], help="where (default: %(default)s)")
    parser.add_argument("--home", type=Path, default=LOCAL, help="where the local cloud lives (default: .cache/local)")
    parser.add_argument("--levels", type=Path, help="levels of the policies' rules for this run, as JSON")
    parser.add_argument("--yes", action="store_true", help="do not ask before changing Google Cloud")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="keep what a preview found, and allow an up nothing else")
    parser.add_argument("--adopt", type=Path, metavar="FILE", help="what the cloud has already, and is taken over")
    arguments = parser.parse_args()
    if arguments.adopt and arguments.command not in PLANNED:
        parser.error(f"{arguments.command} adopts nothing; {' and '.join(PLANNED)} do")
    if arguments.plan and arguments.command not in PLANNED:
        parser.error(f"{arguments.command} takes no plan; {' and '.join(PLANNED)} do")
    planned = {name: functools.partial(command, plan=arguments.plan) for name, command in PLANNED.items()}
    command = {**COMMANDS, **planned}[arguments.command]

    def confirm(what: str) -> bool:
        return arguments.yes or (sys.stdin.isatty() and input(f"{what}? Type the environment's name: ") == arguments.env)

    home = arguments.home.resolve()

    def run() -> int:
        adopts: adoption.Adoptions = adoption.read(arguments.adopt) if arguments.adopt else {}
        return command(Workspace(arguments.env, arguments.cloud, home, levels=arguments.levels, adopts=adopts), confirm)

    return guarded(run)


def guarded(action: Callable[[], int]) -> int:
    """Runs a command, and says what went wrong in a sentence; the answer is the exit code."""
    warnings.filterwarnings("ignore", message="Error in event stream")  # the engine was killed; its outcome is told below
    try:
        return action()
    except CommandError as error:
        print(error, file=sys.stderr)
        return error.code
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return FAILED
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(
            f"the disk is full ({error.filename or 'no space left'}); free some, and run the command again",
            file=sys.stderr,
        )
        return FAILED
    except KeyboardInterrupt:
        print("interrupted; nothing is half-done, and running the command again goes on from here", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    without_collections_to_the_end()
    sys.exit(main())
