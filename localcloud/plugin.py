"""What a provider of the local cloud does, in plain Python: `service.py` speaks Pulumi's protocol on its behalf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .errors import LocalCloudError
from .shape import Change, Failure
from .values import Props


@dataclass(frozen=True)
class Difference:
    """What an update would change."""

    changes: Mapping[str, Change] = field(default_factory=dict[str, Change])
    delete_before_replace: bool = False


@dataclass(frozen=True)
class State:
    """A resource as its provider reports it: id, inputs as they would be given, and outputs."""

    id: str
    inputs: Props
    outputs: Props


class NotReady(LocalCloudError):
    """The resource was made or changed, and does not work.

    Attributes:
        state: the resource as it is.
        reasons: why it does not work, one by one.
        rule: the id of the first rule that said so.
    """

    def __init__(self, message: str, state: State, reasons: Sequence[str], rule: str = "") -> None:
        super().__init__(message)
        self.state = state
        self.reasons = reasons
        self.rule = rule

    def __str__(self) -> str:
        return ": ".join([str(self.args[0]), "; ".join(self.reasons)])


class Provider(Protocol):
    """A resource provider. Inputs may hold `UNKNOWN`; secrets arrive as their plain values."""

    @property
    def version(self) -> str:
        """The version of the official provider that this one stands in for."""
        ...

    def check_config(self, config: Props) -> list[Failure]:
        """What is wrong with the provider's own settings."""
        ...

    def diff_config(self, old: Props, new: Props) -> Sequence[str]:
        """The settings whose change needs a new provider, and with it new resources."""
        ...

    def configure(self, config: Props) -> None:
        """Takes the provider's own settings."""
        ...

    def check(self, token: str, name: str, inputs: Props, old_inputs: Props, seed: bytes) -> tuple[Props, list[Failure]]:
        """The inputs with what the provider adds, and what is wrong with them."""
        ...

    def diff(self, token: str, old: State, inputs: Props, ignore: Sequence[str]) -> Difference:
        """What changing the inputs would do."""
        ...

    def planned(self, token: str, inputs: Props, old_outputs: Props) -> Props:
        """The outputs as a preview shows them; raises LocalCloudError where the update would be refused."""
        ...

    def create(self, token: str, urn: str, inputs: Props, timeout: float) -> State:
        """Creates a resource; raises LocalCloudError where it cannot."""
        ...

    def read(self, token: str, state: State) -> State | None:
        """The resource as it is now, or None where it is gone."""
        ...

    def update(self, token: str, state: State, inputs: Props, timeout: float) -> State:
        """Changes a resource in place; raises LocalCloudError where it cannot."""
        ...

    def invoke(self, token: str, arguments: Props) -> Props:
        """What a data source answers; raises LocalCloudError where it is not known."""
        ...

    def delete(self, token: str, state: State, timeout: float) -> None:
        """Deletes a resource; raises LocalCloudError where it cannot."""
        ...
