"""Every policy against what it must accept, refuse and leave undecided, and the whole pack against the environments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi_policy.policy
import pytest
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyCustomTimeouts,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)

from localcloud.values import UNKNOWN, Props, merge
from policies import pack
from policies.rule import EVERYWHERE, NOT_DEV, Rule, at
from policies.rules import (
    ALERT,
    AUDIT,
    BUCKET,
    CLUSTER,
    DATASET,
    FIREWALL_RULE,
    GRANTS,
    HTTPS_PROXY,
    INSTANCE,
    KEY,
    NODE_POOL,
    REDIS,
    REDIS_CLUSTER,
    RULES,
    SECRET,
    SUBNET,
    TLS_POLICY,
    TOPIC,
    VALKEY,
)  # fmt: skip

from ..environments import ENVIRONMENTS, recorded
from .proxies import ARRAY, BOOLEAN, OBJECT, STRING, UnknownValueError, beside_unknowns, nested, proxied, unknowns, without

BY_ID = {rule.id: rule for rule in RULES}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a rule says, and where it applies."""

    path: str
    """The property that it looks at, and that its message begins with."""
    good: Sequence[Props]
    bad: Sequence[Props]
    missing_is_bad: bool
    unknown: str
    """What the engine sends where the property is not known yet."""
    undecided: Sequence[Props] = ()
    """Other inputs that leave the rule undecided."""
    decided: Sequence[Props] = ()
    """Inputs that it accepts although something in them is not known: it needs only what is there."""
    types: tuple[str, ...]
    environments: tuple[str, ...] = NOT_DEV
    is_guard: bool = False


def instance(path: str, *, good: Sequence[Any], bad: Sequence[Any], unknown: str, primaries: bool = False, **rest: Any) -> Case:
    """A case of a property of database instances, which a rule for primaries looks for at no replica."""
    replica: Props = {"masterInstanceName": "alphintra-main-db"}
    return Case(
        path=path,
        good=[nested(path, value) for value in good] + ([nested(path, bad[0], **replica), replica] if primaries else []),
        bad=[nested(path, value) for value in bad] + ([] if primaries else [nested(path, bad[0], **replica)]),
        missing_is_bad=True,
        unknown=unknown,
        undecided=[nested(path, value, masterInstanceName=STRING) for value in (good[0], bad[0])] if primaries else [],
        decided=[nested(path, unknown, **replica)] if primaries else [],
        types=(INSTANCE,),
        **rest,
    )


def bucket(
    path: str,
    *,
    good: Sequence[Any],
    bad: Sequence[Any],
    unknown: str,
    missing_is_bad: bool = True,
    types: tuple[str, ...] = (BUCKET,),
    **rest: Any,
) -> Case:
    """A case of a property of buckets, or of another type where one is given."""
    return Case(
        path=path,
        good=[nested(path, value) for value in good],
        bad=[nested(path, value) for value in bad],
        missing_is_bad=missing_is_bad,
        unknown=unknown,
        types=types,
        **rest,
    )


def store(path: str, *, good: Sequence[Any], bad: Sequence[Any], unknown: str, more: tuple[str, ...] = (), **rest: Any) -> Case:
    """A case of a property of the stores that live in memory."""
    return Case(
        path=path,
        good=[nested(path, value) for value in good],
        bad=[nested(path, value) for value in bad],
        missing_is_bad=True,
        unknown=unknown,
        types=(REDIS_CLUSTER, VALKEY, *more),
        **rest,
    )


def gke(kind: str, path: str, *, good: Any, bad: Sequence[Any], unknown: str, **rest: Any) -> Case:
    """A case of a property of clusters or node pools."""
    wrong = [nested(path, value) for value in bad]
    return Case(path=path, good=[nested(path, good)], bad=wrong, missing_is_bad=True, unknown=unknown, types=(kind,), **rest)


def kept_in(*replicas: tuple[Any, Any]) -> Props:
    """A secret with replicas: regions, and what stands for the key of each."""
    listed = [{"location": region, **({} if key is ... else {"customerManagedEncryption": key})} for region, key in replicas]
    return nested("replication.userManaged.replicas", listed)


