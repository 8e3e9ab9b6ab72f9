"""Claims for volumes, and the classes that they are made from."""

from __future__ import annotations

from typing import Any

from ...errors import Refusal
from ..pods import quantity
from ..view import Request
from .book import CODE, DOCS, rule

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
SIZE = "spec.resources.requests.storage"


@rule("volume-shrinks", CLAIM, verbs=("update",), source=f"{CODE}/pkg/apis/core/validation/validation.go")
def volume_shrinks(request: Request) -> Refusal | None:
    """A volume does not become smaller."""
    if quantity(request.get(SIZE, 0)) >= quantity(request.was(SIZE, 0)):
        return None
    return request.invalid(f"{SIZE}: Forbidden: field can not be less than status.capacity")


@rule(
    "volume-grows",
    CLAIM,
    verbs=("update",),
    source=f"{DOCS}/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims",
)
def volume_grows(request: Request) -> Refusal | None:
    """A volume becomes larger where its storage class says allowVolumeExpansion."""
    if quantity(request.get(SIZE, 0)) <= quantity(request.was(SIZE, 0)):
        return None
    row = request.view.named(CLASS, str(request.get("spec.storageClassName")))
    if row is None or row.config.get("allowVolumeExpansion") is True:
        return None
    return request.forbidden(
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
    )


@rule(
    "storage-class-exists", CLAIM, STATEFUL_SET, verbs=("ready",), source=f"{DOCS}/concepts/storage/persistent-volumes/#class-1"
)
def storage_class_exists(request: Request) -> Refusal | None:
    """The storage class of a claim is there, else the claim waits for ever, and its pod with it."""
    templates: list[Any] = request.every("spec.volumeClaimTemplates[].spec.storageClassName")
    names = templates if request.token == STATEFUL_SET else [request.get("spec.storageClassName")]
    missing = [name for name in names if name and not request.view.exists(CLASS, name)]
    if not missing:
        return None
    return request.forbidden(f'Failed to bind PersistentVolumeClaim(s): storageclass.storage.k8s.io "{missing[0]}" not found')
