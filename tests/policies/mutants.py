"""Production with one thing made worse: every property that keeps data safe or there, by what its name and its value say.

A mutant is a value at one path of one resource. Resources of a type are alike, so that each path is changed at the first of
them that has it with such a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from localcloud.values import is_list, is_object
from policies.resources import Resource

from .relations import declared
from .rows import put

REMOVED = "<removed>"
FLAWS: dict[str, str] = {
    "ENCRYPTED_ONLY": "ALLOW_UNENCRYPTED_AND_ENCRYPTED",
    "REGIONAL": "ZONAL",
    "PREVENT": "DELETE",
    "ABANDON": "DELETE",
    "enforced": "inherited",
    "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION": "TRANSIT_ENCRYPTION_MODE_DISABLED",
    "SERVER_AUTHENTICATION": "TRANSIT_ENCRYPTION_DISABLED",
    "AUTH_MODE_IAM_AUTH": "AUTH_MODE_DISABLED",
    "IAM_AUTH": "AUTH_DISABLED",
    "MULTI_ZONE": "SINGLE_ZONE",
    "AOF": "DISABLED",
    "GKE_METADATA": "GCE_METADATA",
    "COS_CONTAINERD": "UBUNTU_CONTAINERD",
    "ADVANCED_DATAPATH": "LEGACY_DATAPATH",
    "PROJECT_SINGLETON_POLICY_ENFORCE": "DISABLED",
    "ENCRYPTED": "DECRYPTED",
    "LIMITED": "ENABLED",
    "BASIC": "DISABLED",
    "TLS_1_2": "TLS_1_0",
    "RESTRICTED": "COMPATIBLE",
    "Retain": "Delete",
    "restricted": "privileged",
    "RuntimeDefault": "Unconfined",
    "Forbid": "Allow",
    "POSTGRES_15": "POSTGRES_9_6",
    "PD_SSD": "PD_HDD",
    "COLDLINE": "STANDARD",
    "noeviction": "allkeys-lru",
    "stable": "canary",
    "REGULAR": "RAPID",
    "private": "public",
    "deny": "allow",
}
"""What is safe, and what it would be instead."""
KEYS = re.compile(
    r"(kms\w*|encryptionKeyName|keyName|gcpKmsEncryptionKey|bootDiskKmsKey|disk-encryption-kms-key)$", re.IGNORECASE
)
LENGTHS = re.compile(
    r"(retention\w*|retain\w*|rotationPeriod|destroyScheduledDuration|versionDestroyTtl|minLength|replicaCount|shardCount|flowSampling"
    r"|deleteLockDays|backupDeleteLockDays|reuseInterval|softDelete\w*)$",
    re.IGNORECASE,
)
PLACES = re.compile(r"^(location|region)$")
RANGES = re.compile(r"(srcIpRanges)$")
LISTED = re.compile(
    r"(auditLogConfigs|enableComponents|drop|nodeLocations|policyTypes|notificationChannels|lifecycleRules|replicas)$"
)
SWITCHES = re.compile(
    r"(enable|enabled|protect|private|secure|shielded|ipv4|versioning|isolat|uniform|autoCreate|forceDestroy|immutable|issue|legacy|auto"
    r"|privileg|readOnly|runAsNonRoot|automount|retain|include|allNamespaces|removeDefault|deleteContents|httpsRedirect|disallow"
    r"|pointInTime|uniqueWriter|allowVolume|gcpPublic)",
    re.IGNORECASE,
)
OFF = re.compile(
    r"(ipv4|autoCreate|forceDestroy|issue|legacy|privileged|allowPrivilege|automount|deleteContents|gcpPublic|disableOnDestroy|disabled"
    r"|EndpointIndependent)",
    re.IGNORECASE,
)
"""Switches that are safe when off; the others are when on."""
NOT_SAFETY: dict[str, str] = {
    r"RouterNat enableDynamicPortAllocation": "how many connections leave at once",
    r"DatabaseInstance .*enablePrivatePathForGoogleCloudServices": "BigQuery's way to the replica, which fails openly without it",
    r"Cluster (addonsConfig.horizontalPodAutoscaling|verticalPodAutoscaling|enableL4IlbSubsetting)": "scaling and load balancing",
    r"Cluster .*advancedDatapathObservabilityConfig": "metrics of the data path",
    r"BackendBucket enableCdn": "speed",
}
"""What the patterns above find, and is no matter of safety."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One thing made worse."""

    type: str
    name: str
    path: str
    """With `*` for a place in a list."""
    was: Any
    becomes: Any

    @property
    def id(self) -> str:
        """How a table names it."""
        return f"{self.type.rpartition(':')[2]} {self.path}: {self.becomes}"


def mutants() -> list[tuple[Mutant, Resource]]:
    """Every mutant, with the resource that it makes."""
    found: dict[tuple[str, str, str], tuple[Mutant, Resource]] = {}
    for known in declared("prod"):
        if known.type.startswith(("alphintra:", "pulumi:", "random:")):
            continue
        for path, was, becomes in worse(dict(known.properties)):
            general = re.sub(r"\.\d+(?=\.|$)", ".*", path)
            mutant = Mutant(type=known.type, name=known.name, path=general, was=was, becomes=becomes)
            key = (known.type, general, str(becomes))
            if key not in found and not any(re.match(pattern, mutant.id) for pattern in NOT_SAFETY):
                value = () if becomes == REMOVED else (becomes,)
                found[key] = (mutant, replace(known, properties=put(dict(known.properties), path, *value)))
        if known.protect and (known.type, "protect", "") not in found:
            mutant = Mutant(type=known.type, name=known.name, path="protect", was=True, becomes=False)
            found[known.type, "protect", ""] = (mutant, replace(known, protect=False))
    return list(found.values())


def worse(value: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each path in the value at which something can be made worse, with what is there and what comes instead."""
    name = next((step for step in reversed(path.split(".")) if not step.isdigit()), "")
    if is_object(value):
        for key, inner in value.items():
            if "." not in key:
                yield from worse(inner, f"{path}.{key}" if path else key)
        return
    if is_list(value):
        yield from _listed(path, name, value)
        for index, inner in enumerate(value):
            yield from worse(inner, f"{path}.{index}")
        return
    for becomes in _single(path, name, value):
        yield path, value, becomes


def _listed(path: str, name: str, value: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    if value and LISTED.search(name):
        yield path, value, value[1:] if name in ("auditLogConfigs", "enableComponents", "replicas", "policyTypes") else []
    if value and value != ["*"] and RANGES.search(name):
        yield path, value, ["0.0.0.0/0"]


def _switched(path: str, name: str, value: bool) -> Iterator[bool]:
    around = path.rpartition(".")[0].rpartition(".")[2]
    safe_when_on = not (OFF.search(name) or (name == "enabled" and OFF.search(around)))
    if value is safe_when_on and (SWITCHES.search(name) or SWITCHES.search(around)):
        yield not value


def _single(path: str, name: str, value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield from _switched(path, name, value)
    elif KEYS.search(name):
        yield REMOVED
    elif LENGTHS.search(name) and re.fullmatch(r"[\d.]+s?", str(value)) and str(value) not in ("0", "0s"):
        yield "1s" if str(value).endswith("s") else 0
    elif isinstance(value, str) and value in FLAWS:
        yield FLAWS[value]
    elif PLACES.search(path) and value != "global":
        yield "europe-west1"
    elif path == "role":
        yield from ("roles/owner", "roles/resourcemanager.projectIamAdmin")
    elif path == "member":
        yield from ("allUsers", "user:somebody@example.com")
