"""Which images run: what Binary Authorization admits on a cluster that enforces its project's policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ...values import at, list_at
from ..pods import pods_of
from ..view import Request, Status
from .book import rule, with_pods

POLICY = "gcp:binaryauthorization/policy:Policy"
ENFORCING = ("PROJECT_SINGLETON_POLICY_ENFORCE", "POLICY_BINDINGS_AND_PROJECT_SINGLETON_POLICY_ENFORCE")
GOOGLE_S_OWN = ("gke.gcr.io/", "gcr.io/gke-release/", "gcr.io/google-containers/", "registry.k8s.io/")
"""System images, which Google's own policy admits: https://cloud.google.com/binary-authorization/docs/key-concepts#google-maintained_system_images"""
WEBHOOK = 'admission webhook "imagepolicywebhook.image-policy.k8s.io" denied the request'


@rule(
    "image-admitted",
    *with_pods(),
    verbs=("ready",),
    source="https://cloud.google.com/binary-authorization/docs/policy-yaml-reference#admissionwhitelistpatterns",
)
def image_admitted(request: Request) -> Refusal | None:
    """Pods run images that the project's policy of Binary Authorization admits."""
    view, pods = request.view, pods_of(request.kind, request.new)
    mode = at(view.cluster.properties, "binaryAuthorization.evaluationMode")
    policy = next((row.config for row in view.store.all(POLICY, project=view.cluster.project)), None)
    if pods is None or policy is None or mode not in ENFORCING:
        return None
    default: Mapping[str, Any] = policy["defaultAdmissionRule"]
    denies = default["evaluationMode"] != "ALWAYS_ALLOW" and default["enforcementMode"] == "ENFORCED_BLOCK_AND_AUDIT_LOG"
    for container in pods.containers() if denies else ():
        image = _full(str(container.get("image") or ""))
        if not _admitted(image, policy):
            kind = str(default["evaluationMode"]).lower()
            why = f"Image {image} denied by Binary Authorization default admission rule. Denied by {kind} admission rule"
            return Status(403, f'pod "{pods.name}": {WEBHOOK}: {why}', "Forbidden")
    return None


def _admitted(image: str, policy: Mapping[str, Any]) -> bool:
    if policy.get("globalPolicyEvaluationMode") == "ENABLE" and image.startswith(GOOGLE_S_OWN):
        return True
    return any(_matches(image, str(at(pattern, "namePattern"))) for pattern in list_at(policy, "admissionWhitelistPatterns"))


def _matches(image: str, pattern: str) -> bool:
    """`/*` at the end stands for one step of the path, `/**` for any number; tag and digest are of the last step."""
    stem, _, ending = pattern.partition("*")
    if not ending and not pattern.endswith("*"):
        return image == pattern
    return re.fullmatch(re.escape(stem) + (".+" if ending == "*" else "[^/]+"), image) is not None


def _full(image: str) -> str:
    """An image's name with its registry, as the container runtime completes it."""
    first, slash, _ = image.partition("/")
    if not slash:
        return f"docker.io/library/{image}"
    return image if "." in first or ":" in first or first == "localhost" else f"docker.io/{image}"
