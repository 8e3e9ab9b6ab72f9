"""Whether the secrets of Secret Manager that a pod mounts can be read: what GKE's add-on finds out when the pod starts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import Refusal
from ...gcp.naming import project_number
from ...gcp.view import View
from ...values import at, every, is_list, object_at
from ..pods import Pods, pods_of
from ..view import Request, Status
from .book import rule, with_pods

DRIVER = "secrets-store-gke.csi.k8s.io"
CLASS = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
SECRET, VERSION = "gcp:secretmanager/secret:Secret", "gcp:secretmanager/secretVersion:SecretVersion"
GOOGLE_ACCOUNT = "gcp:serviceaccount/account:Account"
ACTS_FOR = "iam.gke.io/gcp-service-account"
READERS = ("roles/secretmanager.secretAccessor", "roles/secretmanager.admin", "roles/owner")


@rule(
    "secret-mounted",
    *with_pods(),
    verbs=("ready",),
    source="https://cloud.google.com/secret-manager/docs/secret-manager-managed-csi-component",
)
def secret_mounted(request: Request) -> Refusal | None:
    """The secrets of Secret Manager that a pod mounts are there, have a version, and may be read by the pod's identity."""
    pods = pods_of(request.kind, request.new)
    for volume in every(pods.spec, "volumes[]") if pods else ():
        if at(volume, "csi.driver") == DRIVER and pods:
            for says in _unreadable(request, pods, str(at(volume, "csi.volumeAttributes.secretProviderClass"))):
                mounting = f'MountVolume.SetUp failed for volume "{volume["name"]}" : rpc error: '
                whose = f"failed to mount secrets store objects for pod {pods.namespace}/{pods.name}, err: "
                return Status(400, f"{mounting}{whose}{says}", "FailedMount")
    return None


def _unreadable(request: Request, pods: Pods, name: str) -> Iterator[str]:
    known = request.view.named(CLASS, name, pods.namespace)
    listed: Any = json.loads(str(at(known.config, "spec.parameters.secrets") or "[]")) if known else []
    cloud = View(request.view.store)
    reader, why = _identity(request, cloud, pods)
    for entry in listed if is_list(listed) else ():
        version = str(at(entry, "resourceName"))
        path = version.partition("/versions/")[0]
        secret = cloud.named(SECRET, path)
        if secret is None or not any(row.type == VERSION for row in cloud.store.pointing_at(secret.name, "cascade")):
            yield f"rpc error: code = NotFound desc = Secret [{path}] not found or has no versions."
        elif reader is None:
            yield why
        elif not cloud.is_granted(secret, reader, *READERS):
            yield (
                "rpc error: code = PermissionDenied desc = Permission 'secretmanager.versions.access' denied for resource "
                f"'{version}' (or it may not exist): {reader}"
            )


def _identity(request: Request, cloud: View, pods: Pods) -> tuple[str | None, str]:
    """The member of IAM that a pod is, or None and why it is nobody."""
    project = request.view.cluster.project
    name = str(pods.spec.get("serviceAccountName") or "default")
    account = request.view.named(ACCOUNT, name, pods.namespace)
    annotations: Mapping[str, Any] = object_at(account.config, "metadata.annotations") if account else {}
    email = annotations.get(ACTS_FOR)
    pool = f"{project}.svc.id.goog"
    if email is None:
        place = f"projects/{project_number(project)}/locations/global/workloadIdentityPools/{pool}"
        return f"principal://iam.googleapis.com/{place}/subject/ns/{pods.namespace}/sa/{name}", ""
    member = f"serviceAccount:{pool}[{pods.namespace}/{name}]"
    acted_for = cloud.named(GOOGLE_ACCOUNT, f"projects/{project}/serviceAccounts/{email}")
    if acted_for and cloud.is_granted(acted_for, member, "roles/iam.workloadIdentityUser"):
        return f"serviceAccount:{email}", ""
    return None, (
        "rpc error: code = Unauthenticated desc = unable to generate access token: Permission "
        f"'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist): {member} for {email}"
    )