def ingress(*ranges: str, action: str = "allow", direction: str = "INGRESS") -> Props:
    """A firewall rule for traffic from the ranges."""
    return nested("match.srcIpRanges", list(ranges), action=action, direction=direction)


def logged(*kinds: str, **extra: Any) -> Props:
    """An audit configuration of so many kinds of access."""
    return {"auditLogConfigs": [{"logType": kind, **extra} for kind in kinds]}


OURS = {"kmsKeyName": "projects/p/locations/us-central1/keyRings/r/cryptoKeys/secrets"}
SOMEBODY = "serviceAccount:auth-service@alphintra-prod.iam.gserviceaccount.com"

CASES = {
    "sql-no-public-ip": instance(
        "settings.ipConfiguration.ipv4Enabled", good=[False], bad=[True, "false"], unknown=BOOLEAN, environments=EVERYWHERE
    ),
    "sql-require-tls": instance(
        "settings.ipConfiguration.sslMode", good=["ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"],
        bad=["ALLOW_UNENCRYPTED_AND_ENCRYPTED", "SSL_MODE_UNSPECIFIED", ""], unknown=STRING, environments=EVERYWHERE,
    ),
    "sql-backups-enabled": instance(
        "settings.backupConfiguration.enabled", good=[True], bad=[False], unknown=BOOLEAN, primaries=True, environments=EVERYWHERE
    ),
    "sql-pitr-enabled": instance(
        "settings.backupConfiguration.pointInTimeRecoveryEnabled", good=[True], bad=[False], unknown=BOOLEAN, primaries=True,
        environments=EVERYWHERE,
    ),
    "sql-ha-regional": instance("settings.availabilityType", good=["REGIONAL"], bad=["ZONAL", ""], unknown=STRING, primaries=True),
    "sql-cmek": instance(
        "encryptionKeyName", good=["projects/p/locations/us-central1/keyRings/r/cryptoKeys/database"], bad=[""], unknown=STRING
    ),
    "sql-deletion-protection": instance(
        "settings.deletionProtectionEnabled", good=[True], bad=[False], unknown=BOOLEAN, is_guard=True
    ),
    "kms-rotation": Case(
        path="rotationPeriod", types=(KEY,), missing_is_bad=True, unknown=STRING,
        good=[{"rotationPeriod": "7776000s"}, {"rotationPeriod": "86400s"}, {"rotationPeriod": "86400.5s"}],
        bad=[{"rotationPeriod": "7776001s"}, {"rotationPeriod": "7776000.1s"}, {"rotationPeriod": ""}, {"rotationPeriod": "-1s"}, {"rotationPeriod": "often"}],
    ),
    "secret-replicated-under-own-keys": Case(
        path="replication.userManaged.replicas", types=(SECRET,), missing_is_bad=True, unknown=ARRAY,
        good=[kept_in(("us-central1", OURS), ("us-east1", OURS))],
        bad=[
            kept_in(("us-central1", ...), ("us-east1", OURS)),
            kept_in(("us-central1", OURS), ("us-east1", {})),
            kept_in(("us-central1", OURS), ("us-east1", None)),
            kept_in(("us-central1", OURS)),
            kept_in(("us-central1", OURS), ("us-central1", OURS)),
            kept_in(),
            {"replication": {"auto": {"customerManagedEncryption": OURS}}},
        ],
        undecided=[
            nested("replication.userManaged.replicas", [OBJECT, OBJECT]),
            kept_in((STRING, OURS), ("us-east1", OURS)),
            kept_in(("us-central1", OURS), ("us-east1", OBJECT)),
        ],
        decided=[kept_in(("us-central1", {"kmsKeyName": STRING}), ("us-east1", {"kmsKeyName": STRING}))],
    ),
    "iam-no-primitive-roles": Case(
        path="role", types=GRANTS, missing_is_bad=False, unknown=STRING, environments=EVERYWHERE,
        good=[{"role": "roles/cloudsql.client"}, {"role": "roles/cloudsql.editor"}],
        bad=[{"role": role, "member": STRING} for role in ("roles/owner", "roles/editor", "roles/viewer")],
        decided=[{"role": "roles/cloudsql.client", "member": STRING}],
    ),
    "iam-no-public-members": Case(
        path="member", types=GRANTS, missing_is_bad=False, unknown=STRING, environments=EVERYWHERE,
        good=[{"member": SOMEBODY}],
        bad=[{"member": member, "role": STRING} for member in ("allUsers", "allAuthenticatedUsers")],
        decided=[{"member": SOMEBODY, "role": STRING}],
    ),
    "iam-no-single-persons": Case(
        path="member", types=GRANTS, missing_is_bad=False, unknown=STRING, environments=EVERYWHERE,
        good=[{"member": SOMEBODY}, {"member": "group:data-readers@alphintra.com"}],
        bad=[{"member": "user:anna@alphintra.com", "role": STRING}],
        decided=[{"member": SOMEBODY, "role": STRING}],
    ),
    "audit-everything": Case(
        path="auditLogConfigs", types=(AUDIT,), missing_is_bad=True, unknown=ARRAY,
        good=[logged("ADMIN_READ", "DATA_READ", "DATA_WRITE")],
        bad=[
            logged(), logged("ADMIN_READ", "DATA_READ"), logged("ADMIN_READ", "DATA_READ", "DATA_WRITES"),
            logged("ADMIN_READ", "DATA_READ", "DATA_WRITE", exemptedMembers=[SOMEBODY]),
        ],
        undecided=[
            logged("ADMIN_READ", "DATA_READ", STRING), {"auditLogConfigs": [OBJECT]},
            logged("ADMIN_READ", "DATA_READ", "DATA_WRITE", exemptedMembers=ARRAY),
        ],
    ),
    "net-flow-logs": Case(
        path="logConfig", types=(SUBNET,), missing_is_bad=True, unknown=OBJECT, environments=EVERYWHERE,
        good=[nested("logConfig.aggregationInterval", "INTERVAL_5_SEC")],
        bad=[{"logConfig": None}, {"logConfig": {}}],
        decided=[nested("logConfig.aggregationInterval", STRING)],
    ),
    "alert-has-channel": Case(
        path="notificationChannels", types=(ALERT,), missing_is_bad=True, unknown=ARRAY, environments=EVERYWHERE,
        good=[{"notificationChannels": ["projects/p/notificationChannels/1"]}], bad=[{"notificationChannels": []}],
        decided=[{"notificationChannels": [STRING]}],
    ),
    "alert-documented": Case(
        path="documentation.links", types=(ALERT,), missing_is_bad=True, unknown=ARRAY, environments=EVERYWHERE,
        good=[nested("documentation.links", [{"url": "https://example.com"}])], bad=[nested("documentation.links", [])],
        undecided=[{"documentation": OBJECT}],
    ),
    "gcs-uniform-access": bucket("uniformBucketLevelAccess", good=[True], bad=[False], unknown=BOOLEAN, environments=EVERYWHERE),
    "gcs-public-access-prevention": bucket(
        "publicAccessPrevention", good=["enforced"], bad=["inherited", ""], unknown=STRING, environments=EVERYWHERE
    ),
    "gcs-cmek": bucket(
        "encryption.defaultKmsKeyName", good=["projects/p/locations/us-central1/keyRings/r/cryptoKeys/objects"], bad=[""],
        unknown=STRING,
    ),
    "bigquery-cmek": bucket(
        "defaultEncryptionConfiguration.kmsKeyName", good=["projects/p/locations/us-east1/keyRings/r/cryptoKeys/analytics"],
        bad=[""], unknown=STRING, types=(DATASET,),
    ),
    "gcs-has-lifecycle": bucket(
        "lifecycleRules", good=[[{"action": {"type": "Delete"}, "condition": {"age": 9}}]], bad=[[]], unknown=ARRAY,
        environments=EVERYWHERE,
    ),
    "gcs-no-force-destroy": bucket(
        "forceDestroy", good=[False], bad=[True], unknown=BOOLEAN, missing_is_bad=False
    ),
    "redis-require-tls": store(
        "transitEncryptionMode", good=["TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION", "SERVER_AUTHENTICATION"],
        bad=["TRANSIT_ENCRYPTION_MODE_DISABLED", "DISABLED", ""], unknown=STRING, more=(REDIS,), environments=EVERYWHERE,
    ),
    "redis-iam-authentication": store(
        "authorizationMode", good=["AUTH_MODE_IAM_AUTH", "IAM_AUTH"], bad=["AUTH_MODE_DISABLED", "AUTH_DISABLED", ""],
        unknown=STRING, environments=EVERYWHERE,
    ),
    "redis-cmek": store(
        "kmsKey", good=["projects/p/locations/us-central1/keyRings/r/cryptoKeys/cache"], bad=[""], unknown=STRING
    ),
    "redis-deletion-protection": store(
        "deletionProtectionEnabled", good=[True], bad=[False], unknown=BOOLEAN, is_guard=True
    ),
    "gke-private-nodes": gke(
        CLUSTER, "privateClusterConfig.enablePrivateNodes", good=True, bad=[False], unknown=BOOLEAN, environments=EVERYWHERE
    ),
    "gke-workload-identity": gke(
        CLUSTER, "workloadIdentityConfig.workloadPool", good="p.svc.id.goog", bad=[""], unknown=STRING, environments=EVERYWHERE
    ),
    "gke-no-client-cert": gke(
        CLUSTER, "masterAuth.clientCertificateConfig.issueClientCertificate", good=False, bad=[True], unknown=BOOLEAN,
        environments=EVERYWHERE,
    ),
    "gke-secrets-cmek": gke(CLUSTER, "databaseEncryption.keyName", good="projects/p/key", bad=[""], unknown=STRING),
    "gke-deletion-protection": gke(CLUSTER, "deletionProtection", good=True, bad=[False], unknown=BOOLEAN, is_guard=True),
    "gke-metadata-server": gke(
        NODE_POOL, "nodeConfig.workloadMetadataConfig.mode", good="GKE_METADATA", bad=["GCE_METADATA", ""], unknown=STRING,
        environments=EVERYWHERE,
    ),
    "gke-secure-boot": gke(
        NODE_POOL, "nodeConfig.shieldedInstanceConfig.enableSecureBoot", good=True, bad=[False], unknown=BOOLEAN,
        environments=EVERYWHERE,
    ),
    "gke-node-disk-cmek": gke(NODE_POOL, "nodeConfig.bootDiskKmsKey", good="projects/p/key", bad=[""], unknown=STRING),
    "pubsub-cmek": Case(
        path="kmsKeyName", types=(TOPIC,), missing_is_bad=True, unknown=STRING, good=[{"kmsKeyName": "k"}], bad=[{"kmsKeyName": ""}],
    ),
    "lb-tls-policy": Case(
        path="sslPolicy", types=(HTTPS_PROXY,), missing_is_bad=True, unknown=STRING, environments=EVERYWHERE,
        good=[{"sslPolicy": "p"}], bad=[{"sslPolicy": ""}],
    ),
    "lb-tls-version": Case(
        path="minTlsVersion", types=(TLS_POLICY,), missing_is_bad=True, unknown=STRING, environments=EVERYWHERE,
        good=[{"minTlsVersion": "TLS_1_2"}, {"minTlsVersion": "TLS_1_3"}], bad=[{"minTlsVersion": "TLS_1_1"}],
    ),
    "lb-tls-ciphers": Case(
        path="profile", types=(TLS_POLICY,), missing_is_bad=True, unknown=STRING, environments=EVERYWHERE,
        good=[{"profile": "MODERN"}, {"profile": "RESTRICTED"}], bad=[{"profile": "COMPATIBLE"}, {"profile": "CUSTOM"}],
    ),
    "net-no-open-ingress": Case(
        path="match.srcIpRanges", types=(FIREWALL_RULE,), missing_is_bad=True, unknown=ARRAY, environments=EVERYWHERE,
        good=[
            ingress("10.0.0.0/19", "10.4.0.0/14"),
            ingress("0.0.0.0/0", action="deny"),
            ingress("0.0.0.0/0", direction="EGRESS"),
            {"match": {"srcIpRanges": ["0.0.0.0/0"]}, "action": "allow"},
            {"match": {"srcIpRanges": ["0.0.0.0/0"]}, "direction": "INGRESS"},
        ],
        bad=[ingress("0.0.0.0/0"), ingress("::/0"), ingress("10.0.0.0/19", "0.0.0.0/0"), ingress("0.0.0.0/1", "128.0.0.0/1"), ingress()],
        undecided=[
            ingress("10.0.0.0/19", STRING),
            ingress("0.0.0.0/0", action=STRING),
            ingress("0.0.0.0/0", direction=STRING),
        ],
        decided=[ingress(STRING, action="deny"), ingress(STRING, direction="EGRESS", action=STRING)],
    ),
}  # fmt: skip


