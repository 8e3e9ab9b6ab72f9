"""pgbackrest.conf of a site, as a pure function of the settings."""

from __future__ import annotations

from collections.abc import Mapping

from settings.timeseries import TimeSeries

from .places import SUPERUSER, Places

Sections = Mapping[str, Mapping[str, str | int]]


def repository_file(settings: TimeSeries, *, bucket: str, places: Places) -> str:
    """The file: the repository, and a stanza for each site. All sites can read all of them; each writes its own."""
    known = settings.repository
    stanza = {"pg1-path": places.pgdata, "pg1-socket-path": places.sockets, "pg1-user": SUPERUSER}
    return ini(
        {
            "global": {
                "repo1-type": "gcs",
                "repo1-gcs-bucket": bucket,
                "repo1-gcs-key-type": "auto",
                "repo1-path": f"/{settings.repository_folder.rstrip('/')}",
                "repo1-bundle": "y",
                "repo1-retention-full": known.retained_full,
                "compress-type": "zst",
                "process-max": known.processes,
                "start-fast": "y",
                "archive-async": "y",
                # Each member has its own: two that share them wait for each other.
                "spool-path": places.spool,
                "lock-path": places.locks,
                "log-level-file": "off",
                "log-level-console": "info",
            },
            "global:archive-get": {"process-max": 2},
            "global:archive-push": {"process-max": 2},
            # What is there already is kept where it is the same: a member that fell behind is back sooner.
            "global:restore": {"delta": "y", "link-map": f"pg_wal={places.pg_wal}"},
            **{site.stanza: stanza for site in settings.sites.values()},
        }
    )


def ini(sections: Sections) -> str:
    """Sections, each with its keys."""
    return "\n".join(
        line for name, keys in sections.items() for line in (f"[{name}]", *(f"{key}={value}" for key, value in keys.items()), "")
    )
