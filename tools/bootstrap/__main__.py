"""Command line of the set-up: `python3 -m tools.bootstrap [--help]`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this very check is for the older ones
    sys.exit("set-up: Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")

import argparse
import contextlib
import fcntl
import os
from collections.abc import Generator

from . import engine, environment
from .console import SetupError, say


def main() -> int:
    """Sets up what is missing; prints nothing where nothing is."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.bootstrap", description=__doc__)
    parser.add_argument("--without-engine", action="store_true", help="only the virtual environment")
    arguments = parser.parse_args()
    try:
        with _one_at_a_time():
            environment.ensure()
            if not arguments.without_engine:
                engine.ensure()
    except SetupError as error:
        say(f"failed: {error}")
        return 1
    except OSError as error:
        say(f"failed: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; what was fetched and compiled is kept, so running the command again goes on from here")
        return 130
    return 0


@contextlib.contextmanager
def _one_at_a_time() -> Generator[None]:
    cache = environment.ROOT / ".cache"
    cache.mkdir(exist_ok=True)
    with (cache / "bootstrap.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is under way in this checkout; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


if __name__ == "__main__":
    sys.exit(main())