UNDECIDED_IN_A_PREVIEW = (
    "sql-cmek", "gcs-cmek", "gke-secrets-cmek", "gke-node-disk-cmek", "bigquery-cmek", "redis-cmek", "pubsub-cmek", "lb-tls-policy", "iam-no-public-members", "iam-no-single-persons",
)  # fmt: skip
"""The rules about what only Google decides: ids of keys, and members."""


def says(rule: str, properties: Mapping[str, Any]) -> str | None:
    """What a rule says of the properties, behind the engine's proxies."""
    return BY_ID[rule].check(proxied(properties))


every_rule = pytest.mark.parametrize("rule", CASES)


# -- the checks


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(BY_ID)


@every_rule
def test_the_good_is_accepted(rule: str) -> None:
    assert [says(rule, properties) for properties in CASES[rule].good] == [None] * len(CASES[rule].good)


@every_rule
def test_the_bad_is_refused_by_name(rule: str) -> None:
    for properties in CASES[rule].bad:
        assert (says(rule, properties) or "nothing").startswith(f"{CASES[rule].path} "), properties


@every_rule
def test_the_missing_is_as_good_or_bad_as_the_table_says(rule: str) -> None:
    case = CASES[rule]
    for properties in without(case.good[0], case.path):
        if case.missing_is_bad:
            assert (says(rule, properties) or "nothing").startswith(f"{case.path} "), properties
        else:
            assert says(rule, properties) is None, properties


