"""How a repository's workflows are let in, without keys: `python -m tools.access --env prod --repository a/b --state BUCKET`.

Prints commands for a shell and runs none of them. They are run once, by somebody who may say who does what in the project.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable

from settings import SettingsError, load_stack_file

from ..inventory import inventory
from ..recorder import ROOT
from .commands import Federation, commands
from .needs import needs_of

REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
KEY = re.compile(r"projects/[^/\s]+/locations/[^/\s]+/keyRings/[^/\s]+/cryptoKeys/[^/\s]+")


def main() -> int:
    """Prints the commands."""
    parser = argparse.ArgumentParser(prog="python -m tools.access", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    parser.add_argument("--repository", required=True, type=_like(REPOSITORY, "owner/name"), help="owner/name on GitHub")
    parser.add_argument("--state", required=True, type=_like(BUCKET, "a bucket's name"), help="the bucket of Pulumi's state")
    parser.add_argument("--key", type=_like(KEY, "projects/…/cryptoKeys/…"), help="the key of the state's secrets")
    arguments = parser.parse_args()
    try:
        project = load_stack_file(ROOT / f"Pulumi.{arguments.env}.yaml").project.id
        types = [entry["type"] for entry in inventory(arguments.env)]
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    wanted = Federation(
        environment=arguments.env,
        project=project,
        repository=arguments.repository,
        state=arguments.state,
        key=arguments.key,
        needs=needs_of(types),
    )
    print("\n".join([*commands(wanted)]))
    return 0


def _like(pattern: re.Pattern[str], says: str) -> Callable[[str], str]:
    def known(text: str) -> str:
        if not pattern.fullmatch(text):
            raise argparse.ArgumentTypeError(f"'{text}' is not {says}")
        return text

    return known


if __name__ == "__main__":
    sys.exit(main())
