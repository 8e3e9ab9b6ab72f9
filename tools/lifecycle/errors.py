"""What a command says when it cannot do what was asked."""

from __future__ import annotations

FAILED, DRIFTED, USAGE, INTERRUPTED = 1, 2, 64, 130
"""Exit codes: it failed; something would change (`drift` only); asked wrongly; stopped by Ctrl-C."""


class CommandError(Exception):
    """A failure that a person can act on; the message says how. Never shown with a traceback."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code