@every_rule
def test_the_unknown_leaves_the_rule_undecided(rule: str) -> None:
    case = CASES[rule]
    for properties in [*unknowns(case.good[0], case.path, case.unknown), *case.undecided]:
        with pytest.raises(UnknownValueError):
            pytest.fail(f"of {properties} it says {says(rule, properties)!r}")


@every_rule
def test_what_a_rule_does_not_need_may_be_unknown(rule: str) -> None:
    """An unknown neighbour neither hides a finding nor makes one."""
    case = CASES[rule]
    for properties in case.decided:
        assert says(rule, properties) is None, properties
    for properties in case.good:
        assert says(rule, beside_unknowns(properties)) is None, properties
    for properties in case.bad:
        assert says(rule, beside_unknowns(properties)), properties


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", 1),
        ("a.c", None),
        ("a.b.c", None),
        ("x", None),
        ("x.y", None),
        ("none.y", None),
    ],
)
def test_a_path_leads_to_its_value_past_unknown_neighbours(path: str, found: Any) -> None:
    properties: Props = {"a": {"b": 1, "unknown": STRING}, "unknown": OBJECT, "none": None}
    if path == "a.b.c":
        properties["a"]["b"] = {}
    assert at(proxied(properties), path) == found


# -- the environments


@pytest.mark.parametrize(("environment", "rule"), [(where, rule) for rule, case in CASES.items() for where in case.environments])
def test_an_environment_has_what_a_rule_is_about_and_keeps_to_it(environment: str, rule: str) -> None:
    subjects = [known for known in recorded(environment).registrations if known.type in BY_ID[rule].types]
    assert subjects, "a rule about nothing"
    assert {known.urn: wrong for known in subjects if (wrong := says(rule, known.inputs))} == {}
    assert [known.urn for known in subjects if says(rule, merge(known.inputs, CASES[rule].bad[0]))], "it would not notice"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_grant_is_of_a_type_that_the_rules_know(environment: str) -> None:
    granting = {known.type for known in recorded(environment).registrations if {"role", "member"} <= set(known.inputs)}
    assert granting
    assert granting <= set(BY_ID["iam-no-primitive-roles"].types) & set(BY_ID["iam-no-public-members"].types)


