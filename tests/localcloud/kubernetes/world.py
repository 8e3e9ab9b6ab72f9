"""A cluster on a local cloud in this process, and small programs for it: lists of objects, created in order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from localcloud.kubernetes.clusters import CLUSTER, NODE_POOL
from localcloud.kubernetes.provider import KubernetesProvider
from localcloud.kubernetes.rules.images import POLICY
from localcloud.kubernetes.rules.mounted_secrets import GOOGLE_ACCOUNT as ACCOUNT
from localcloud.kubernetes.rules.mounted_secrets import SECRET, VERSION
from localcloud.plugin import NotReady, State
from localcloud.store import Row, Store
from tests.localcloud.world import Res

ENDPOINT = "gke-1234.us-central1.gke.goog"
PATH = "projects/p/locations/us-central1/clusters/c"
APP = "app@p.iam.gserviceaccount.com"
BOUND = ("secret-mounted",)
ADMITTED = ("registry.example/**", "docker.io/library/*")
FEATURES = {
    "binaryAuthorization": {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"},
    "monitoringConfig": {"managedPrometheus": {"enabled": True}},
    "secretManagerConfig": {"enabled": True},
}


def kubeconfig(endpoint: str = ENDPOINT) -> str:
    """What a program hands to its provider."""
    return json.dumps(
        {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"https://{endpoint}"}}],
            "users": [{"name": "c", "user": {"exec": {"command": "gke-gcloud-auth-plugin"}}}],
        }
    )


def put_cluster(store: Store, machine: str = "n2-standard-8", count: int = 1, **pool: Any) -> None:
    """Puts a cluster and its node pool into a store: so many nodes of a machine type in each of three zones; and secrets."""
    put_secrets(store)
    dns = {"controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"endpoint": ENDPOINT}}}
    with store.transaction():
        _put(store, CLUSTER, PATH, {"name": "c", "location": "us-central1"}, {**dns, **FEATURES})
        deny = {"evaluationMode": "ALWAYS_DENY", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}
        admitted = [{"namePattern": pattern} for pattern in ADMITTED]
        _put(store, POLICY, "policy", {"defaultAdmissionRule": deny, "admissionWhitelistPatterns": admitted}, {})
        config = {"name": "pool", "cluster": "c", "location": "us-central1", "nodeCount": count, **pool}
        _put(
            store,
            NODE_POOL,
            f"{PATH}/nodePools/pool",
            {**config, "nodeConfig": {"machineType": machine, **pool.get("nodeConfig", {})}},
            {},
        )


def put_secrets(store: Store) -> None:
    """Puts secrets into a store: `login` may be read by the Google account `app`, `other` by nobody, and `empty` has no version.

    The Kubernetes service accounts `app` of all namespaces in `BOUND` act as that account.
    """
    with store.transaction():
        account = f"//iam.googleapis.com/projects/p/serviceAccounts/{APP}"
        _row(store, ACCOUNT, account, {"accountId": "app"})
        for namespace in BOUND:
            member = f"serviceAccount:p.svc.id.goog[{namespace}/app]"
            grant = {"role": "roles/iam.workloadIdentityUser", "member": member}
            _row(store, "gcp:serviceaccount/iAMMember:IAMMember", f"{account}/iam/{namespace}", grant, account)
        for name in ("login", "other", "empty"):
            secret = f"//secretmanager.googleapis.com/projects/p/secrets/{name}"
            _row(store, SECRET, secret, {"secretId": name})
            if name != "empty":
                _row(store, VERSION, f"{secret}/versions/1", {}, secret)
            if name != "other":
                grant = {"role": "roles/secretmanager.secretAccessor", "member": f"serviceAccount:{APP}"}
                _row(store, "gcp:secretmanager/secretIamMember:SecretIamMember", f"{secret}/iam/app", grant, secret)


def _row(store: Store, token: str, name: str, config: Mapping[str, Any], inside: str = "") -> None:
    now = store.now()
    row = Row(name, token, "p", name.split("/", 3)[-1], "", dict(config), {}, now, now, 0)
    store.put(row, {("inside", inside): "cascade"} if inside else {})


def _put(store: Store, token: str, path: str, config: Mapping[str, Any], computed: Mapping[str, Any]) -> None:
    now = store.now()
    name = f"//container.googleapis.com/{path}"
    store.put(Row(name, token, "p", path, "", dict(config), dict(computed), now, now, 0), {})


class Cluster:
    """A cluster. `apply` does to it what the engine would do."""

    def __init__(self, folder: Path, machine: str = "n2-standard-8", count: int = 1, **pool: Any) -> None:
        self.store = Store(folder / "cloud.db")
        put_cluster(self.store, machine, count, **pool)
        self.provider = KubernetesProvider(self.store)
        self.provider.configure({"kubeconfig": kubeconfig()})
        self.states: dict[str, tuple[Res, State]] = {}

    def apply(self, program: Sequence[Res]) -> None:
        """Creates, updates and deletes until the program's objects are there; raises at the first refusal."""
        for res in program:
            before = self.states.get(res.name)
            if before is None:
                self._note(res, lambda res=res: self.create(res))
            elif before[0].inputs != res.inputs:
                self._note(res, lambda res=res, state=before[1]: self.change(res, state))
        wanted = {res.name for res in program}
        for name in reversed([name for name in self.states if name not in wanted]):
            res, state = self.states.pop(name)
            self.provider.delete(res.type, state, 0)

    def create(self, res: Res) -> State:
        """Checks and creates one object."""
        return self.provider.create(res.type, f"urn:pulumi:test::test::{res.type}::{res.name}", self.checked(res), 0)

    def change(self, res: Res, state: State) -> State:
        """Changes one object, or makes a new one in its place where the provider does."""
        inputs = self.checked(res, state.inputs)
        difference = self.provider.diff(res.type, state, inputs, [])
        if not any(change.replaces for change in difference.changes.values()):
            return self.provider.update(res.type, state, inputs, 0)
        self.provider.delete(res.type, state, 0)
        return self.create(res)

    def checked(self, res: Res, old: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The inputs as the provider hands them on."""
        inputs, failures = self.provider.check(res.type, res.name, dict(res.inputs), dict(old or {}), b"seed")
        assert not failures, failures
        return inputs

    def names(self) -> list[str]:
        """The names of the cluster's objects."""
        with self.store.transaction():
            return [row.name.partition("/k8s/")[2] for row in self.store.all() if row.project == PATH]

    def _note(self, res: Res, do: Any) -> None:
        try:
            self.states[res.name] = (res, do())
        except NotReady as error:
            self.states[res.name] = (res, error.state)
            raise
