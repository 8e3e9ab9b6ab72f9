"""Checks of what every resource has: options, labels, names, places, and whether its type may be there at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from ..resources import Resource, Stack
from .properties import at, is_object

REGIONS = ("us-central1", "us-east1")
"""Where data of the platform may be (§10.2)."""
LABELS = ("application", "cost-center", "environment", "managed-by", "owner")
FORBIDDEN = {
    "gcp:storage/*A[cC]L:*": "access lists on buckets and objects; grant a role on the bucket",
    "gcp:storage/*AccessControl:*": "access lists on buckets and objects; grant a role on the bucket",
    "gcp:serviceaccount/key:Key": "keys of service accounts, which can be copied; use workload identity",
    "gcp:projects/iAMPolicy:IAMPolicy": "the whole policy of a project, which takes everybody else's rights away",
    "gcp:projects/iAMBinding:IAMBinding": "all members of a role, which takes everybody else's away; use IAMMember",
    "gcp:folder/iAM*": "rights outside of the project",
    "gcp:organizations/iAM*": "rights outside of the project",
    "gcp:compute/instance*:*": "virtual machines; nothing of the platform runs on one",
    "gcp:compute/disk:Disk": "disks; volumes are made by their claims",
    "gcp:compute/firewall:Firewall": "firewall rules of a network; rules are those of its policy",
    "gcp:memcache/*": "a store without encryption and identities",
    "kubernetes:core/v1:Secret": "Kubernetes secrets; mount those of Secret Manager",
    "kubernetes:helm.sh/v3:Release": "releases that hide their pods from policies; render the chart",
    "kubernetes:networking.k8s.io/v1:Ingress": "ways into the cluster; nothing in it is for the internet",
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": "rights in every namespace; bind in one",
}
"""Types that must not be declared, and why."""
SECURITY = (
    "encryption", "kms", "iam", "deletion", "protect", "ipConfiguration", "backup", "retention", "publicAccessPrevention", "role",
    "member", "match", "action", "securityContext", "settings",
)  # fmt: skip
"""Parts of the names of properties that must not drift unseen."""


def type_is_allowed(resource: Resource, _stack: Stack) -> str | None:
    """The type is not one of those that the platform must not have."""
    return next((f"it is one of {why}" for pattern, why in FORBIDDEN.items() if fnmatchcase(resource.type, pattern)), None)


def is_protected(resource: Resource, _stack: Stack) -> str | None:
    """Pulumi refuses to delete it."""
    return None if resource.protect else "protect is not set"


def nothing_secure_is_ignored(resource: Resource, _stack: Stack) -> str | None:
    """No change of a property that keeps data safe is ignored."""
    ignored = [path for path in resource.ignore_changes if any(part.lower() in path.lower() for part in SECURITY)]
    return f"ignoreChanges has {', '.join(ignored)}" if ignored else None


def provider_is_explicit(resource: Resource, _stack: Stack) -> str | None:
    """It is not left to what is set up on somebody's machine which project is meant."""
    name = resource.provider.split("::")[-2 if resource.provider.count("::") > 3 else -1]
    return "it has the default provider" if name.startswith("default") else None


def has_a_parent(resource: Resource, _stack: Stack) -> str | None:
    """It belongs to a component."""
    return None if "alphintra:" in resource.urn.split("::")[2].rpartition("$")[0] else "its parent is no component"


def provider_has_no_credentials(properties: Mapping[str, Any]) -> str | None:
    """Credentials come from the environment that runs the program."""
    found = [name for name in ("credentials", "accessToken") if at(properties, name)]
    return f"{found[0]} is set" if found else None


def provider_labels(properties: Mapping[str, Any]) -> str | None:
    """What is not labelled otherwise gets these labels."""
    labels = str(at(properties, "defaultLabels"))
    missing = [name for name in LABELS if f'"{name}"' not in labels and f"'{name}'" not in labels]
    return f"defaultLabels lacks {', '.join(missing)}" if missing else None


def labelled(path: str) -> Any:
    """A check that the labels at the path are all there: the provider's own labels do not reach them."""

    def check(properties: Mapping[str, Any]) -> str | None:
        labels = at(properties, path)
        names = list(labels) if is_object(labels) else []
        missing = [name for name in LABELS if name not in names]
        return f"{path} lacks {', '.join(missing)}" if missing else None

    return check


def labels_are_valid(properties: Mapping[str, Any]) -> str | None:
    """Google takes small letters, digits, _ and -."""
    for path in ("labels", "userLabels", "resourceLabels", "settings.userLabels", "nodeConfig.resourceLabels"):
        labels = at(properties, path)
        if is_object(labels):
            wrong = [name for name in list(labels) if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", name)]
            wrong += [name for name in list(labels) if not re.fullmatch(r"[a-z0-9_-]{0,63}", str(labels[name]))]
            if wrong:
                return f"{path}.{wrong[0]} is not a label that Google takes"
    return None


def named_after_the_platform(path: str) -> Any:
    """A check that a name that others see says whose it is."""

    def check(properties: Mapping[str, Any]) -> str | None:
        found = at(properties, path)
        return None if str(found).startswith("alphintra") else f"{path} is {found!r}; it must begin with alphintra"

    return check


def place_is_allowed(properties: Mapping[str, Any]) -> str | None:
    """Data stays where it may be."""
    for path in ("region", "location"):
        place = at(properties, path)
        if place and place != "global" and not str(place).lower().startswith(REGIONS):
            return f"{path} is {place!r}; it must be in {' or '.join(REGIONS)}"
    return None


def not_deleted_with_the_stack(properties: Mapping[str, Any]) -> str | None:
    """Data is not deleted because a line of the program is."""
    policy = at(properties, "deletionPolicy")
    return "deletionPolicy is 'DELETE'" if policy == "DELETE" else None


def waivers_are_needed(_root: Resource, stack: Stack) -> str | None:
    """Every waiver excuses something."""
    found = stack.waivers_in_vain
    return f"policies/waivers.yaml excuses what nothing says: {'; '.join(found)}" if found else None
