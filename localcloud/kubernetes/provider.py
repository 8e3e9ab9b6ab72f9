"""The stand-in for Pulumi's Kubernetes provider, `pulumi-resource-kubernetes`."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import LocalCloudError, ProviderRefusal
from ..plugin import Difference, NotReady, State
from ..shape import Failure
from ..store import Store
from ..values import UNKNOWN, Props, Secret, at, is_known, is_object, merge, object_at
from . import diff
from .cloud import Kubernetes, Outcome
from .clusters import Kubeconfig, Unreachable
from .kinds import Kind, assumed, complete, kinds, unknown
from .manifests import documents
from .view import DEFAULT_NAMESPACE

CONFIG_KEYS = frozenset(
    {
        *("alwaysRender", "cluster", "clusterIdentifier", "context", "deleteUnreachable", "enableConfigMapMutable"),
        *("enablePatchForce", "enableReplaceCRD", "enableSecretMutable", "enableServerSideApply", "helmReleaseSettings"),
        *("kubeClientSettings", "kubeconfig", "namespace", "renderYamlToDirectory", "skipUpdateUnreachable", "strictMode"),
        *("suppressDeprecationWarnings", "suppressHelmHookWarnings", "upsertExistingObjects", "version"),
    }
)
"""The provider's settings; the local cloud uses those that say where objects go and how they are replaced."""
AUTONAMED = {"pulumi.com/autonamed": "true"}
DECODE = "kubernetes:yaml:decode"
IN_THIS_UPDATE = ("NotFound", "AlreadyExists", "NoMatch")
"""What a preview does not mind, as with the real provider: the same update brings the namespace or the custom resource
definition, or takes the object of that name away."""


