"""How long an `up` from nothing takes at Google, without an engine: `python -m tools.time --env prod`."""

from __future__ import annotations

import argparse
import signal
import sys

from settings import SettingsError

from ..inventory import inventory
from .text import lines


def main() -> int:
    """Prints the schedule's longest chain."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends quietly
    parser = argparse.ArgumentParser(prog="python -m tools.time", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        print("\n".join(lines(inventory(arguments.env), arguments.env)))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
