"""The parts of a state backend, each with what tells whether it is there, what makes it, and what puts it right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from settings.encryption import Encryption

from ..gcloud import GcloudError

Ask = Callable[..., str]
"""gcloud: its arguments, and what it says."""
LOCATION = "us"
"""A multi-region, which outlives the loss of either region of the platform: https://cloud.google.com/storage/docs/locations. The
key that a bucket is encrypted with is where it is: https://cloud.google.com/storage/docs/encryption/customer-managed-keys."""
RING, SECRETS_KEY, OBJECTS_KEY = "pulumi-state", "secrets", "objects"
APIS = ("cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com", "iam.googleapis.com", "storage.googleapis.com")
KMS_API = "cloudkms.googleapis.com"
KEPT_VERSIONS = 100
"""How many older versions of a state are kept whatever their age."""
KEPT_DAYS = 365
"""How long an older version is kept at least."""
SOFT_DELETE_DAYS = 30
"""How long an object that was deleted can be brought back: https://cloud.google.com/storage/docs/soft-delete."""
ENCRYPTS = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
ABSENT = ("not found", "not_found", "does not exist", "it is disabled")
"""What gcloud says of what is not there; where the API is off, nothing of its kind can be."""

Read = Mapping[str, Any] | None
Command = tuple[str, ...]


class BackendError(Exception):
    """Something is there that is not what it should be, and cannot be changed. The message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for."""

    project: str
    bucket: str
    encryption: Encryption
    now: datetime

    def key(self, name: str) -> str:
        """The full name of a key."""
        return f"projects/{self.project}/locations/{LOCATION}/keyRings/{RING}/cryptoKeys/{name}"

    @property
    def secrets_provider(self) -> str:
        """What encrypts the secrets in a state."""
        return f"gcpkms://{self.key(SECRETS_KEY)}"


@dataclass(frozen=True)
class Part:
    """One thing that a backend has."""

    name: str
    read: Callable[[Ask], Read]
    """What is there, or None."""
    make: Sequence[Command]
    mend: Callable[[Mapping[str, Any]], Sequence[Command]] = lambda _found: ()
    """What puts right what is there; nothing where it is right."""


def parts(wanted: Wanted) -> Iterator[Part]:
    """All of them, each after what it needs."""
    project = f"--project={wanted.project}"
    apis = (*APIS, KMS_API)
    enable = ("services", "enable", *apis, project)
    yield Part("APIs", lambda ask: _apis(ask, wanted), (), lambda found: () if set(apis) <= set(found["on"]) else (enable,))
    ring = ("kms", "keyrings", "{}", RING, f"--location={LOCATION}", project)
    yield Part(f"key ring {RING}", _reader(_verb(ring, "describe")), (_verb(ring, "create"),))
    yield _key(wanted, SECRETS_KEY)
    yield _key(wanted, OBJECTS_KEY)
    agent = ("storage", "service-agent", project, f"--authorize-cmek={wanted.key(OBJECTS_KEY)}")
    yield Part("grant of the key to Cloud Storage", lambda ask: _granted(ask, wanted), (agent,))
    yield _bucket(wanted)


def _key(wanted: Wanted, name: str) -> Part:
    place = (f"--keyring={RING}", f"--location={LOCATION}", f"--project={wanted.project}")
    days = wanted.encryption.rotation_days
    rotation = (
        f"--rotation-period={days}d",
        f"--next-rotation-time={(wanted.now + timedelta(days=days)).strftime('%Y-%m-%dT%H:%M:%SZ')}",
    )
    destroyed = f"--destroy-scheduled-duration={wanted.encryption.destroy_delay_days}d"

    def mend(found: Mapping[str, Any]) -> Sequence[Command]:
        primary: Mapping[str, str] = found.get("primary", {})
        state = primary.get("state")
        if state != "ENABLED":
            raise BackendError(
                f"the newest version of {wanted.key(name)} is {state}, so nothing can be encrypted with it; enable one: "
                f"gcloud kms keys versions enable <version> --key={name} {' '.join(place)}"
            )
        right = found.get("rotationPeriod") == f"{days * 86400}s"
        return () if right else (("kms", "keys", "update", name, *place, *rotation),)

    return Part(
        f"key {name}",
        _reader(("kms", "keys", "describe", name, *place)),
        (("kms", "keys", "create", name, *place, "--purpose=encryption", *rotation, destroyed),),
        mend,
    )


