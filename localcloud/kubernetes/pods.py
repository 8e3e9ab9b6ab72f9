"""The pods that an object asks for."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..values import at, is_object
from .kinds import Kind

STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
_SUFFIXES = {
    "": Fraction(1),
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    **{name: Fraction(1000**power) for power, name in enumerate("kMGTPE", start=1)},
    **{f"{name}i": Fraction(1024**power) for power, name in enumerate("KMGTPE", start=1)},
}
Amounts = dict[str, Fraction]


@dataclass(frozen=True, kw_only=True)
class Pods:
    """Pods that are alike: their number and what they are made from."""

    owner: str
    namespace: str
    name: str
    count: int
    labels: Mapping[str, str]
    spec: Mapping[str, Any]

    def containers(self) -> Iterator[Mapping[str, Any]]:
        """All containers, those of the initialisation first."""
        yield from self.spec.get("initContainers") or ()
        yield from self.spec.get("containers") or ()

    @functools.cached_property
    def requests(self) -> Amounts:
        """What one pod asks for."""
        return self.amounts("requests")

    def amounts(self, which: str) -> Amounts:
        """What one pod asks for: the sum of `requests` or `limits`, or what its largest initialisation needs."""
        steady: Amounts = {}
        peak: Amounts = {}
        for container in self.spec.get("initContainers") or ():
            own = _asked(container, which)
            if container.get("restartPolicy") == "Always":  # a sidecar: it stays
                steady = _sum(steady, own)
            else:
                peak = _largest(peak, _sum(steady, own))
        for container in self.spec.get("containers") or ():
            steady = _sum(steady, _asked(container, which))
        return _largest(steady, peak)


def pods_of(kind: Kind, given: Mapping[str, Any]) -> Pods | None:
    """The pods of an object; None where its kind has none."""
    if kind.pods is None:
        return None
    template: Any = given if kind.pods == "." else at(given, kind.pods)
    if not is_object(template):
        return None
    name = str(at(given, "metadata.name"))
    ending = "" if kind.pods == "." else "-0" if kind.token == STATEFUL_SET else "-"
    count = at(given, kind.replicas) if kind.replicas else None
    return Pods(
        owner=f"{kind.kind}/{name}",
        namespace=str(at(given, "metadata.namespace") or "default"),
        name=f"{name}{ending}",
        count=1 if count is None else int(count),
        labels=at(template, "metadata.labels") or {},
        spec=template.get("spec") or {},
    )


def quantity(value: Any) -> Fraction:
    """The number that `1500m`, `16Gi` or `4` stands for."""
    return _number(str(value))


@functools.lru_cache(maxsize=1024)
def _number(text: str) -> Fraction:
    found = re.fullmatch(r"([+-]?[0-9.]+)(?:([a-zA-Z]*)|([eE][+-]?[0-9]+))", text)
    if found is None or (found[2] or "") not in _SUFFIXES:
        return Fraction(str(float(text)))  # with an exponent
    return Fraction(found[1]) * _SUFFIXES[found[2] or ""]


def shown(resource: str, amount: Fraction) -> str:
    """A quantity as Kubernetes writes it."""
    if resource.rpartition(".")[2] in ("memory", "storage", "ephemeral-storage") or "hugepages" in resource:
        for unit in ("Ti", "Gi", "Mi", "Ki"):
            if amount and amount % _SUFFIXES[unit] == 0:
                return f"{amount / _SUFFIXES[unit]}{unit}"
        return str(int(amount))
    return str(amount) if amount.denominator == 1 else f"{int(amount * 1000)}m"


def _asked(container: Mapping[str, Any], which: str) -> Amounts:
    """What a container asks for; a request that is not given is the limit."""
    limits: Mapping[str, Any] = at(container, "resources.limits") or {}
    given: Mapping[str, Any] = at(container, f"resources.{which}") or {}
    both = {**limits, **given} if which == "requests" else given
    return {name: quantity(value) for name, value in both.items()}


def _sum(left: Amounts, right: Amounts) -> Amounts:
    return {name: left.get(name, Fraction()) + right.get(name, Fraction()) for name in {**left, **right}}


def _largest(left: Amounts, right: Amounts) -> Amounts:
    return {name: max(left.get(name, Fraction()), right.get(name, Fraction())) for name in {**left, **right}}
