"""Before a member stops: a primary writes what it holds to disk and hands over to a standby, so that nobody waits for its lock
to run out. Whatever goes wrong here, the member stops all the same."""

from __future__ import annotations

import os
import sys
import time
import urllib.error

from common import password, patroni, psql

PATIENCE = 60
"""Seconds to wait for a standby that may take over."""


def hand_over(rest: str, socket: str) -> str:
    """Hands over; says what was done."""
    name = str(patroni("GET", f"{rest}/patroni")["patroni"]["name"])
    psql(socket, "CHECKPOINT")  # the stop, and a rewind after it, have less to do
    members = patroni("GET", f"{rest}/cluster")["members"]
    own = next(member for member in members if member["name"] == name)
    others = [member for member in members if member["name"] != name and member["state"] in ("running", "streaming")]
    if own["role"] != "leader" or not others:
        return f"{name} is {own['role']} of {len(members)}: nothing to hand over"
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return str(patroni("POST", f"{rest}/switchover", {"leader": name}, secret=password("rest-api"), seconds=60))
        except urllib.error.HTTPError:
            # No standby may take over yet, such as shortly after another switchover. Stopping now would leave nobody who may.
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


if __name__ == "__main__":
    try:
        sys.stdout.write(hand_over(os.environ["REST"], os.environ["SOCKET"]) + "\n")
    except (OSError, RuntimeError, urllib.error.URLError, KeyError, StopIteration) as error:
        sys.stderr.write(f"not handed over: {error}\n")
