"""The stand-in for Google Cloud's provider, `pulumi-resource-gcp`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from ..errors import LocalCloudError, ProviderRefusal
from ..plugin import Difference, State
from ..shape import Change, Failure, Kind, Property
from ..store import Row, Store
from ..values import UNKNOWN, Props, at, is_known, is_object, merge
from . import rules
from .catalog import ResourceType, types, with_place
from .cloud import Cloud, Place
from .data_sources import data_source
from .naming import NotKnown

CONFIG_KEYS = frozenset(
    {
        *(
            "accessToken",
            "addPulumiAttributionLabel",
            "batching",
            "billingProject",
            "credentials",
            "defaultLabels",
            "deletionPolicy",
        ),
        *("disableGooglePartnerName", "externalCredentials", "googlePartnerName", "impersonateServiceAccount"),
        *("impersonateServiceAccountDelegates", "project", "pulumiAttributionLabelAdditionStrategy", "region", "requestReason"),
        *("requestTimeout", "scopes", "universeDomain", "userProjectOverride", "version", "zone"),
    }
)
"""The provider's settings; the local cloud uses project, region, defaultLabels and deletionPolicy."""
ATTRIBUTION = {"goog-pulumi-provisioned": "true"}


class GcpProvider:
    """Google Cloud's provider, on top of the local cloud."""

    version = "10.2.0"

    def __init__(self, store: Store) -> None:
        self.cloud = Cloud(store)
        self.place = Place(project="", region="")
        self.default_labels: Mapping[str, Any] = {}
        self.deletion_policy = "DELETE"

    def check_config(self, config: Props) -> list[Failure]:
        """Refuses settings that the provider does not have."""
        return [Failure(key, f'An argument named "{key}" is not expected here.') for key in config if key not in CONFIG_KEYS]

    def diff_config(self, old: Props, new: Props) -> Sequence[str]:  # noqa: ARG002
        """A project may be changed: its resources say themselves that they move."""
        return ()

    def configure(self, config: Props) -> None:
        """Takes project, region, default labels and deletion policy."""
        self.place = Place(project=str(config.get("project") or ""), region=str(config.get("region") or ""))
        labels: Any = config.get("defaultLabels") or "{}"
        self.default_labels = json.loads(labels) if isinstance(labels, str) else labels
        self.deletion_policy = str(config.get("deletionPolicy") or "DELETE")

    def check(self, token: str, name: str, inputs: Props, old_inputs: Props, seed: bytes) -> tuple[Props, list[Failure]]:
        """Checks the shape, and makes up a name where none is given."""
        type_ = _type(token)
        given = dict(inputs)
        own_name = type_.shape.properties.get("name")
        if own_name and not own_name.output_only and given.get("name") is None:
            given["name"] = old_inputs.get("name") or f"{name.lower()}-{seed.hex()[:7]}"
        failures = type_.shape.check(given)
        project = type_.shape.properties.get("project")
        if project and not project.output_only and not given.get("project") and not self.place.project:
            failures.append(Failure("project", "project: required field is not set"))
        return given, failures

    def diff(self, token: str, old: State, inputs: Props, ignore: Sequence[str]) -> Difference:
        """Compares inputs; the shape and the replacement rules say what needs a new resource."""
        found = difference(token, old.inputs, inputs, ignore, self.place)
        labels = self._labels(_type(token), inputs)
        if is_known(labels) and old.outputs.get("pulumiLabels", labels.get("pulumiLabels")) != labels.get("pulumiLabels"):
            return replace(found, changes={**found.changes, "pulumiLabels": Change(Kind.UPDATE, replaces=False)})
        return found

    def planned(self, token: str, inputs: Props, old_outputs: Props) -> Props:
        """The inputs with defaults; what the cloud will add is unknown, or as before where there is a before."""
        type_ = _type(token)
        known = type_.shape.with_defaults(with_place(type_, inputs, self.place.project, self.place.region))
        return self._shown(type_, {**_foreseen(type_.shape.properties, known, old_outputs), **self._labels(type_, inputs)})

    def create(self, token: str, urn: str, inputs: Props, timeout: float) -> State:
        """Creates a resource."""
        self._require_known(inputs)
        type_ = _type(token)
        return self._state(type_, self.cloud.create(type_, urn, inputs, self.place, timeout), inputs)

    def read(self, token: str, state: State) -> State | None:
        """Reads a resource."""
        type_ = _type(token)
        row = self.cloud.read(type_, state.id, self._project(type_, state))
        return None if row is None else self._state(type_, row, self._revealed(type_, row, state))

    def update(self, token: str, state: State, inputs: Props, timeout: float) -> State:
        """Changes a resource in place."""
        self._require_known(inputs)
        type_ = _type(token)
        return self._state(type_, self.cloud.update(type_, state.id, inputs, self.place, timeout), inputs)

    def delete(self, token: str, state: State, timeout: float) -> None:
        """Deletes a resource."""
        type_ = _type(token)
        policy = str(state.inputs.get("deletionPolicy") or self.deletion_policy)
        self.cloud.delete(type_, state.id, Place(self._project(type_, state), self.place.region), policy, timeout)

    def invoke(self, token: str, arguments: Props) -> Props:
        """Answers a data source."""
        self._require_known(arguments)
        source = data_source(token)
        project = source.project(arguments, self.place.project)
        return self.cloud.look_up(source, arguments, project)

    # -- inside

    def _project(self, type_: ResourceType, state: State) -> str:
        """The project that a resource lies in: its own property says it, or what it refers to, or its id."""
        in_id = re.search(r"(?:^|/)projects/([^/]+)/", unquote(state.id))
        default = in_id[1] if in_id and not in_id[1].isdigit() else self.place.project
        return str(with_place(type_, {**state.outputs, **state.inputs}, default, self.place.region)["project"])

    def _state(self, type_: ResourceType, row: Row, inputs: Props) -> State:
        outputs = merge(row.computed, type_.shape.with_defaults(inputs))
        return State(row.id, inputs, self._shown(type_, {**outputs, **self._labels(type_, inputs)}))

    def _shown(self, type_: ResourceType, outputs: Props) -> Props:
        """The outputs without what is never read back, and without what only the local cloud needs."""
        known = type_.shape.properties
        shown = {key: value for key, value in outputs.items() if key in known}
        return type_.in_capitals(type_.shape.map_secrets(shown, lambda _, value, write_only: None if write_only else value))

    def _revealed(self, type_: ResourceType, row: Row, before: State) -> Props:
        """The inputs of a resource, with the secrets that Pulumi knows where they are still the cloud's."""

        def reveal(path: str, kept: Any, write_only: bool) -> Any:
            known = at(before.inputs, path)
            if write_only or (known is not None and self.cloud.digest(known) == kept):
                return known
            return kept

        return type_.shape.map_secrets(row.config, reveal)

    def _labels(self, type_: ResourceType, inputs: Props) -> Props:
        if "pulumiLabels" not in type_.shape.properties:
            return {}
        own: Any = inputs.get("labels") or dict[str, Any]()
        if own is UNKNOWN:
            return {"pulumiLabels": UNKNOWN, "effectiveLabels": UNKNOWN}
        labels = {**self.default_labels, **own}
        return {"pulumiLabels": labels, "effectiveLabels": {**ATTRIBUTION, **labels}}

    def _require_known(self, inputs: Props) -> None:
        if not is_known(inputs):
            raise ProviderRefusal("a value that is not known yet reached the provider during an update")


