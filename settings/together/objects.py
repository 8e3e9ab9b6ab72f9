"""Buckets: who reaches them, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .known import known_bucket, known_folder, require_known

if TYPE_CHECKING:
    from ..environment import Environment
    from ..storage import Bucket


def buckets(env: Environment) -> None:
    for name, bucket in env.storage.buckets.items():
        if bucket.retention_locked and env.environment != "prod":
            raise ValueError(f"storage.buckets.{name}.retention_locked is true, but {env.environment} must be able to go")
        _cross_origin(env, name, bucket)
        for label, access in bucket.access.items():
            where = f"storage.buckets.{name}.access.{label}"
            if access.workload:
                require_known(f"{where}.workload", access.workload, env.identities.workloads, "workload")
            if access.group:
                require_known(f"{where}.group", access.group, env.identities.groups, "group")


def _cross_origin(env: Environment, name: str, bucket: Bucket) -> None:
    if bucket.cross_origin is None:
        return
    where = f"storage.buckets.{name}.cross_origin"
    insecure = [origin for origin in bucket.cross_origin.origins if not origin.startswith("https://")]
    if insecure and env.environment != "dev":
        raise ValueError(f"{where}.origins has {insecure[0]}, but {env.environment} is for pages over https only")
    if not any(access.bucket == name for signer in env.url_signing.signers.values() for access in signer.access.values()):
        raise ValueError(f"{where} is said, but nobody in url_signing.signers signs for {name}: a page could ask for nothing")


def signers(env: Environment) -> None:
    for signer_id, signer in env.url_signing.signers.items():
        where = f"url_signing.signers.{signer_id}"
        if signer_id in env.identities.workloads:
            raise ValueError(f"{where} has the name of a workload; a signer does nothing but sign")
        for issuer in signer.issuers:
            require_known(f"{where}.issuers", issuer, env.identities.workloads, "workload")
        for label, access in signer.access.items():
            known_folder(env, f"{where}.access.{label}", access.bucket, access.folder)


def arrivals(env: Environment) -> None:
    for name, arrival in env.object_events.arrivals.items():
        where = f"object_events.arrivals.{name}"
        require_known(f"{where}.consumer", arrival.consumer, env.identities.workloads, "workload")
        bucket = known_folder(env, where, arrival.bucket, arrival.folder)
        reached = [a.folder for a in bucket.access.values() if a.workload == arrival.consumer and a.role != "create"]
        if not arrival.folder.startswith(tuple(reached)):
            raise ValueError(
                f"{where}.consumer is {arrival.consumer}, which cannot read {arrival.folder} in {arrival.bucket}; "
                f"it reaches {', '.join(reached) or 'nothing'} there"
            )


def served_bucket(env: Environment) -> None:
    require_known("static_assets.released_by", env.static_assets.released_by, env.identities.workloads, "workload")
    name = env.static_assets.bucket
    bucket = known_bucket(env, "static_assets.bucket", name)
    for problem in _written_by_others(env, name, bucket):
        raise ValueError(f"{problem}, but everything in {name} is served to the whole internet; only a release puts things there")


def _written_by_others(env: Environment, name: str, bucket: Bucket) -> Iterator[str]:
    """What lets anybody but a release put objects into a bucket."""
    if name == env.storage.access_log_bucket:
        yield f"storage.access_log_bucket is {name}"
    for folder in bucket.folders:
        if "uploads" in folder.split("/"):
            yield f"storage.buckets.{name}.folders has {folder}"
    for label, access in bucket.access.items():
        if access.role != "read":
            yield f"storage.buckets.{name}.access.{label}.role is {access.role}"
    for signer_id, signer in env.url_signing.signers.items():
        if name in {access.bucket for access in signer.access.values()}:
            yield f"url_signing.signers.{signer_id} signs for {name}"
