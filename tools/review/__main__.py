"""What a reviewer needs to know of a change, in one comment: `python -m tools.review --env prod --against main`.

Compares what the program declares with what it declared at another revision, without an engine. Exits 3 where a
policy fails; 1 is an error.
"""

from __future__ import annotations

import argparse
import signal
import sys

from policies.enforcement import PolicyError
from settings import SettingsError

from ..cost.table import TableError
from ..inventory import recorded
from ..revision import RevisionError, inventory_at
from .comment import comment
from .made import reviewed

POLICY_FAILS = 3
"""The exit code that no error has: 1 is Python's, 2 is that of arguments which are not understood."""


def main() -> int:
    """Prints the comment."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends quietly
    parser = argparse.ArgumentParser(prog="python -m tools.review", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    parser.add_argument("--against", metavar="REVISION", default="main", help="a revision of git (default: %(default)s)")
    parser.add_argument("--fit", type=int, metavar="CHARACTERS", help="leave out differences that a comment has no room for")
    arguments = parser.parse_args()
    try:
        now = recorded(arguments.env)
        review = reviewed(inventory_at(arguments.against, arguments.env), now, arguments.env, arguments.against)
    except (PolicyError, RevisionError, SettingsError, TableError) as error:
        print(error, file=sys.stderr)
        return 1
    print(comment(review, arguments.fit))
    return POLICY_FAILS if review.fails else 0


if __name__ == "__main__":
    sys.exit(main())