class KubernetesProvider:
    """The Kubernetes provider, on top of the local cloud."""

    version = "4.34.2"

    def __init__(self, store: Store) -> None:
        self.cloud = Kubernetes(store)
        self.config: Props = {}

    def check_config(self, config: Props) -> list[Failure]:
        """Refuses settings that the provider does not have, and manifests in folders."""
        failures = [Failure(key, f'An argument named "{key}" is not expected here.') for key in config if key not in CONFIG_KEYS]
        if config.get("renderYamlToDirectory"):
            failures.append(Failure("renderYamlToDirectory", "the local cloud keeps objects in clusters, not in folders"))
        return failures

    def diff_config(self, old: Props, new: Props) -> Sequence[str]:
        """Another cluster needs other objects; one that is not known yet counts as another."""
        if new.get("clusterIdentifier") and new.get("clusterIdentifier") == old.get("clusterIdentifier"):
            return ()
        places = [key for key in ("kubeconfig", "context", "cluster") if old.get(key) != new.get(key)]
        if not places or any(new.get(key) is UNKNOWN for key in places):
            return places
        return places if _server(old) != _server(new) else ()

    def configure(self, config: Props) -> None:
        """Takes the settings; which cluster that is shows when it is needed."""
        self.config = config

    def check(self, token: str, name: str, inputs: Props, old_inputs: Props, seed: bytes) -> tuple[Props, list[Failure]]:
        """Checks an object against its schema, and makes up a name where none is given."""
        kind = self._kind(token)
        given = self._named(kind, name, inputs, old_inputs, seed)
        problems = kind.problems(given) if token in kinds() else []  # the cluster knows the others, when they are created
        says = kind.says(str(at(given, "metadata.name")), problems)
        return given, [Failure(problems[0].path, says)] if problems else []

    def diff(self, token: str, old: State, inputs: Props, ignore: Sequence[str]) -> Difference:
        """Compares inputs; the kind says what needs a new object."""
        return difference(self._kind(token), old.inputs, inputs, ignore, self.config)

    def planned(self, token: str, inputs: Props, old_outputs: Props) -> Props:
        """The object as it would be. The API server is asked, where there is one and everything is known."""
        kind = self._kind(token)
        if is_known(inputs) and not old_outputs:
            self._try_out(kind, inputs)
        metadata = {name: at(old_outputs, f"metadata.{name}") or UNKNOWN for name in ("uid", "creationTimestamp")}
        added = {name: value for name, value in old_outputs.items() if name not in inputs}
        return self._shown(kind, merge({**added, "metadata": metadata}, complete(kind, inputs)))

    def create(self, token: str, urn: str, inputs: Props, timeout: float) -> State:
        """Creates an object."""
        self._require_known(inputs)
        kind = self._kind(token)
        return self._answer(kind, inputs, self.cloud.create(kind, urn, inputs, self._kubeconfig(), timeout), "created")

    def read(self, token: str, state: State) -> State | None:
        """Reads an object."""
        kind = self._kind(token)
        id_ = state.id if "/" in state.id or not kind.namespaced else f"{DEFAULT_NAMESPACE}/{state.id}"
        try:
            outcome = self.cloud.read(kind, id_, self._kubeconfig())
        except Unreachable as error:
            if _is_on(self.config, "deleteUnreachable"):
                return None
            raise Unreachable("failed to read resource state due to unreachable cluster. " + FORGET) from error
        return self._answer(kind, self._revealed(kind, outcome.row.config, state), outcome, "read") if outcome else None

    def update(self, token: str, state: State, inputs: Props, timeout: float) -> State:
        """Changes an object in place."""
        self._require_known(inputs)
        kind = self._kind(token)
        return self._answer(kind, inputs, self.cloud.update(kind, state.id, inputs, self._kubeconfig(), timeout), "updated")

    def delete(self, token: str, state: State, timeout: float) -> None:
        """Deletes an object."""
        kind = self._kind(token)
        try:
            self.cloud.delete(kind, state.id, self._kubeconfig(), timeout)
        except Unreachable as error:
            if not _is_on(self.config, "deleteUnreachable"):
                raise Unreachable(FORGET) from error

    def invoke(self, token: str, arguments: Props) -> Props:
        """Reads manifests; nothing else is looked up."""
        if token != DECODE:
            raise unknown(token)
        self._require_known(arguments)
        found = documents(str(arguments.get("text") or ""))
        namespace = arguments.get("defaultNamespace")
        return {"result": [merge({"metadata": {"namespace": namespace}}, item) if namespace else item for item in found]}

    # -- inside

    def _kind(self, token: str) -> Kind:
        """The kind of a token: one that has a schema here, or that the cluster knows, or that may come with the same update."""
        try:
            kind = kinds().get(token) or self.cloud.declared(token, self._reachable())
        except Unreachable:
            kind = None
        kind = kind or assumed(token)
        if kind is None:
            raise unknown(token)
        return kind

    def _kubeconfig(self) -> Kubeconfig:
        config = self.config
        return Kubeconfig.parse(str(config.get("kubeconfig") or ""), config.get("context"), config.get("cluster"))

    def _reachable(self) -> Kubeconfig | None:
        """The kubeconfig, where it is known already."""
        known = all(self.config.get(key) is not UNKNOWN for key in ("kubeconfig", "context", "cluster"))
        return self._kubeconfig() if known else None

    def _try_out(self, kind: Kind, inputs: Props) -> None:
        try:
            kubeconfig = self._reachable()
            if kubeconfig:
                self.cloud.try_out(kind, inputs, kubeconfig)
        except Unreachable:
            return  # the cluster comes with the same update
        except LocalCloudError as error:
            if getattr(error, "reason", "") not in IN_THIS_UPDATE:
                raise

    def _named(self, kind: Kind, name: str, inputs: Props, old_inputs: Props, seed: bytes) -> Props:
        """The object under its name: its own, the one it had, or one that is made up."""
        added: Props = {}
        if at(inputs, "metadata.name") is None:
            before = at(old_inputs, "metadata.name") if _is_autonamed(old_inputs) else None
            added = {"name": before or f"{name}-{seed.hex()[:8]}", "annotations": AUTONAMED}
        if kind.namespaced and self.config.get("namespace") and at(inputs, "metadata.namespace") is None:
            added["namespace"] = self.config["namespace"]
        return merge({"metadata": added}, merge(inputs, {"metadata": _annotated(inputs, added)})) if added else dict(inputs)

    def _answer(self, kind: Kind, inputs: Props, outcome: Outcome, done: str) -> State:
        row = outcome.row
        place = {"metadata": {"namespace": DEFAULT_NAMESPACE}} if kind.namespaced else {}
        state = State(row.id, inputs, self._shown(kind, merge(merge(place, row.computed), complete(kind, inputs))))
        if outcome.refusals:
            raise NotReady(
                f"resource {row.id} was successfully {done}, but the Kubernetes API server reported that it failed to fully "
                f"initialize or become live: '{row.id.rsplit('/', 1)[-1]}' timed out waiting to be Ready",
                state,
                [str(refusal) for refusal in outcome.refusals],
                outcome.refusals[0].rule,
            )
        return state

    def _shown(self, kind: Kind, outputs: Props) -> Props:
        """The outputs: what is secret is marked so, and what was given in plain text is read back in base64 too."""
        plain = outputs.get("stringData")
        if "stringData" in kind.hidden and is_object(plain) and is_known(plain):
            coded = {name: base64.b64encode(str(value).encode()).decode() for name, value in plain.items()}
            outputs = {**outputs, "data": {**(outputs.get("data") or {}), **coded}}
        return {name: Secret(value) if name in kind.hidden and is_known(value) else value for name, value in outputs.items()}

    def _revealed(self, kind: Kind, stored: Props, before: State) -> Props:
        """The inputs of an object, with the secrets that Pulumi knows where they are still the cluster's."""
        inputs = dict(stored)
        for name in kind.hidden:
            values: Any = stored.get(name) or {}
            known: Any = before.inputs.get(name) or {}
            if is_object(values) and is_object(known):
                same = {
                    key: known[key] for key, digest in values.items() if key in known and self.cloud.digest(known[key]) == digest
                }
                inputs |= {name: {**values, **same}} if values else {}
        return inputs

    def _require_known(self, inputs: Props) -> None:
        if not is_known(inputs):
            raise ProviderRefusal("a value that is not known yet reached the provider during an update")