@pytest.mark.parametrize("environment", NOT_DEV)
@every_rule
def test_a_preview_leaves_undecided_only_what_google_decides(rule: str, environment: str) -> None:
    subjects = [known for known in recorded(environment, preview=True).registrations if known.type in BY_ID[rule].types]
    waiting = [known.urn for known in subjects if at(known.inputs, CASES[rule].path) is UNKNOWN]
    assert bool(waiting) is (rule in UNDECIDED_IN_A_PREVIEW)
    for known in subjects:
        if known.urn in waiting:
            with pytest.raises(UnknownValueError):
                says(rule, known.inputs)
        else:
            assert says(rule, known.inputs) is None, known.urn


# -- the pack


def reports(rule: Rule, properties: Mapping[str, Any], kind: str | None = None) -> list[str]:
    """What the engine hears of a resource."""
    heard: list[str] = []

    def report(message: str, urn: str | None = None) -> None:
        assert urn is None, "the resource at hand"
        heard.append(message)

    policy: Any = pack.registered(rule)
    assert isinstance(cast("object", policy), ResourceValidationPolicy)
    options = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])
    policy.validate(ResourceValidationArgs(kind or rule.types[0], proxied(properties), "urn", "name", options, None), report)
    return heard


class Engine:
    """The engine's side of the pack: asks the SDK's own servicer, without a connection between."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        servicer: Any = vars(pulumi_policy.policy)["_PolicyAnalyzerServicer"]
        monkeypatch.setattr(servicer, "ConfigureStack", servicer.ConfigureStack)
        monkeypatch.setattr(pack, "configuration", {})
        monkeypatch.setattr(pack, "PolicyPack", self._take)
        self.served: tuple[str, list[Policy], EnforcementLevel]
        pack.serve()
        name, policies, level = self.served
        self._servicer = servicer(name, "0.0.1", policies, level)

    def _take(self, name: str, policies: list[Policy], enforcement_level: EnforcementLevel) -> None:
        self.served = (name, policies, enforcement_level)

    def configure(self, settings: Mapping[str, str]) -> None:
        """Hands the stack's settings over."""
        config = {f"alphintra:{key}": value for key, value in settings.items()}
        self._servicer.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(config=config), None)

    def analyze(self, kind: str, properties: Mapping[str, Any]) -> list[analyzer_pb2.AnalyzeDiagnostic]:
        """What the pack answers about a resource."""
        request = analyzer_pb2.AnalyzeRequest(
            type=kind, urn="urn", name="name", properties=json_format.ParseDict(dict(properties), Struct())
        )
        return list(self._servicer.Analyze(request, None).diagnostics)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(monkeypatch)


