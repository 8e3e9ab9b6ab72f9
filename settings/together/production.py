"""What production has, and staging with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..audit import EVERYTHING, PERSONAL_DATA

if TYPE_CHECKING:
    from ..environment import Environment


def protection(env: Environment) -> None:
    if not env.protection.enabled and env.environment != "dev":
        raise ValueError(
            f"protection.enabled is false, but {env.environment} is protected always; to take it down, "
            f"set protection.tear_down to {env.environment}"
        )
    if env.protection.tear_down not in ("", env.environment):
        raise ValueError(
            f"protection.tear_down is '{env.protection.tear_down}'; it is empty, or the environment's own name: {env.environment}"
        )


def production_grade(env: Environment) -> None:
    if env.environment == "dev":
        return
    if not env.encryption.customer_managed:
        raise ValueError(f"encryption.customer_managed is false, but {env.environment} has keys of its own")
    if env.database.availability != "REGIONAL":
        raise ValueError(f"database.availability is {env.database.availability}, but {env.environment} needs REGIONAL")
    if not env.database.replicas:
        raise ValueError(
            f"database.replicas is empty, but {env.environment} needs a replica in another region for disaster recovery"
        )


def audited(env: Environment) -> None:
    for service, holds in PERSONAL_DATA.items():
        missing = set(EVERYTHING) - set(env.audit.services.get(service, ()))
        if missing and env.environment != "dev":
            raise ValueError(
                f"audit.services.{service} lacks {', '.join(sorted(missing))}, but {env.environment} logs every access to "
                f"personal data; there it is {holds}"
            )


def caches_survive(env: Environment) -> None:
    if env.environment == "dev":
        return
    cluster, sessions = env.cache.cluster, env.cache.sessions
    for name, store in (("cluster", cluster), ("sessions", sessions)):
        if not store.replicas:
            raise ValueError(f"cache.{name}.replicas is 0, but {env.environment} needs a replica that takes over")
        if store.rpo_minutes is None:
            raise ValueError(f"cache.{name}.rpo_minutes is null, but {env.environment} promises what may be lost")
    if not cluster.secondaries:
        raise ValueError(f"cache.cluster.secondaries is empty, but {env.environment} needs a cluster in another region")