FORGET = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the "
    'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)


def _server(config: Mapping[str, Any]) -> str | None:
    try:
        return Kubeconfig.parse(str(config.get("kubeconfig") or ""), config.get("context"), config.get("cluster")).server
    except Unreachable:
        return None


def difference(kind: Kind, old: Props, new: Props, ignore: Sequence[str], config: Mapping[str, Any]) -> Difference:
    """What differs between two versions of an object, by path, and what of it needs a new object.

    Args:
        config: the provider's settings.
    """
    replaces = kind.replaces
    if kind.mutable and _is_on(config, kind.mutable) and new.get("immutable") is not True:
        replaces = tuple(path for path in replaces if path == "type")
    changes = diff.changes(_placed(kind, old), _placed(kind, new), replaces, ignore)
    replaced = any(change.replaces for change in changes.values())
    return Difference(changes, delete_before_replace=replaced and _same_name(old, new))


def _is_on(config: Mapping[str, Any], setting: str) -> bool:
    return config.get(setting) in (True, "true")


def _placed(kind: Kind, given: Props) -> Props:
    """An object with its namespace said, so that `default` equals nothing said."""
    return merge({"metadata": {"namespace": DEFAULT_NAMESPACE}}, given) if kind.namespaced else given


def _annotated(inputs: Props, added: Props) -> Props:
    own: Any = at(inputs, "metadata.annotations") or {}
    return {"annotations": {**own, **added["annotations"]}} if "annotations" in added and is_object(own) else {}


def _same_name(old: Props, new: Props) -> bool:
    """Whether a replacement would have the name of what it replaces, so that both cannot be there at once."""
    named = [(at(given, "metadata.name"), at(given, "metadata.namespace") or DEFAULT_NAMESPACE) for given in (old, new)]
    return named[0] == named[1] and not _is_autonamed(new)


def _is_autonamed(given: Props) -> bool:
    return object_at(given, "metadata.annotations").get("pulumi.com/autonamed") == "true"