def _bucket(wanted: Wanted) -> Part:
    url = f"gs://{wanted.bucket}"
    place = (f"--project={wanted.project}", f"--location={LOCATION}")
    closed = (
        "--uniform-bucket-level-access",
        "--public-access-prevention",
        f"--default-encryption-key={wanted.key(OBJECTS_KEY)}",
        f"--soft-delete-duration={SOFT_DELETE_DAYS}d",
    )
    # What keeps older versions cannot be said while a bucket is made.
    update = ("storage", "buckets", "update", url, *closed, "--versioning", f"--lifecycle-file={LIFECYCLE_FILE}")

    def mend(found: Mapping[str, Any]) -> Sequence[Command]:
        if found.get("location", "").lower() != LOCATION:
            raise BackendError(
                f"{url} is in {found.get('location')}, and a bucket cannot be moved; take another name: one is made in {LOCATION}"
            )
        return () if _as_wanted(found, wanted) else (update,)

    return Part(
        f"bucket {url}",
        _reader(("storage", "buckets", "describe", url, "--raw")),
        (("storage", "buckets", "create", url, *place, *closed), update),
        mend,
    )


LIFECYCLE_FILE = "{lifecycle}"
"""Stands for a file with the lifecycle in it until the command is run."""


def lifecycle() -> dict[str, Any]:
    """Older versions go when they are both old and many: https://cloud.google.com/storage/docs/lifecycle."""
    condition = {"daysSinceNoncurrentTime": KEPT_DAYS, "numNewerVersions": KEPT_VERSIONS}
    return {"rule": [{"action": {"type": "Delete"}, "condition": condition}]}


def _as_wanted(found: Mapping[str, Any], wanted: Wanted) -> bool:
    access = found.get("iamConfiguration", {})
    said = (
        found.get("versioning", {}).get("enabled"),
        access.get("uniformBucketLevelAccess", {}).get("enabled"),
        access.get("publicAccessPrevention"),
        found.get("encryption", {}).get("defaultKmsKeyName"),
        found.get("softDeletePolicy", {}).get("retentionDurationSeconds"),
        found.get("lifecycle"),
    )
    return said == (True, True, "enforced", wanted.key(OBJECTS_KEY), str(SOFT_DELETE_DAYS * 86400), lifecycle())


def _apis(ask: Ask, wanted: Wanted) -> Read:
    said = ask("services", "list", "--enabled", f"--project={wanted.project}", "--format=value(config.name)")
    return {"on": said.split()}


def _granted(ask: Ask, wanted: Wanted) -> Read:
    """The grant to this project's agent, whose address says the project's number."""
    place = (f"--keyring={RING}", f"--location={LOCATION}", f"--project={wanted.project}")
    policy = _reader(("kms", "keys", "get-iam-policy", OBJECTS_KEY, *place))(ask)
    if policy is None:
        return None
    number = ask("projects", "describe", wanted.project, "--format=value(projectNumber)").strip()
    agent = f"serviceAccount:service-{number}@gs-project-accounts.iam.gserviceaccount.com"
    bindings = [one for one in policy.get("bindings", []) if one["role"] == ENCRYPTS and agent in one["members"]]
    return bindings[0] if bindings else None


def _verb(words: Command, verb: str) -> Command:
    return tuple(word.format(verb) for word in words)


def _reader(words: Command) -> Callable[[Ask], Read]:
    def read(ask: Ask) -> Read:
        try:
            return json.loads(ask(*words, "--format=json"))
        except GcloudError as error:
            if any(word in str(error).lower() for word in ABSENT):
                return None
            raise

    return read