def in_environment(monkeypatch: pytest.MonkeyPatch, environment: str, *, tearing_down: bool = False) -> None:
    """Pretends that the stack at hand is one of the environment."""
    monkeypatch.setattr(pack, "environment", lambda: environment)
    monkeypatch.setattr(pack, "tearing_down", lambda: tearing_down)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@every_rule
def test_a_rule_applies_in_its_environments(rule: str, environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, environment)
    case = CASES[rule]
    assert [len(reports(BY_ID[rule], bad)) for bad in case.bad] == [int(environment in case.environments)] * len(case.bad)


@every_rule
def test_a_rule_applies_to_its_types_and_no_other(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, "prod")
    bad = CASES[rule].bad[0]
    kinds = {kind for known in RULES for kind in known.types}
    assert {kind for kind in kinds if reports(BY_ID[rule], bad, kind)} == set(CASES[rule].types)


@every_rule
def test_only_a_guard_is_off_while_tearing_down(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, "prod", tearing_down=True)
    assert bool(reports(BY_ID[rule], CASES[rule].bad[0])) is not CASES[rule].is_guard
    in_environment(monkeypatch, "prod")
    assert reports(BY_ID[rule], CASES[rule].bad[0])


@every_rule
def test_a_report_says_what_why_and_how(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, "prod")
    known, bad = BY_ID[rule], CASES[rule].bad[0]
    assert reports(known, bad) == [f"{says(rule, bad)}. Why: {known.why} Fix: {known.fix}"]
    assert reports(known, CASES[rule].good[0]) == []