def _foreseen(properties: Mapping[str, Property], known: Mapping[str, Any], old: Any, *, inside: bool = False) -> Props:
    """What is known, with what the cloud will add at every depth: as before where there is a before, else unknown.

    Inside a property that was there before, what the cloud did not add then it does not add now: one unknown value would make
    the whole property unknown to the program.
    """
    foreseen: Props = dict(known)
    for name, shape in properties.items():
        before, value = at(old, name), known.get(name)
        if shape.kind == "object" and is_object(value):
            foreseen[name] = _foreseen(shape.properties, value, before, inside=True)
        elif shape.computed and name not in known and before is not None:
            foreseen[name] = before
        elif shape.computed and name not in known and not (inside and old is not None):
            foreseen[name] = UNKNOWN
    return foreseen


def difference(token: str, old: Props, new: Props, ignore: Sequence[str], place: Place) -> Difference:
    """What differs between two versions of a resource's inputs, by path, and what of it needs a new resource."""
    type_ = _type(token)
    changes = dict(type_.shape.diff(type_.in_capitals(old), type_.in_capitals(new), ignore))
    for function in rules.REPLACES.get(token, ()):
        for path in function(old, new):
            changes[path] = Change(changes[path].kind if path in changes else Kind.UPDATE, replaces=True)
    replaced = any(change.replaces for change in changes.values())
    return Difference(changes, delete_before_replace=replaced and _same_name(type_, old, new, place))


def _same_name(type_: ResourceType, old: Props, new: Props, place: Place) -> bool:
    """Whether a replacement would have the name of what it replaces, so that both cannot be there at once."""
    if type_.sequence or type_.idempotent:
        return False
    try:
        before, after = (type_.path(with_place(type_, given, place.project, place.region)) for given in (old, new))
    except NotKnown:
        return True
    return before == after


def _type(token: str) -> ResourceType:
    type_ = types().get(token)
    if type_ is None:
        raise LocalCloudError(
            f"the local cloud does not know the resource type {token} yet. docs/adding-a-resource-type.md says how to add it: "
            "its shape and its life are data."
        )
    return type_
