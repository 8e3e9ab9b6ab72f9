"""Grants: of roles at Google, of logins to the main database, and of roles on the clusters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import Any, Literal

from policies.tokens import GRANTS

from ..homes import Inventory

Kind = Literal["people", "workload", "pods", "service agent", "anybody"]
KINDS: tuple[Kind, ...] = ("people", "workload", "pods", "service agent", "anybody")
"""Those who come first are looked at first; anybody is who should not be there."""
SQL_USER = "gcp:sql/user:User"
RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
BINDINGS = {f"{RBAC}:RoleBinding", f"{RBAC}:ClusterRoleBinding"}
AGENT = re.compile(r"serviceAccount:(service-|bq-)\d+@|serviceAccount:\d+(-compute)?@")
"""The accounts that Google's services act as: https://cloud.google.com/iam/docs/service-agents."""
ACTS_AS_OTHERS = ("roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser")
"""Roles of those who act as an account: https://cloud.google.com/iam/docs/service-account-permissions."""
NAMED = re.compile(
    r'resource\.name(?:\.startsWith\(| == )"projects/(?:.+?/objects/|[^"]*?([^/"]+/backupRuns/)|(?:[^"]*/)?)([^"]*)"'
)
"""What a condition names: a folder of a bucket, the backups of an instance, or the last part of a name."""
Inputs = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Grant:
    """One may do something with something."""

    kind: Kind
    who: str
    may: str
    """A role at Google, a role on a cluster with its rules, or a login."""
    on: str
    only: str = ""
    """The condition under which it holds."""

    @property
    def briefly(self) -> str:
        """What the condition names, in a few words; the condition where it names nothing."""
        return ", ".join(dict.fromkeys(run or name for run, name in NAMED.findall(self.only))) or self.only

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of the columns."""
        return astuple(self)


COLUMNS = ("kind", "who", "may", "on", "only where")


def grants(inventory: Inventory) -> list[Grant]:
    """All of them, each once."""
    found = {*_roles(inventory), *_logins(inventory), *_bindings(inventory)}
    return sorted(found, key=lambda one: (KINDS.index(one.kind), one))


def remarkable(found: list[Grant]) -> Iterator[tuple[str, list[Grant]]]:
    """What a reviewer looks at first, and why."""
    yield "holds for the whole project", [one for one in found if one.on.startswith("project ") and not one.only]
    yield "acts as another account", [one for one in found if one.may in ACTS_AS_OTHERS]
    yield "is given to anybody, or to a single person", [one for one in found if one.kind == "anybody"]
    yield "may do anything to something on a cluster", [one for one in found if ": *" in one.may]


# -- inside


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


ON: Mapping[str, Callable[[Inputs], str]] = {
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": lambda given: f"repository {_last(given['repository'])}",
    "gcp:bigquery/connectionIamMember:ConnectionIamMember": lambda given: f"connection {_last(given['connectionId'])}",
    "gcp:bigquery/datasetIamMember:DatasetIamMember": lambda given: f"dataset {given['datasetId']}",
    "gcp:bigtable/instanceIamMember:InstanceIamMember": lambda given: f"Bigtable {_last(given['instance'])}",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": lambda given: (
        "key " + re.sub(r"^projects/[^/]+/locations/([^/]+)/keyRings/([^/]+)/cryptoKeys/", r"\1/\2/", given["cryptoKeyId"])
    ),
    "gcp:logging/logViewIamMember:LogViewIamMember": lambda given: f"log view {given['bucket']}/{given['name']}",
    "gcp:projects/iAMMember:IAMMember": lambda given: f"project {given['project']}",
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember": lambda given: f"subscription {_last(given['subscription'])}",
    "gcp:pubsub/topicIAMMember:TopicIAMMember": lambda given: f"topic {_last(given['topic'])}",
    "gcp:secretmanager/secretIamMember:SecretIamMember": lambda given: f"secret {_last(given['secretId'])}",
    "gcp:serviceaccount/iAMMember:IAMMember": lambda given: f"account {_last(given['serviceAccountId']).partition('@')[0]}",
    "gcp:storage/bucketIAMMember:BucketIAMMember": lambda given: f"bucket {given['bucket']}",
}
"""What a grant of each type is on."""


def _roles(inventory: Inventory) -> Iterator[Grant]:
    for entry in inventory:
        if entry["type"] in GRANTS:
            given = entry["inputs"]
            role = re.sub(r"^projects/[^/]+/roles/", "our own ", given["role"])
            yield Grant(*_who(given["member"]), role, ON[entry["type"]](given), given.get("condition", {}).get("expression", ""))


def _who(member: str) -> tuple[Kind, str]:
    kind, _, name = member.partition(":")
    if kind == "group":
        return ("service agent" if name.endswith("@google.com") else "people"), name  # one delivers access logs of buckets
    if kind != "serviceAccount":
        return "anybody", member
    if pods := re.search(r"\.svc\.id\.goog\[(.+)\]", name):
        return "pods", pods[1]
    return ("service agent" if AGENT.match(member) else "workload"), name


def _logins(inventory: Inventory) -> Iterator[Grant]:
    kinds: Mapping[str, Kind] = {"CLOUD_IAM_GROUP": "people", "CLOUD_IAM_USER": "anybody"}
    for entry in inventory:
        if entry["type"] == SQL_USER:
            given = entry["inputs"]
            known = given.get("type", "BUILT_IN")
            how = "login with a password" if known == "BUILT_IN" else "login with an identity"
            # The database knows accounts without this: https://cloud.google.com/sql/docs/postgres/iam-logins
            name = f"{given['name']}.gserviceaccount.com" if known == "CLOUD_IAM_SERVICE_ACCOUNT" else given["name"]
            yield Grant(kinds.get(known, "workload"), name, how, f"database {given['instance']}")


def _bindings(inventory: Inventory) -> Iterator[Grant]:
    rules = {_role_key(e["type"].rpartition(":")[2], e["inputs"]): e["inputs"].get("rules", []) for e in inventory}
    for entry in inventory:
        if entry["type"] not in BINDINGS:
            continue
        given, role = entry["inputs"], entry["inputs"]["roleRef"]
        space = given["metadata"].get("namespace", "")
        listed = rules.get((role["kind"], role["name"], space if role["kind"] == "Role" else ""), [])
        may = f"{role['name']}: {'; '.join(_rule(one) for one in listed)}" if listed else role["name"]
        for subject in given["subjects"]:
            kind: Kind = "pods" if subject["kind"] == "ServiceAccount" else "people" if subject["kind"] == "Group" else "anybody"
            name = "/".join(part for part in (subject.get("namespace"), subject["name"]) if part)
            yield Grant(kind, name, may, f"namespace {space}" if space else "clusters")


def _role_key(kind: str, inputs: Inputs) -> tuple[str, str, str]:
    known: Mapping[str, Any] = inputs.get("metadata") or {}
    return kind, str(known.get("name", "")), str(known.get("namespace", "")) if kind == "Role" else ""


def _rule(rule: Inputs) -> str:
    return f"{', '.join(rule['verbs'])} {', '.join(rule.get('resources') or rule.get('nonResourceURLs') or [])}"
