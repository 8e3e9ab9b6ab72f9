"""For every rule of Kubernetes a program that breaks it, and its twin that is accepted."""

from __future__ import annotations

import json
from typing import Any

from tests.localcloud.world import Res

from .parts import (
    RESTRICTED,
    Case,
    account,
    claim,
    claim_template,
    container,
    deployment,
    made,
    mounting,
    provider_class,
    resources,
    secret,
    space,
    stateful_set,
    storage_class,
)

ELASTICSEARCH = "elasticsearch.k8s.elastic.co/v1"
MONITORING = "monitoring.googleapis.com/v1"
BACKUP = "backup.example.com/v1"
CRD: dict[str, Any] = {
    "spec": {
        "group": "backup.example.com",
        "names": {"kind": "Backup", "plural": "backups"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"every": {"type": "string"}}}},
                    }
                },
            }
        ],
    }
}


def env(kind: str, name: str, key: str) -> dict[str, Any]:
    return {"env": [{"name": "A", "valueFrom": {kind: {"name": name, "key": key}}}]}


def case(rule: str, says: str, bad: Res, good: Res, *setup: Res, waits: bool = False) -> Case:
    first = [space(rule), *setup]
    return Case(rule=rule, setup=first, bad=[*first, bad], good=[*first, good], says=says, waits=waits)


def _objects() -> list[Case]:
    n = "object-name"
    names = case(
        n,
        "a lowercase RFC 1123 subdomain must consist",
        made("App_1", "v1", "ConfigMap", n, {}),
        made("app-1", "v1", "ConfigMap", n, {}),
    )
    n = "object-labels"
    bad, good = (
        made("labelled", "v1", "ConfigMap", n, {}, labels={"team": value}) for value in ("data platform", "data-platform")
    )
    labels = case(n, "a valid label must be", bad, good)
    n = "namespace-exists"
    nowhere = case(
        n, 'namespaces "nowhere" not found', made("a", "v1", "ConfigMap", "nowhere", {}), made("a", "v1", "ConfigMap", n, {})
    )
    n = "already-exists"
    twin = Res("twin", made("a", "v1", "ConfigMap", n, {}).type, made("a", "v1", "ConfigMap", n, {}).inputs)
    twice = case(
        n, 'configmaps "a" already exists', twin, made("b", "v1", "ConfigMap", n, {}), made("a", "v1", "ConfigMap", n, {})
    )
    n = "kind-served"
    spec = {"spec": {"secretStoreRef": {"name": "store"}, "target": {"name": "login"}}}
    rules: dict[str, Any] = {"spec": {"groups": []}}
    served = case(
        n,
        'no matches for kind "ExternalSecret"',
        made("login", "external-secrets.io/v1", "ExternalSecret", n, spec),
        made("r", MONITORING, "Rules", n, rules),
    )
    n = "custom-resource"
    crd = made("backups.backup.example.com", "apiextensions.k8s.io/v1", "CustomResourceDefinition", None, CRD)
    daily, wrong = (made("daily", BACKUP, "Backup", n, {"spec": spec}) for spec in ({"every": "1d"}, {"evry": "1d"}))
    custom = case(n, 'strict decoding error: unknown field "spec.evry"', wrong, daily, crd)
    return [names, labels, nowhere, twice, served, custom]


def _changes() -> list[Case]:
    n = "immutable-field"
    before, bad, good = (
        [space(n), storage_class("fixed", **extra)] for extra in ({}, {"reclaimPolicy": "Retain"}, {"allowVolumeExpansion": True})
    )
    fixed = Case(
        rule=n, setup=before, bad=bad, good=good, says="reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden."
    )
    n = "volume-shrinks"
    before, bad, good = ([space(n), claim(n, size)] for size in ("10Gi", "9Gi", "11Gi"))
    shrinks = Case(rule=n, setup=before, bad=bad, good=good, says="field can not be less than status.capacity")
    n = "volume-grows"
    sized = {"storageClassName": "rigid"}, {"storageClassName": "elastic"}
    classes = [space(n), storage_class("rigid"), storage_class("elastic", allowVolumeExpansion=True)]
    before = [*classes, claim(n, name="a", **sized[0]), claim(n, name="b", **sized[1])]
    grows = Case(
        rule=n,
        setup=before,
        bad=[*classes, claim(n, "20Gi", name="a", **sized[0]), before[-1]],
        good=[*before[:-1], claim(n, "20Gi", name="b", **sized[1])],
        says="only dynamically provisioned pvc can be resized",
    )
    return [fixed, shrinks, grows]