@every_rule
def test_the_engine_learns_that_a_rule_is_undecided(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, "prod")
    for properties in unknowns(CASES[rule].good[0], CASES[rule].path, CASES[rule].unknown):
        with pytest.raises(UnknownValueError):
            reports(BY_ID[rule], properties)


@pytest.mark.parametrize(
    ("settings", "environment", "tearing_down"),
    [
        ({}, "prod", False),
        ({"environment": "dev"}, "dev", False),
        ({"environment": "staging", "protection": '{"tear_down": "staging"}'}, "staging", True),
        ({"environment": "prod", "protection": '{"tear_down": "staging"}'}, "prod", False),
        ({"environment": "prod", "protection": '{"tear_down": ""}'}, "prod", False),
        ({"environment": "prod", "protection": "{}"}, "prod", False),
        ({"protection": '{"tear_down": "prod"}'}, "prod", True),
        ({"environment": ""}, "prod", False),
        ({"environment": "qa"}, "prod", False),
    ],
)
def test_the_engine_says_where_it_is_and_whether_it_goes(
    settings: dict[str, str], environment: str, tearing_down: bool, engine: Engine
) -> None:
    engine.configure(settings)
    assert (pack.environment(), pack.tearing_down()) == (environment, tearing_down)
    heard = {said.policyName for said in engine.analyze(INSTANCE, {"masterInstanceName": "alphintra-main-db"})}
    assert {"sql-no-public-ip", "sql-require-tls"} <= heard
    assert ("sql-cmek" in heard) is (environment != "dev")
    assert ("sql-deletion-protection" in heard) is (environment != "dev" and not tearing_down)


@every_rule
def test_the_engine_is_stopped_by_the_bad_and_told_of_the_undecided(rule: str, engine: Engine) -> None:
    engine.configure({"environment": "prod"})
    known, case = BY_ID[rule], CASES[rule]
    for kind in known.types:
        [refused] = [said for said in engine.analyze(kind, case.bad[0]) if said.policyName == rule]
        assert refused.enforcementLevel == analyzer_pb2.MANDATORY
        assert refused.message == f"{known.title}\n{says(rule, case.bad[0])}. Why: {known.why} Fix: {known.fix}"
        for properties in unknowns(case.good[0], case.path, case.unknown):
            [undecided] = [said for said in engine.analyze(kind, properties) if said.policyName == rule]
            assert undecided.enforcementLevel == analyzer_pb2.ADVISORY
            assert "can't be known during preview" in undecided.message
        assert rule not in {said.policyName for said in engine.analyze(kind, case.good[0])}


def test_the_pack_refuses_and_holds_every_rule(engine: Engine) -> None:
    name, policies, level = engine.served
    assert (name, sorted(policy.name for policy in policies), level) == ("alphintra", sorted(CASES), EnforcementLevel.MANDATORY)
    assert {policy.enforcement_level for policy in policies} == {None}, "none is weaker than the pack"


# -- what a person reads


def test_ids_are_unique() -> None:
    assert sorted(rule.id for rule in RULES) == sorted(CASES)


@every_rule
def test_a_rule_explains_itself(rule: str) -> None:
    known, case = BY_ID[rule], CASES[rule]
    assert (known.types, known.environments, known.is_guard) == (case.types, case.environments, case.is_guard)
    assert known.title.strip()
    assert not known.title.endswith("."), "a title"
    for sentence in (known.why, known.fix):
        assert sentence.strip()
        assert sentence.endswith("."), "the report puts the two after one another"
    assert known.severity in {severity.value for severity in Severity}
    policy = pack.registered(known)
    shown = (policy.name, policy.description, policy.display_name, policy.severity)
    assert shown == (known.id, known.title, known.title, Severity(known.severity))
