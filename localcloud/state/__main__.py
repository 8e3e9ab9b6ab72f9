"""Serves the states of a folder: `python -m localcloud.state FOLDER ENGINE`, which a command starts for itself.

It reads a token from the first line of its input, and prints the port that it serves on. It ends with its input, once no engine
is connected any more: one that outlives a killed command still writes down what it did.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from pathlib import Path

from .service import Service

LOOK_SECONDS = 0.05


def main() -> int:
    """Serves until nobody needs it."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.state", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where a `file://` backend of Pulumi has its states, or will have them")
    parser.add_argument("engine", help="the engine's version")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    service = Service(arguments.folder, arguments.engine, sys.stdin.readline().strip())
    threading.Thread(target=service.serve_forever, args=(LOOK_SECONDS,), daemon=True).start()
    print(service.server_port, flush=True)
    sys.stdin.read()
    while service.connected:
        time.sleep(LOOK_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
