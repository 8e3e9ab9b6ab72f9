"""What the cases are made of: the form of a case, and small objects."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.values import merge
from tests.localcloud.world import Res

DIGEST = "registry.example/app@sha256:" + "0" * 64
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A rule broken and kept, each in a namespace of its own. `waits` where the object is made and does not work."""

    rule: str
    setup: Sequence[Res]
    bad: Sequence[Res]
    good: Sequence[Res]
    says: str
    waits: bool = False


def token(api_version: str, kind: str) -> str:
    return f"kubernetes:{api_version if '/' in api_version else f'core/{api_version}'}:{kind}"


def made(name: str, api_version: str, kind: str, namespace: str | None, rest: Mapping[str, Any], **metadata: Any) -> Res:
    """An object; without a namespace, one of the whole cluster."""
    place = {"namespace": namespace} if namespace else {}
    meta = {"name": name, **place, **metadata}
    title = f"{namespace or 'cluster'}-{kind.lower()}-{name}"
    return Res(title, token(api_version, kind), {"apiVersion": api_version, "kind": kind, "metadata": meta, **rest})


def space(name: str, **labels: str) -> Res:
    return made(name, "v1", "Namespace", None, {}, **({"labels": labels} if labels else {}))


def container(**extra: Any) -> dict[str, Any]:
    return {"name": "app", "image": DIGEST, **extra}


def resources(cpu: str = "1", memory: str = "1Gi", **limits: str) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory, **limits}}}


def pods(spec: Mapping[str, Any] | None = None, **extra: Any) -> dict[str, Any]:
    """A selector, and a template of pods with one container."""
    labels = {"app": "app"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container(**extra)], **(spec or {})}}
    return {"selector": {"matchLabels": labels}, "template": template}


def deployment(namespace: str, spec: Mapping[str, Any] | None = None, name: str = "app", replicas: int = 1, **extra: Any) -> Res:
    return made(name, "apps/v1", "Deployment", namespace, {"spec": {"replicas": replicas, **pods(spec, **extra)}})


def claim_template(size: str = "10Gi", name: str = "data", **spec: Any) -> dict[str, Any]:
    inside = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}
    return {"metadata": {"name": name}, "spec": inside}


def stateful_set(namespace: str, name: str = "db", replicas: int = 3, over: Mapping[str, Any] | None = None) -> Res:
    mounts: dict[str, Any] = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    spec = {"serviceName": name, "replicas": replicas, "volumeClaimTemplates": [claim_template()], **pods(**mounts)}
    return made(name, "apps/v1", "StatefulSet", namespace, {"spec": merge(spec, over or {})})


def claim(namespace: str, size: str = "10Gi", name: str = "data", **spec: Any) -> Res:
    return made(name, "v1", "PersistentVolumeClaim", namespace, {"spec": claim_template(size, **spec)["spec"]})


def secret(namespace: str, name: str = "login", **data: str) -> Res:
    return made(name, "v1", "Secret", namespace, {"stringData": data or {"password": "hidden-in-the-store"}})


def storage_class(name: str, **extra: Any) -> Res:
    return made(name, "storage.k8s.io/v1", "StorageClass", None, {"provisioner": "pd.csi.storage.gke.io", **extra})


def account(namespace: str, name: str = "app") -> Res:
    """A service account that acts as Google's account `app`."""
    annotations = {"iam.gke.io/gcp-service-account": "app@p.iam.gserviceaccount.com"}
    return made(name, "v1", "ServiceAccount", namespace, {}, annotations=annotations)


def provider_class(namespace: str, name: str) -> Res:
    """A secret of Secret Manager as a file, under the secret's name."""
    files = [{"resourceName": f"projects/p/secrets/{name}/versions/latest", "path": name}]
    spec = {"provider": "gke", "parameters": {"secrets": json.dumps(files)}}
    return made(name, "secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", namespace, {"spec": spec})


def mounting(name: str, account: str = "app") -> dict[str, Any]:
    """The spec of pods that mount a class."""
    csi = {"driver": "secrets-store-gke.csi.k8s.io", "readOnly": True, "volumeAttributes": {"secretProviderClass": name}}
    return {"serviceAccountName": account, "volumes": [{"name": "secrets", "csi": csi}]}
