"""What Compute Engine's machine types have, and where: machines.toml."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from .errors import LocalCloudError

MI = 1024**2
GI = 1024**3


@functools.cache
def machine_data() -> Mapping[str, Any]:
    """What machine types have: machines.toml."""
    return tomllib.loads((Path(__file__).parent / "machines.toml").read_text())


def capacity(machine_type: str) -> tuple[int, Fraction]:
    """The vCPUs and the bytes of memory of a machine type.

    Raises:
        LocalCloudError: it is not known.
    """
    shared = machine_data()["shared"].get(machine_type)
    if shared:
        return int(shared["cpu"]), Fraction(shared["memory"]) * GI
    if custom := re.fullmatch(r"(?:[a-z0-9]+-)?custom-(\d+)-(\d+)(?:-ext)?", machine_type):
        return int(custom[1]), Fraction(int(custom[2])) * MI
    found = re.fullmatch(r"([a-z0-9]+-([a-z]+))-(\d+)(?:-lssd)?", machine_type)
    ratios: Mapping[str, float] = machine_data()["memory_per_vcpu"]
    ratio = (ratios.get(found[1]) or ratios.get(found[2])) if found else None
    if found is None or ratio is None:
        raise LocalCloudError(f"the local cloud does not know the machine type {machine_type}; see localcloud/machines.toml")
    return int(found[3]), Fraction(str(ratio)) * int(found[3]) * GI
