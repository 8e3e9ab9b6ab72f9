"""How the rules cover the catalogue and the scanners, and why something is left out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .rule import About
from .rules import RULES

FILE = Path(__file__).with_name("coverage.toml")
FRAMEWORKS: Mapping[str, tuple[str, ...]] = {
    "Checkov": ("CKV",),
    "Trivy": ("GCP-", "KSV-"),
    "CIS Google Cloud": ("CIS ",),
    "CIS GKE": ("GKE ",),
}
"""What a number of each framework begins with."""


@dataclass(frozen=True)
class Coverage:
    """The data of coverage.toml."""

    ids: tuple[str, ...]
    covered: Mapping[str, str]
    left_out: Mapping[str, str]
    checkov: Mapping[str, str]
    checkov_elsewhere: Mapping[str, str]
    known: Mapping[str, list[str]]


def coverage() -> Coverage:
    """What the file says."""
    return Coverage(**tomllib.loads(FILE.read_text()))


def numbers(framework: str) -> dict[str, list[About]]:
    """The numbers of a framework that rules have, each with its rules."""
    found: dict[str, list[About]] = {}
    for rule in RULES:
        for number in rule.frameworks:
            if number.startswith(FRAMEWORKS[framework]):
                found.setdefault(number, []).append(rule)
    return found
