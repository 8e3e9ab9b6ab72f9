"""Who read and changed which data: the data access logs of Cloud Audit Logs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from .section import Section, setting

LogType = Literal["ADMIN_READ", "DATA_READ", "DATA_WRITE"]
EVERYTHING: tuple[LogType, ...] = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
Service = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.googleapis\.com$")]
"""A service by the name that its audit logs go by, such as cloudsql.googleapis.com."""
Logged = Annotated[tuple[LogType, ...], Field(min_length=1)]

PERSONAL_DATA: dict[str, str] = {
    "cloudsql.googleapis.com": "accounts, identity checks, transactions",
    "storage.googleapis.com": "identity documents, backups",
    "secretmanager.googleapis.com": "the passwords of what holds it",
    "cloudkms.googleapis.com": "the keys of what holds it",
    "redis.googleapis.com": "sessions, in the form that is Redis",
    "memorystore.googleapis.com": "sessions, in the form that is Valkey",
    "bigquery.googleapis.com": "what analysts query",
}
"""The stores of personal data, by the service, and what of it they hold."""


class Audit(Section):
    """Audit logs. Nobody is exempted from them. What changes configuration is logged always, and cannot be turned off."""

    services: dict[Service, Logged] = setting(dict.fromkeys(PERSONAL_DATA, EVERYTHING), "§13.2, §13.1")
    """What is logged of each service: ADMIN_READ is reading configuration, DATA_READ reading data, DATA_WRITE writing it."""

    @model_validator(mode="after")
    def _once(self) -> Audit:
        for service, logged in self.services.items():
            if service == "sqladmin.googleapis.com":
                raise ValueError(f"services names {service}; the audit logs of Cloud SQL go by cloudsql.googleapis.com")
            if len(set(logged)) < len(logged):
                raise ValueError(f"services.{service} names something twice: {', '.join(logged)}")
        return self
