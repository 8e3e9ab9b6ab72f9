"""What holds for every object: its kind, its name, its labels, its namespace, and what of it cannot be changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import Refusal
from ...rulebook import EVERY_TYPE
from ...values import at, is_object
from ..kinds import Fixed
from ..view import NAMESPACE, Request, Status
from .book import CODE, DOCS, rule

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
NAMES: Mapping[str, tuple[str, int, str]] = {
    "label": (
        LABEL,
        63,
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
        f"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LABEL}')",
    ),
    "subdomain": (
        rf"{LABEL}(\.{LABEL})*",
        253,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
        rf"with an alphanumeric character (e.g. 'example.com', regex used for validation is '{LABEL}(\.{LABEL})*')",
    ),
    "service": (
        r"[a-z]([-a-z0-9]*[a-z0-9])?",
        63,
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and "
        "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
        "'[a-z]([-a-z0-9]*[a-z0-9])?')",
    ),
    "path": (r"(?!\.\.?$)[^/%]+", 253, "may not be '.' or '..' and may not contain '/' or '%'"),
}
"""What each kind of name must look like, how long it may be, and what is said where it does not."""
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
LABEL_KEY = re.compile(rf"({LABEL}(\.{LABEL})*/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")


@rule(
    "kind-served",
    EVERY_TYPE,
    verbs=("create",),
    source=f"{DOCS}/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/",
)
def kind_served(request: Request) -> Refusal | None:
    """A custom resource needs its definition: declared, or brought along by a feature of the cluster that is on."""
    kind, view = request.kind, request.view
    if not kind.custom or view.declared_kind(kind.token):
        return None
    if kind.provided_by and at(view.cluster.properties, kind.provided_by) is True:
        return None
    return Status(
        404,
        f"creation of resource with kind {kind.api_version}/{kind.kind} failed because the Kubernetes API server reported that "
        "the apiVersion for this resource does not exist. Verify that any required CRDs have been created: "
        f'no matches for kind "{kind.kind}" in version "{kind.api_version}"',
        "NoMatch",
    )


@rule(
    "custom-resource",
    EVERY_TYPE,
    source=f"{DOCS}/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation",
)
def custom_resource(request: Request) -> Refusal | None:
    """A custom resource is what the definition says that the cluster holds."""
    found = request.kind.problems(request.new) if request.kind.custom else []
    return Status(422, request.kind.says(request.name, found), "Invalid") if found else None


@rule("object-name", EVERY_TYPE, verbs=("create",), source=f"{DOCS}/concepts/overview/working-with-objects/names/")
def object_name(request: Request) -> Refusal | None:
    """A name has the letters and the length that its kind allows."""
    pattern, longest, says = NAMES[request.kind.name]
    if not re.fullmatch(pattern, request.name):
        return request.invalid(f"metadata.name: Invalid value: {json.dumps(request.name)}: {says}")
    if len(request.name) > longest:
        return request.invalid(
            f"metadata.name: Invalid value: {json.dumps(request.name)}: must be no more than {longest} characters"
        )
    return None


@rule("object-labels", EVERY_TYPE, source=f"{DOCS}/concepts/overview/working-with-objects/labels/#syntax-and-character-set")
def object_labels(request: Request) -> Refusal | None:
    """Labels have keys and values of at most 63 letters, digits, `-`, `_` and `.`."""
    labels: Any = request.get("metadata.labels", {})
    for key, value in labels.items():
        if not LABEL_KEY.fullmatch(key) or len(key.rsplit("/", 1)[-1]) > 63:
            return request.invalid(
                f"metadata.labels: Invalid value: {json.dumps(key)}: name part must consist of alphanumeric characters"
            )
        if not LABEL_VALUE.fullmatch(str(value)) or len(str(value)) > 63:
            return request.invalid(
                f"metadata.labels: Invalid value: {json.dumps(value)}: a valid label must be an empty string or consist "
                "of alphanumeric characters, '-', '_' or '.', of no more than 63 characters"
            )
    return None


@rule("namespace-exists", EVERY_TYPE, verbs=("create",), source=f"{DOCS}/concepts/overview/working-with-objects/namespaces/")
def namespace_exists(request: Request) -> Refusal | None:
    """An object's namespace is there before it."""
    if not request.kind.namespaced or request.view.exists(NAMESPACE, request.namespace):
        return None
    return Status(404, f'namespaces "{request.namespace}" not found', "NotFound")


@rule(
    "already-exists",
    EVERY_TYPE,
    verbs=("create",),
    source="https://github.com/pulumi/pulumi-kubernetes/blob/master/CHANGELOG.md",
    numbers=(5,),
)
def already_exists(request: Request) -> Refusal | None:
    """A name is used once in a namespace; the provider does not take over what somebody else made."""
    if not request.view.exists(request.token, request.name, request.namespace):
        return None
    return Status(
        409,
        f'{request.kind.resources} "{request.name}" already exists\n\nThe resource already exists in the cluster. Import it, '
        "give another name, or change the part of it that matters with a Patch resource.",
        "AlreadyExists",
    )


@rule(
    "immutable-field", EVERY_TYPE, verbs=("update",), source=f"{CODE}/pkg/apis/apps/validation/validation.go", numbers=(1, 2, 8)
)
def immutable_field(request: Request) -> Refusal | None:
    """What the API server never changes in place is given as it was."""
    says = [text for fixed in request.kind.fixed for text in _changed(request, fixed)]
    return request.invalid(*says) if says else None


def _changed(request: Request, fixed: Fixed) -> Iterator[str]:
    if fixed.when and request.was(fixed.when) is not True:
        return
    old, new = at(request.old, fixed.path), at(request.new, fixed.path)
    if _without(old, fixed.unless) != _without(new, fixed.unless):
        yield f"{fixed.path}: {fixed.says.replace('{value}', json.dumps(new))}"


def _without(value: Any, names: tuple[str, ...]) -> Any:
    return {key: inner for key, inner in value.items() if key not in names} if is_object(value) else value