def _workloads() -> list[Case]:
    n = "selector-labels"
    other = {"selector": {"matchLabels": {"app": "other"}}}
    selector = case(n, "`selector` does not match template `labels`", stateful_set(n, over=other), stateful_set(n))
    n = "volume-mounts"
    claims = {"volumeClaimTemplates": [claim_template(name="elsewhere")]}
    mounts = case(n, r'volumeMounts\[0\].name: Not found: "data"', stateful_set(n, over=claims), stateful_set(n))
    n = "container-resources"
    above: dict[str, Any] = {"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}}
    limits = case(n, "must be less than or equal to memory limit of 1Gi", deployment(n, **above), deployment(n, **resources()))
    n = "restart-policy"
    job = {"template": {"spec": {"containers": [container()]}}}
    once = {"template": {"spec": {"containers": [container()], "restartPolicy": "Never"}}}
    restart = case(
        n,
        'Unsupported value: "Always"',
        made("job", "batch/v1", "Job", n, {"spec": job}),
        made("job", "batch/v1", "Job", n, {"spec": once}),
    )
    n = "disruption-budget"
    both, one = {"minAvailable": 1, "maxUnavailable": 1}, {"maxUnavailable": 1}
    bad, good = (made("pdb", "policy/v1", "PodDisruptionBudget", n, {"spec": {"selector": {}, **spec}}) for spec in (both, one))
    budget = case(n, "minAvailable and maxUnavailable cannot be both set", bad, good)
    n = "priority-value"
    bad, good = (
        made("urgent", "scheduling.k8s.io/v1", "PriorityClass", None, {"value": value}) for value in (2_000_000_000, 1_000_000)
    )
    priority = case(n, "maximum allowed value of a user defined priority", bad, good)
    return [selector, mounts, limits, restart, budget, priority]


def _needs() -> list[Case]:
    n = "storage-class-exists"
    bad, good = ({"volumeClaimTemplates": [claim_template(storageClassName=name)]} for name in ("fast", "premium-rwo"))
    classes = case(n, '"fast" not found', stateful_set(n, over=bad), stateful_set(n, over=good), waits=True)
    n = "pod-needs"
    wrong, right = (deployment(n, **env("secretKeyRef", "login", key)) for key in ("user", "password"))
    needs = case(n, "couldn't find key user in Secret pod-needs/login", wrong, right, secret(n), waits=True)
    n = "secret-mounted"
    spaced = [account(n), provider_class(n, "login"), provider_class(n, "other")]
    unreadable, readable = (deployment(n, mounting(name)) for name in ("other", "login"))
    says = r"PermissionDenied desc = Permission 'secretmanager.versions.access' denied for .*/secrets/other/versions/latest"
    mounted = case(n, says, unreadable, readable, *spaced, waits=True)
    n = "pod-security"
    spaces = [space(n, **{"pod-security.kubernetes.io/enforce": "restricted"})]
    bare, safe = deployment(n, **resources()), deployment(n, **resources(), securityContext=RESTRICTED)
    says = r'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "app" must set'
    security = Case(rule=n, setup=spaces, bad=[*spaces, bare], good=[*spaces, safe], says=says, waits=True)
    return [classes, needs, mounted, security]


def _amounts() -> list[Case]:
    n = "limit-range"
    limits = made("limits", "v1", "LimitRange", n, {"spec": {"limits": [{"type": "Container", "max": {"memory": "2Gi"}}]}})
    says = "maximum memory usage per Container is 2Gi, but limit is 4Gi"
    ranges = case(n, says, deployment(n, **resources(memory="4Gi")), deployment(n, **resources(memory="2Gi")), limits, waits=True)
    n = "resource-quota"
    quota = made("quota", "v1", "ResourceQuota", n, {"spec": {"hard": {"requests.cpu": "2"}}})
    says = "exceeded quota: quota, requested: requests.cpu=3, used: requests.cpu=0, limited: requests.cpu=2"
    quotas = case(n, says, deployment(n, replicas=3, **resources()), deployment(n, replicas=2, **resources()), quota, waits=True)
    n = "object-quota"
    quota = made("quota", "v1", "ResourceQuota", n, {"spec": {"hard": {"requests.storage": "15Gi"}}})
    says = "exceeded quota: quota, requested: requests.storage=20Gi, used: requests.storage=0, limited: requests.storage=15Gi"
    objects = case(n, says, claim(n, "20Gi"), claim(n, "15Gi"), quota)
    n = "pod-fits"
    says = "0/3 nodes are available: 3 Insufficient memory"
    fits = case(n, says, deployment(n, **resources(memory="30Gi")), deployment(n, **resources(memory="20Gi")), waits=True)
    n = "image-admitted"
    says = "Image elsewhere.example/app:1 denied by Binary Authorization default admission rule. Denied by always_deny admission rule"
    admitted = case(n, says, deployment(n, image="elsewhere.example/app:1"), deployment(n), waits=True)
    return [ranges, quotas, objects, fits, admitted]


ES_CRD: dict[str, Any] = {
    "spec": {
        "group": "elasticsearch.k8s.elastic.co",
        "names": {"kind": "Elasticsearch", "plural": "elasticsearches"},
        "scope": "Namespaced",
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
    }
}


def node_set(name: str, roles: list[str], count: int = 3, **extra: Any) -> dict[str, Any]:
    return {"name": name, "count": count, "config": {"node.roles": roles}, **extra}


def es(namespace: str, *node_sets: dict[str, Any], name: str = "search", version: str = "8.19.4") -> Res:
    sets = list(node_sets) or [node_set("master", ["master"]), node_set("data", ["data", "ingest"])]
    return made(name, ELASTICSEARCH, "Elasticsearch", namespace, {"spec": {"version": version, "nodeSets": sets}})


def _elasticsearch() -> list[Case]:
    """The operator's definition is declared once; the programs follow each other in one cluster."""
    crd = made(
        "elasticsearches.elasticsearch.k8s.elastic.co", "apiextensions.k8s.io/v1", "CustomResourceDefinition", None, ES_CRD
    )
    masters = node_set("master", ["master"])
    cases = [
        case("es-version", "Unsupported version", es("es-version", version="7.17.0"), es("es-version"), crd),
        case(
            "es-name",
            "name exceeds maximum allowed length of 36",
            es("es-name", name="a" * 37),
            es("es-name", name="a" * 36),
            crd,
        ),
        case("es-roles", "at least one master node", es("es-roles", node_set("data", ["data"])), es("es-roles"), crd),
    ]
    n = "es-zones"
    other = node_set("data", ["data"], zoneAwareness={"topologyKey": "topology.kubernetes.io/region"})
    bad, good = (
        es(n, node_set("master", ["master"], zoneAwareness={}), data)
        for data in (other, node_set("data", ["data"], zoneAwareness={}))
    )
    cases.append(case(n, "must use the same topologyKey", bad, good, crd))
    n = "es-claims"
    before, bad, good = (
        [
            space(n),
            crd,
            es(n, masters, node_set("data", ["data"], volumeClaimTemplates=[claim_template(size, name="elasticsearch-data")])),
        ]
        for size in ("1Ti", "512Gi", "2Ti")
    )
    return [*cases, Case(rule=n, setup=before, bad=bad, good=good, says="can only have their storage requests increased")]


def _waiting() -> list[Case]:
    crd = made(
        "elasticsearches.elasticsearch.k8s.elastic.co", "apiextensions.k8s.io/v1", "CustomResourceDefinition", None, ES_CRD
    )

    def waits_for(namespace: str, *conditions: str) -> Res:
        spec = {"version": "8.19.4", "nodeSets": [node_set("all", ["master", "data"], count=1)]}
        annotations = {"pulumi.com/waitFor": json.dumps(conditions) if len(conditions) > 1 else "".join(conditions)}
        return made("search", ELASTICSEARCH, "Elasticsearch", namespace, {"spec": spec}, annotations=annotations)

    n, ready, green = "wait-for-form", "jsonpath={.status.phase}=Ready", "jsonpath={.status.health}=green"
    form = case(n, 'got "status.phase=Ready"', waits_for(n, "status.phase=Ready"), waits_for(n, ready), crd)
    n = "wait-for"
    says = r"timed out waiting for jsonpath=\{.status.health\}=blue of Elasticsearch/search"
    bad = waits_for(n, ready, "jsonpath={.status.health}=blue")
    return [form, case(n, says, bad, waits_for(n, ready, green), crd, waits=True)]


CASES: tuple[Case, ...] = (*_objects(), *_changes(), *_workloads(), *_needs(), *_amounts(), *_elasticsearch(), *_waiting())
