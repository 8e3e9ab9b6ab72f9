"""For every rule of the local cloud a program that breaks it, and its twin that is accepted.

The same cases run in this process, against mocks, and on the real engine.
"""

from __future__ import annotations

from .cases_analytics import ANALYTICS_CASES
from .cases_cloud_sql import CLOUD_SQL_CASES
from .cases_clusters import CLUSTER_CASES
from .cases_edge import EDGE_CASES
from .cases_events import EVENT_CASES
from .cases_identities import IDENTITY_CASES
from .cases_memorystore import MEMORYSTORE_CASES
from .cases_monitoring import MONITORING_CASES
from .cases_network import NETWORK_CASES
from .cases_optional import OPTIONAL_CASES
from .cases_organization import ORGANIZATION_CASES
from .cases_storage import STORAGE_CASES
from .parts import (
    ACCOUNT,
    ENCRYPTER,
    IDENTITY,
    KEY,
    KEY_GRANT,
    NETWORK,
    PROJECT_GRANT,
    RING,
    TOPIC,
    TOPIC_GRANT,
    Case,
    agent,
    api,
    instance,
    key,
    key_id,
    network,
    project_of,
    replicas,
    secret,
    subnet,
)
from .world import REGION, Res


def _common() -> list[Case]:
    cases: list[Case] = []
    p = project_of("api-enabled")
    cases.append(
        Case(
            rule="api-enabled", project=p, setup=[], bad=[network(p)[1]], good=network(p), says="API has not been used in project"
        )
    )

    p = project_of("region-answers")
    there = [api("sqladmin"), instance("elsewhere", region="us-west4")]
    cases.append(
        Case(
            rule="region-answers",
            project=p,
            setup=there[:1],
            stage=[("region", "us-west4", "lost")],
            unstage=[("region", "us-west4", "there")],
            bad=there,
            good=there,
            says="Error 503: The service is currently unavailable in region us-west4",
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


CASES: tuple[Case, ...] = (
    *_common(),
    *NETWORK_CASES,
    *_kms(),
    *_secrets(),
    *_iam(),
    *CLOUD_SQL_CASES,
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
