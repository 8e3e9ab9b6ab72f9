"""A disk that fills up must not cost the state: what is done and not written down is an open question.

Before a command changes anything, room is asked for, and some of it is set aside. Where the disk fills up all the same, what was
set aside is given back, the engine says with it what it did, and stops in good order.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from .errors import CommandError

MEGABYTE = 1024 * 1024
NEEDED = 64 * MEGABYTE
"""Free space without which nothing is begun."""
RESERVE = 32 * MEGABYTE
"""What is set aside."""
LOW = 8 * MEGABYTE
"""Free space below which the engine is stopped."""
LOOK_SECONDS = 0.2


@contextmanager
def guarded(folder: Path, stop: Callable[[], None]) -> Generator[None]:
    """Watches the disk that holds a folder while something works there; `stop` is called once where the disk fills up.

    Raises:
        CommandError: there is too little room to begin, or the disk filled up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < NEEDED:
        raise CommandError(
            f"the disk that holds {folder} has {free // MEGABYTE} MB free, and {NEEDED // MEGABYTE} MB are needed. "
            "Nothing was changed."
        )
    reserve = folder / f"reserve.{os.getpid()}"
    with reserve.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, RESERVE)
    done, full = threading.Event(), threading.Event()

    def low() -> bool:
        return shutil.disk_usage(folder).free < LOW

    def watch() -> None:
        while not done.wait(LOOK_SECONDS):
            if low():
                full.set()
                reserve.unlink(missing_ok=True)
                stop()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except CommandError as error:
        if full.is_set() or low():  # what finds no room may fail, and end the work, between two looks
            raise CommandError(
                f"the disk that holds {folder} is full, and the work was stopped; what was done is kept, or found again. Free "
                f"some room, and run the command again to go on from here.\n({error})"
            ) from None
        raise
    finally:
        done.set()
        watcher.join()
        reserve.unlink(missing_ok=True)
