"""A plugin process ends with the engine that started it, however the engine ends: killed, it cannot tell anybody."""

from __future__ import annotations

import os
import threading
import time


def end_with_parent() -> None:
    """Ends this process, from a thread of its own, once its parent is gone."""
    threading.Thread(target=_wait_for_the_end_of, args=(os.getppid(),), daemon=True).start()


def _wait_for_the_end_of(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)
