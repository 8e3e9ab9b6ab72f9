"""Migrations: what brings the schema of the main database, and of the time series, to where the program has it."""

from __future__ import annotations

from pydantic import model_validator

from .section import ImageReference, ResourceName, Section, setting

DOCS = "https://sqitch.org/docs/manual"


class Migrations(Section):
    """The Jobs that run sqitch. How long a statement waits for a lock, and how long it may take, is in the changes themselves."""

    image: ImageReference = setting(
        "docker.io/sqitch/sqitch:v1.6.1@sha256:f247ab0e0b66e9c2d09a400864f7314358893f5cf209cddcc4f213f7d5bfe4d3",
        "https://hub.docker.com/r/sqitch/sqitch",
    )
    """sqitch, psql and a shell."""
    database: ResourceName = setting("alphintra", "§4.2")
    """The main database, of `database.databases`."""
    lock_seconds: int = setting(600, f"{DOCS}/sqitch-deploy/", unit="seconds", ge=10, le=3600)
    """How long a run waits for another one."""
    minutes: int = setting(60, "design: an index built beside a year of trades", unit="minutes", ge=5, le=1440)
    """How long a run may take, with its repetitions. What was made until then stays, and the next run goes on from there."""
    retries: int = setting(2, "§14.2; a server that fails over in the middle", unit="runs", ge=0, le=10)
    """How often a run that failed is repeated."""

    @model_validator(mode="after")
    def _time_to_wait(self) -> Migrations:
        if self.lock_seconds >= self.minutes * 60:
            raise ValueError(
                f"lock_seconds is {self.lock_seconds}, but a run is stopped after minutes ({self.minutes} * 60 = "
                f"{self.minutes * 60} s): it would end before it says what it waits for"
            )
        return self


PASSWORDS = {"main": "main-db-migrations", "timeseries": "timeseries-migrations"}
"""The login `migrations` of each database: the credential of its password."""
WORKLOADS = {"main": "migrations", "timeseries": "timeseries-migrations"}
"""The workload, of `identities`, that changes each database, and nothing else."""
