"""Compute Engine's machine types, and how much of a machine GKE leaves to pods."""

from __future__ import annotations

import re
from typing import NamedTuple

MEMORY_PER_CPU = {"standard": 4096, "highmem": 8192, "highcpu": 1024}
"""MiB for each vCPU, in the families E2, N2 and N2D
(https://cloud.google.com/compute/docs/general-purpose-machines)."""
CPUS = {
    "e2": (2, 4, 8, 16, 32),
    "n2": (2, 4, 8, 16, 32, 48, 64, 80, 96, 128),
    "n2d": (2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224),
}
"""The sizes of each family's predefined machines (same page)."""
TYPE = re.compile(r"(e2|n2|n2d)-(?:(standard|highmem|highcpu)-(\d+)|custom-(\d+)-(\d+))")
LARGEST_CUSTOM_MEMORY_PER_CPU = 8192
MEMORY_STEP = 256
CPU_RESERVES = ((1, 60), (1, 10), (2, 5), (None, 2.5))
"""What GKE keeps of so many vCPUs, in thousandths of each: 6 % of the first, 1 % of the next, 0.5 % of the next two, 0.25 % of
the rest (https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes#memory_and_cpu_reservations)."""
MEMORY_RESERVES = ((4096, 0.25), (4096, 0.20), (8192, 0.10), (114688, 0.06), (None, 0.02))
"""The share that GKE keeps of so many MiB (same page)."""
EVICTION_MIB = 100
"""Below so much free memory the kubelet evicts pods; they cannot have it (same page)."""


class Size(NamedTuple):
    """Processors and memory."""

    cpu: float
    """Thousandths of a vCPU."""
    memory: float
    """MiB."""

    def __str__(self) -> str:
        return f"{self.cpu:.0f}m CPU and {self.memory:.0f} MiB"


DAEMONS = Size(500, 1536)
"""What GKE's own pods on every node ask for (network, DNS cache, logging, metrics, metadata, disks: about 0.4 vCPU and 0.8 GiB),
and what the kernel keeps of the memory, rounded up. An estimate: Google publishes no figure, and it grows with each add-on."""


def machine_size(machine_type: str) -> Size:
    """The whole machine.

    Raises:
        ValueError: there is no such machine type, or none of a family that takes SSD persistent disks.
    """
    known = TYPE.fullmatch(machine_type)
    if known is None:
        raise ValueError(
            f"is {machine_type}; take a type of the families e2, n2 or n2d, which the persistent disks of the data stores fit: "
            "n2-standard-8, or n2-custom-10-43008 for 10 vCPU and 43008 MiB"
        )
    family, kind, cpus, custom_cpus, memory = known.groups()
    if kind:
        if int(cpus) not in CPUS[family]:
            raise ValueError(f"is {machine_type}; {family} machines have {', '.join(map(str, CPUS[family]))} vCPUs")
        return Size(int(cpus) * 1000, int(cpus) * MEMORY_PER_CPU[kind])
    count, mib = int(custom_cpus), int(memory)
    if count % 2 or mib % MEMORY_STEP or not count * 512 <= mib <= count * LARGEST_CUSTOM_MEMORY_PER_CPU:
        raise ValueError(
            f"is {machine_type}; a custom machine has an even number of vCPUs, and for each of them 512 to "
            f"{LARGEST_CUSTOM_MEMORY_PER_CPU} MiB, in steps of {MEMORY_STEP}: here {count * 512} to "
            f"{count * LARGEST_CUSTOM_MEMORY_PER_CPU}"
        )
    return Size(count * 1000, mib)


def allocatable(machine: Size) -> Size:
    """What GKE leaves of a machine to pods."""
    cpu = _reserved(machine.cpu / 1000, CPU_RESERVES)
    memory = _reserved(machine.memory, MEMORY_RESERVES)
    return Size(machine.cpu - cpu, machine.memory - memory - EVICTION_MIB)


def _reserved(whole: float, steps: tuple[tuple[int | None, float], ...]) -> float:
    kept, rest = 0.0, whole
    for width, share in steps:
        part = rest if width is None else min(rest, width)
        kept, rest = kept + part * share, rest - part
    return kept
