"""What only an API server, its controllers and its scheduler say, although the object's shape is right."""

from __future__ import annotations

from . import (
    elasticsearch,
    images,
    mounted_secrets,
    objects,
    pod_security,
    quotas,
    references,
    scheduling,
    storage,
    waiting,
    workloads,
)
from .book import BOOK

RULE_MODULES = (
    *(objects, workloads, storage, references, mounted_secrets, pod_security),
    *(quotas, scheduling, images, elasticsearch, waiting),
)
"""Importing them registers their rules."""

__all__ = ["BOOK", "RULE_MODULES"]
