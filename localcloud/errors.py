"""What the local cloud answers when it does not do what was asked."""

from __future__ import annotations


class LocalCloudError(Exception):
    """Anything the local cloud reports to a person; never shown with a traceback."""


class Refusal(LocalCloudError):
    """A request that Google refuses.

    Attributes:
        status: the HTTP status of Google's answer.
        reason: the machine-readable reason, such as `alreadyExists`.
        rule: the id of the rule that refused, where one did.
    """

    def __init__(self, status: int, message: str, reason: str = "", rule: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.reason = reason
        self.rule = rule

    def __str__(self) -> str:
        reason = f", {self.reason}" if self.reason else ""
        return f"googleapi: Error {self.status}: {self.message}{reason}"


class ProviderRefusal(Refusal):
    """A request that Google's provider itself refuses, before it asks the API."""

    def __init__(self, message: str, rule: str = "") -> None:
        super().__init__(0, message, rule=rule)

    def __str__(self) -> str:
        return self.message


class LostAnswer(LocalCloudError):
    """The operation was carried out and its answer never arrived."""


class TimedOut(LocalCloudError):
    """The operation did not end within its time limit, and is still under way at the cloud."""


class StoreError(LocalCloudError):
    """The store cannot be used: damaged, on a full disk, not writable, or of another version."""
