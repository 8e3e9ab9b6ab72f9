"""What is mounted into the pods: generated configuration beside the operations, and digests that tell when to act on a change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from settings.timeseries import Members, Site, TimeSeries

from .patroni_file import dynamic, patroni_file
from .places import Places
from .repository_file import repository_file

OPERATIONS = Path(__file__).parents[2] / "database" / "timeseries" / "operations"
"""Scripts and statements that are mounted as they are."""


def site_files(
    settings: TimeSeries, site: Site, members: Members, *, follows: Site | None, bucket: str, places: Places
) -> dict[str, str]:
    """The files of a site, by name."""
    return {
        # JSON is YAML too.
        "patroni.yml": _json(patroni_file(settings, site, members, follows=follows, places=places)),
        "dynamic.json": _json(dynamic(settings, members, follows=follows, places=places)),
        "pgbackrest.conf": repository_file(settings, bucket=bucket, places=places),
        **operations(),
    }


def operations() -> dict[str, str]:
    """The scripts and statements, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(OPERATIONS.glob("*.*")) if path.suffix != ".md"}


def read_at_start(files: Mapping[str, str]) -> str:
    """A digest of what a member reads when it starts. What Patroni takes from its store is not among it."""
    patroni: dict[str, Any] = json.loads(files["patroni.yml"])
    return _digest(
        _json({key: value for key, value in patroni.items() if key != "bootstrap"}), files["start.sh"], files["queries.yaml"]
    )


def read_when_settled(files: Mapping[str, str]) -> str:
    """A digest of what the job `settle` brings about."""
    return _digest(*(files[name] for name in ("dynamic.json", "settle.py", "common.py", "roles.sql", "database.sql")))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:10]
