"""For every rule of the local cloud a program that breaks it, and its twin that is accepted.

The same cases run in this process, against mocks, and on the real engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cases_analytics import ANALYTICS_CASES
from .cases_clusters import CLUSTER_CASES
from .cases_edge import EDGE_CASES
from .cases_events import EVENT_CASES
from .cases_identities import IDENTITY_CASES
from .cases_memorystore import MEMORYSTORE_CASES
from .cases_monitoring import MONITORING_CASES
from .cases_optional import OPTIONAL_CASES
from .cases_organization import ORGANIZATION_CASES
from .cases_storage import STORAGE_CASES
from .parts import (
    ACCOUNT,
    ADDRESS,
    ASSOCIATION,
    ENCRYPTER,
    IDENTITY,
    KEY,
    KEY_GRANT,
    NAT,
    NETWORK,
    POLICY,
    PROJECT_GRANT,
    RECORD,
    RING,
    ROUTER,
    TOPIC,
    TOPIC_GRANT,
    USER,
    ZONE,
    Case,
    agent,
    api,
    backups,
    instance,
    key,
    key_id,
    net,
    network,
    private_services,
    project_of,
    replicas,
    secret,
    subnet,
)
from .world import REGION, Res


def sql_case(rule: str, says: str, bad: Res, good: Res) -> Case:
    """A case about an instance with a public address, which needs nothing around it."""
    setup = [api("sqladmin")]
    return Case(rule=rule, project=project_of(rule), setup=setup, bad=[*setup, bad], good=[*setup, good], says=says)


def _common() -> list[Case]:
    cases: list[Case] = []
    p = project_of("api-enabled")
    cases.append(
        Case(
            rule="api-enabled", project=p, setup=[], bad=[network(p)[1]], good=network(p), says="API has not been used in project"
        )
    )

    p = project_of("name-taken")
    twin = Res("twin", NETWORK, {"name": "net", "autoCreateSubnetworks": False})
    other = Res("twin", NETWORK, {"name": "other", "autoCreateSubnetworks": False})
    cases.append(
        Case(
            rule="name-taken",
            project=p,
            setup=network(p),
            bad=[*network(p), twin],
            good=[*network(p), other],
            says="Error 409: The Network '.*' already exists",
        )
    )

    p = project_of("reference-exists")
    setup = [api("compute")]
    cases.append(
        Case(
            rule="reference-exists",
            project=p,
            setup=setup,
            bad=[*setup, subnet(p, "s", "10.0.0.0/24")],
            good=[*network(p), subnet(p, "s", "10.0.0.0/24")],
            says="Error 404: The resource 'projects/.*/global/networks/net' was not found",
        )
    )

    p = project_of("still-in-use")
    whole = [*network(p), subnet(p, "s", "10.0.0.0/24")]
    cases.append(
        Case(
            rule="still-in-use",
            project=p,
            setup=whole,
            bad=[whole[0], whole[2]],
            good=[whole[0]],
            says="is already being used by",
        )
    )

    p = project_of("quota")
    setup, stage = [api("compute")], [("quota", "NETWORKS", "0")]
    cases.append(
        Case(
            rule="quota",
            project=p,
            setup=setup,
            bad=network(p),
            good=network(p),
            stage=stage,
            unstage=[("quota", "NETWORKS", "15")],
            says="Error 403: Quota 'NETWORKS' exceeded",
        )
    )

    p = project_of("deletion-guard")
    guarded = [api("sqladmin"), instance(deletionProtection=True)]
    free = [api("sqladmin"), instance("db-free")]
    cases.append(
        Case(
            rule="deletion-guard",
            project=p,
            setup=[*guarded, free[1]],
            bad=[guarded[0], free[1]],
            good=guarded,
            says="without setting deletionProtection=false",
        )
    )

    p = project_of("key-location")
    away = [*key(p, "us-east1"), *key(p)[3:]]
    wrong = instance(encryptionKeyName=key_id(p, "us-east1"))
    right = instance(encryptionKeyName=key_id(p))
    cases.append(
        Case(
            rule="key-location",
            project=p,
            setup=away,
            bad=[*away, wrong],
            good=[*away, right],
            says="is in location us-east1; DatabaseInstance '.*' needs a key in location us-central1",
        )
    )

    p = project_of("key-grant")
    bare = key(p, granted=False)
    cases.append(
        Case(
            rule="key-grant",
            project=p,
            setup=bare,
            bad=[*bare, instance(encryptionKeyName=key_id(p))],
            good=[*key(p), instance(encryptionKeyName=key_id(p))],
            says="Permission denied on Cloud KMS key",
        )
    )
    return cases


def _network() -> list[Case]:
    cases: list[Case] = []

    def add(rule: str, says: str, setup: list[Res], bad: Res, good: Res) -> None:
        cases.append(Case(rule=rule, project=project_of(rule), setup=setup, bad=[*setup, bad], good=[*setup, good], says=says))

    p = project_of("subnet-overlap")
    add(
        "subnet-overlap",
        "Invalid IPCidrRange: 10.0.0.128/25 conflicts",
        [*network(p), subnet(p, "a", "10.0.0.0/24")],
        subnet(p, "b", "10.0.0.128/25"),
        subnet(p, "b", "10.0.1.0/24"),
    )

    p = project_of("peering-range-overlap")
    peering = {"purpose": "VPC_PEERING", "addressType": "INTERNAL", "prefixLength": 16, "network": net(p), "name": "psa"}
    setup = [*network(p), subnet(p, "a", "10.0.0.0/24")]
    add(
        "peering-range-overlap",
        "conflicts with other resources",
        setup,
        Res("psa", ADDRESS, {**peering, "address": "10.0.0.0"}),
        Res("psa", ADDRESS, {**peering, "address": "10.1.0.0"}),
    )

    def nat(**extra: Any) -> Res:
        given = {
            "name": "nat",
            "router": "router",
            "region": REGION,
            "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
        }
        return Res("nat", NAT, {**given, "natIpAllocateOption": "AUTO_ONLY", "enableDynamicPortAllocation": True, **extra})

    for rule, says, wrong, right in (
        ("nat-mapping", "mutually exclusive", {"enableEndpointIndependentMapping": True}, {}),
        ("nat-ports", "must be a power of 2", {"minPortsPerVm": 100}, {"minPortsPerVm": 128}),
    ):
        p = project_of(rule)
        setup = [*network(p), Res("router", ROUTER, {"name": "router", "region": REGION, "network": net(p)})]
        add(rule, says, setup, nat(**wrong), nat(**right))

    p = project_of("one-firewall-policy")
    first = {"name": "first", "firewallPolicy": "one", "attachmentTarget": net(p)}
    setup = [
        *network(p),
        Res("one", POLICY, {"name": "one"}),
        Res("two", POLICY, {"name": "two"}),
        Res("first", ASSOCIATION, first),
    ]
    other = Res("net-two", NETWORK, {"name": "net-two", "autoCreateSubnetworks": False})
    second = {"name": "second", "firewallPolicy": "two"}
    cases.append(
        Case(
            rule="one-firewall-policy",
            project=p,
            setup=[*setup, other],
            bad=[*setup, other, Res("second", ASSOCIATION, {**second, "attachmentTarget": net(p)})],
            good=[*setup, other, Res("second", ASSOCIATION, {**second, "attachmentTarget": f"{net(p)}-two"})],
            says="Association already exists",
        )
    )

    p = project_of("peering-in-use")
    private = instance(settings={"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": net(p)}})
    whole = [*private_services(p), api("sqladmin"), private]
    without = [res for res in whole if res.name != "connection"]
    cases.append(
        Case(
            rule="peering-in-use",
            project=p,
            setup=whole,
            bad=without,
            good=[r for r in without if r.name != "db"],
            says="Producer services .* are still using",
        )
    )

    p = project_of("record-in-zone")
    setup = [
        api("dns"),
        Res("zone", ZONE, {"name": "zone", "dnsName": "a.internal.", "description": "names", "visibility": "private"}),
    ]
    record = {"managedZone": "zone", "type": "A", "ttl": 60, "rrdatas": ["10.0.0.1"]}
    add(
        "record-in-zone",
        "It is not in zone 'a.internal.'",
        setup,
        Res("r", RECORD, {**record, "name": "x.b.internal."}),
        Res("r", RECORD, {**record, "name": "x.a.internal."}),
    )
    return cases


def _kms() -> list[Case]:
    cases: list[Case] = []
    for rule, says, wrong, right in (
        (
            "key-rotation",
            "rotation period must be greater than 86400s",
            {"rotationPeriod": "86400s"},
            {"rotationPeriod": "86401s"},
        ),
        (
            "key-destruction-delay",
            "between 24 hours and 120 days",
            {"destroyScheduledDuration": "3600s"},
            {"destroyScheduledDuration": "86400s"},
        ),
    ):
        p = project_of(rule)
        ring = f"projects/{p}/locations/{REGION}/keyRings/ring"
        setup = [api("cloudkms"), Res("ring", RING, {"name": "ring", "location": REGION})]
        made = [Res("key", KEY, {"name": "key", "keyRing": ring, **extra}) for extra in (wrong, right)]
        cases.append(Case(rule=rule, project=p, setup=setup, bad=[*setup, made[0]], good=[*setup, made[1]], says=says))
    return cases


def _secrets() -> list[Case]:
    cases: list[Case] = []

    def add(rule: str, says: str, setup: list[Res], bad: Res, good: Res) -> None:
        cases.append(Case(rule=rule, project=project_of(rule), setup=setup, bad=[*setup, bad], good=[*setup, good], says=says))

    plain = [api("secretmanager")]
    add("secret-id", "does not match the expected format", plain, secret(secretId="a.b"), secret())
    add(
        "secret-lifetime",
        "between 24 hours and 1000 days",
        plain,
        secret(versionDestroyTtl="60s"),
        secret(versionDestroyTtl="86400s"),
    )
    twice, once = replicas((REGION, None), (REGION, None)), replicas((REGION, None), ("us-east1", None))
    add("secret-replicas-differ", "Duplicate replica locations", plain, secret(**twice), secret(**once))

    p = project_of("secret-replicas-all-encrypted")
    setup = [*key(p, service="secretmanager"), *key(p, "us-east1", service="secretmanager")[3:]]
    half = replicas((REGION, key_id(p)), ("us-east1", None))
    both = replicas((REGION, key_id(p)), ("us-east1", key_id(p, "us-east1")))
    add("secret-replicas-all-encrypted", "on all replicas or on none", setup, secret(**half), secret(**both))

    later = {"rotationPeriod": "7776000s", "nextRotationTime": "2100-01-01T00:00:00Z"}

    def topic(p: str) -> list[Res]:
        member = agent(p, "secretmanager")
        publisher = {"topic": "notices", "role": "roles/pubsub.publisher", "member": member}
        identity = Res("agent", IDENTITY, {"service": "secretmanager.googleapis.com"})
        return [
            *plain,
            identity,
            api("pubsub"),
            Res("topic", TOPIC, {"name": "notices"}),
            Res("publisher", TOPIC_GRANT, publisher),
        ]

    p = project_of("secret-rotation-needs")
    told = {"topics": [{"name": f"projects/{p}/topics/notices"}]}
    add(
        "secret-rotation-needs",
        "all of `rotation,topics` must be specified",
        topic(p),
        secret(rotation=later),
        secret(rotation=later, **told),
    )

    p = project_of("secret-topic-publisher")
    told = {"topics": [{"name": f"projects/{p}/topics/notices"}]}
    mute = topic(p)[:-1]
    cases.append(
        Case(
            rule="secret-topic-publisher",
            project=p,
            setup=mute,
            bad=[*mute, secret(**told)],
            good=[*topic(p), secret(**told)],
            says="permission pubsub.topics.publish denied",
        )
    )
    return cases


def _iam() -> list[Case]:
    cases: list[Case] = []

    def add(rule: str, says: str, bad: Res, good: Res, *setup: Res) -> None:
        all_ = [api("cloudresourcemanager"), *setup]
        cases.append(Case(rule=rule, project=project_of(rule), setup=all_, bad=[*all_, bad], good=[*all_, good], says=says))

    def grant(rule: str, member: str, role: str = "roles/cloudsql.client") -> Res:
        return Res("grant", PROJECT_GRANT, {"project": project_of(rule), "role": role, "member": member})

    add(
        "member-spelling",
        "IAM members must have one of the values",
        grant("member-spelling", "anna@example.com"),
        grant("member-spelling", "user:anna@example.com"),
    )
    rule = "member-exists"
    email = f"worker@{project_of(rule)}.iam.gserviceaccount.com"
    account = Res("account", ACCOUNT, {"accountId": "worker"})
    missing = f"nobody@{project_of(rule)}.iam.gserviceaccount.com"
    add(
        rule,
        "Service account nobody@.* does not exist",
        grant(rule, f"serviceAccount:{missing}"),
        grant(rule, f"serviceAccount:{email}"),
        api("iam"),
        account,
    )

    rule = "role-on-resource"
    p = project_of(rule)
    given = {"cryptoKeyId": key_id(p), "member": agent(p, "sqladmin")}
    setup = key(p, granted=False)
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=setup,
            bad=[*setup, Res("g", KEY_GRANT, {**given, "role": "roles/cloudsql.client"})],
            good=[*setup, Res("g", KEY_GRANT, {**given, "role": ENCRYPTER})],
            says="is not supported for this resource",
        )
    )
    add(
        "account-id",
        "between 6 and 30 characters",
        Res("a", ACCOUNT, {"accountId": "short"}),
        Res("a", ACCOUNT, {"accountId": "longer"}),
        api("iam"),
    )
    add(
        "service-has-agent",
        "has no service identity",
        Res("i", IDENTITY, {"service": "nothing.googleapis.com"}),
        Res("i", IDENTITY, {"service": "sqladmin.googleapis.com"}),
        api("sqladmin"),
    )
    return cases


def _cloud_sql() -> list[Case]:
    regional = {"availabilityType": "REGIONAL", **backups()}
    cases = [
        sql_case("sql-name", "Invalid instance name", instance("Upper"), instance("lower")),
        sql_case("sql-tier-edition", r"Invalid Tier \(db-custom-2-7680\) for \(ENTERPRISE_PLUS\) Edition", instance(settings={"edition": None}, databaseVersion="POSTGRES_16"), instance(databaseVersion="POSTGRES_16")),
        sql_case("sql-tier-size", "Invalid custom machine type", instance(settings={"tier": "db-custom-3-7680"}), instance(settings={"tier": "db-custom-4-7680"})),
        sql_case("sql-log-retention", "transaction log retention days must be between 1 and 7", instance(settings=backups(transactionLogRetentionDays=30, backupRetentionSettings={"retainedBackups": 30})), instance(settings=backups(transactionLogRetentionDays=7, backupRetentionSettings={"retainedBackups": 30}))),
        sql_case("sql-backups-outlast-logs", "backup retention should be > transaction log retention", instance(settings=backups(transactionLogRetentionDays=7, backupRetentionSettings={"retainedBackups": 6})), instance(settings=backups(transactionLogRetentionDays=7, backupRetentionSettings={"retainedBackups": 7}))),
        sql_case("sql-backup-count", "retained backups must be between 1 and 365", instance(settings=backups(backupRetentionSettings={"retainedBackups": 400})), instance(settings=backups(backupRetentionSettings={"retainedBackups": 365}))),
        sql_case("sql-recovery-needs-backups", "Point in time recovery must be disabled", instance(settings={"backupConfiguration": {"pointInTimeRecoveryEnabled": True}}), instance(settings=backups())),
        sql_case("sql-has-an-address", "At least one of Public IP, Private IP or PSC", instance(settings={"ipConfiguration": {"ipv4Enabled": False}}), instance(settings={"ipConfiguration": {"ipv4Enabled": True}})),
        sql_case("sql-zones", "Zone us-east1-b is not in region", instance(settings={"locationPreference": {"zone": "us-east1-b"}}), instance(settings={**regional, "locationPreference": {"zone": "us-central1-a", "secondaryZone": "us-central1-c"}})),
        sql_case("sql-pooling-edition", "only supported for ENTERPRISE_PLUS", instance(settings={"connectionPoolConfigs": [{"connectionPoolingEnabled": True}]}), instance(settings={"connectionPoolConfigs": [{"connectionPoolingEnabled": True}], "edition": "ENTERPRISE_PLUS", "tier": "db-perf-optimized-N-2"})),
        sql_case("sql-flags", "Invalid flag port", instance(settings={"databaseFlags": [{"name": "port", "value": "1"}]}), instance(settings={"databaseFlags": [{"name": "log_temp_files", "value": "0"}]})),
    ]  # fmt: skip

    rule = "sql-private-services-access"
    p = project_of(rule)
    private = instance(settings={"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": net(p)}})
    setup = [*network(p), api("servicenetworking"), api("sqladmin")]
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=setup,
            bad=[*setup, private],
            good=[*setup, *private_services(p)[3:], private],
            says="doesn't have at least 1 private services connection",
        )
    )

    rule = "sql-address-block"
    p = project_of(rule)
    private = instance(settings={"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": net(p)}})
    away = instance("db-east", {"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": net(p)}}, region="us-east1")
    setup = [*private_services(p, prefix=24), api("sqladmin"), private]
    near = instance("db-east", {"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": net(p)}})
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=setup,
            bad=[*setup, away],
            good=[*setup, near],
            says="Couldn't find free blocks in allocated IP ranges",
        )
    )

    connections = [{"name": "max_connections", "value": "500"}]
    primary = instance(settings={**backups(), "databaseFlags": connections})

    def replica(settings: Mapping[str, Any] | None = None, **extra: Any) -> Res:
        flags = {"databaseFlags": connections, **(settings or {})}
        return instance(
            "replica", flags, masterInstanceName="db", instanceType="READ_REPLICA_INSTANCE", **{"region": "us-east1", **extra}
        )

    for rule, says, wrong in (
        (
            "replica-max-connections",
            "Invalid flag value for max_connections: 100",
            replica({"databaseFlags": [{"name": "max_connections", "value": "100"}]}),
        ),
        (
            "replica-final-backup",
            "Final backup is not supported",
            replica({"finalBackupConfig": {"enabled": True, "retentionDays": 7}}),
        ),
        ("replica-backups", "Backups cannot be enabled for a PostgreSQL read replica", replica(backups())),
        ("replica-matches-primary", "must match its primary instance", replica(databaseVersion="POSTGRES_14")),
    ):
        p = project_of(rule)
        setup = [api("sqladmin"), primary]
        cases.append(Case(rule=rule, project=p, setup=setup, bad=[*setup, wrong], good=[*setup, replica()], says=says))

    rule = "replica-key"
    p = project_of(rule)
    encrypted = instance(settings=backups(), encryptionKeyName=key_id(p))
    setup = [*key(p), *key(p, "us-east1")[3:], encrypted]
    follower = [replica({"databaseFlags": []}, **extra) for extra in ({}, {"encryptionKeyName": key_id(p, "us-east1")})]
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=setup,
            bad=[*setup, follower[0]],
            good=[*setup, follower[1]],
            says="Disk encryption config is not specified for the cross region replica",
        )
    )

    rule = "sql-disk-shrinks"
    p = project_of(rule)
    sizes = [[api("sqladmin"), instance(settings={"diskSize": size})] for size in (100, 50, 200)]
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=sizes[0],
            bad=sizes[1],
            good=sizes[2],
            says="Disk size cannot be reduced from 100 GB to 50 GB",
        )
    )

    iam = {"databaseFlags": [{"name": "cloudsql.iam_authentication", "value": "on"}]}
    for rule, says, flags, wrong, right in (
        (
            "sql-iam-user-name",
            "must be created without .gserviceaccount.com",
            iam,
            {"name": "a@p.iam.gserviceaccount.com", "type": "CLOUD_IAM_SERVICE_ACCOUNT"},
            {"name": "a@p.iam", "type": "CLOUD_IAM_SERVICE_ACCOUNT"},
        ),
        (
            "sql-iam-authentication",
            "IAM database authentication is not enabled",
            {},
            {"name": "a@p.iam", "type": "CLOUD_IAM_SERVICE_ACCOUNT"},
            {"name": "anna", "type": "BUILT_IN", "passwordWo": "x"},
        ),
    ):
        p = project_of(rule)
        setup = [api("sqladmin"), instance(settings=flags)]
        users = [Res("user", USER, {"instance": "db", **given}) for given in (wrong, right)]
        cases.append(Case(rule=rule, project=p, setup=setup, bad=[*setup, users[0]], good=[*setup, users[1]], says=says))

    rule = "sql-user-owns-objects"
    p = project_of(rule)
    setup = [
        api("sqladmin"),
        instance(),
        Res("user", USER, {"instance": "db", "name": "anna"}),
        Res("user-2", USER, {"instance": "db", "name": "ben"}),
    ]
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=setup,
            stage=[("owns-objects", f"projects/{p}/instances/db/users/anna")],
            bad=[setup[0], setup[1], setup[3]],
            good=setup[:3],
            says="cannot be dropped because some objects depend on it",
        )
    )
    return cases


CASES: tuple[Case, ...] = (
    *_common(),
    *_network(),
    *_kms(),
    *_secrets(),
    *_iam(),
    *_cloud_sql(),
    *STORAGE_CASES,
    *IDENTITY_CASES,
    *ANALYTICS_CASES,
    *MEMORYSTORE_CASES,
    *OPTIONAL_CASES,
    *ORGANIZATION_CASES,
    *CLUSTER_CASES,
    *EVENT_CASES,
    *EDGE_CASES,
    *MONITORING_CASES,
)
STAGED_ELSEWHERE = {
    "memorystore-one-at-a-time": "an operation has to hang first: test_memorystore.py",
    "name-reserved": "a deletion comes before the creation that is refused: test_life.py",
    "operation-in-progress": "an operation has to hang first: test_life.py",
}
"""Rules that take more than two steps to see, and where they are seen."""
