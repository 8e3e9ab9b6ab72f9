"""What the cases are made of: the form of a case, resource types, and small programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from localcloud.gcp.catalog import service_agents
from localcloud.gcp.naming import project_number

from .world import REGION, Res

SERVICE = "gcp:projects/service:Service"
IDENTITY = "gcp:projects/serviceIdentity:ServiceIdentity"
PROJECT_GRANT = "gcp:projects/iAMMember:IAMMember"
NETWORK = "gcp:compute/network:Network"
SUBNET = "gcp:compute/subnetwork:Subnetwork"
ADDRESS = "gcp:compute/globalAddress:GlobalAddress"
ROUTER = "gcp:compute/router:Router"
NAT = "gcp:compute/routerNat:RouterNat"
POLICY = "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy"
POLICY_RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
ASSOCIATION = "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation"
CONNECTION = "gcp:servicenetworking/connection:Connection"
ZONE = "gcp:dns/managedZone:ManagedZone"
RECORD = "gcp:dns/recordSet:RecordSet"
RING = "gcp:kms/keyRing:KeyRing"
KEY = "gcp:kms/cryptoKey:CryptoKey"
KEY_GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
SECRET = "gcp:secretmanager/secret:Secret"
TOPIC = "gcp:pubsub/topic:Topic"
TOPIC_GRANT = "gcp:pubsub/topicIAMMember:TopicIAMMember"
ACCOUNT = "gcp:serviceaccount/account:Account"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
DATABASE = "gcp:sql/database:Database"
USER = "gcp:sql/user:User"

ENCRYPTER = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
Staging = Sequence[tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A rule broken and kept. `stage` is what `python -m localcloud` is told between setup and the rest."""

    rule: str
    project: str
    setup: Sequence[Res]
    bad: Sequence[Res]
    good: Sequence[Res]
    says: str
    stage: Staging = ()
    unstage: Staging = field(default=())

    @property
    def deletes(self) -> bool:
        """Whether the rule is about a deletion."""
        return {res.name for res in self.setup} > {res.name for res in self.bad}


def api(name: str, **extra: Any) -> Res:
    return Res(f"api-{name}", SERVICE, {"service": f"{name}.googleapis.com", "disableOnDestroy": False, **extra})


def network(_project: str = "") -> list[Res]:
    return [api("compute"), Res("net", NETWORK, {"name": "net", "autoCreateSubnetworks": False})]


def net(project: str) -> str:
    return f"projects/{project}/global/networks/net"


def subnet(project: str, name: str, cidr: str, **extra: Any) -> Res:
    inputs = {"name": name, "region": REGION, "network": net(project), "ipCidrRange": cidr, **extra}
    return Res(name, SUBNET, inputs)


def private_services(project: str, address: str = "10.16.0.0", prefix: int = 16) -> list[Res]:
    peering = {"name": "psa", "purpose": "VPC_PEERING", "addressType": "INTERNAL", "address": address, "prefixLength": prefix}
    return [
        *network(project),
        api("servicenetworking"),
        Res("psa", ADDRESS, {**peering, "network": net(project)}),
        Res(
            "connection",
            CONNECTION,
            {"network": net(project), "service": "servicenetworking.googleapis.com", "reservedPeeringRanges": ["psa"]},
        ),
    ]


def instance(name: str = "db", settings: Mapping[str, Any] | None = None, **inputs: Any) -> Res:
    base: dict[str, Any] = {"tier": "db-custom-2-7680", "edition": "ENTERPRISE"}
    values = {
        "name": name,
        "region": REGION,
        "databaseVersion": "POSTGRES_15",
        "deletionProtection": False,
        "settings": {**base, **(settings or {})},
        **inputs,
    }
    return Res(name, INSTANCE, values)


def backups(**extra: Any) -> dict[str, Any]:
    return {"backupConfiguration": {"enabled": True, "pointInTimeRecoveryEnabled": True, **extra}}


def key(project: str, location: str = REGION, service: str = "sqladmin", granted: bool = True) -> list[Res]:
    """A key with the grant of a service's agent."""
    ring = f"projects/{project}/locations/{location}/keyRings/ring"
    grant = Res(
        f"grant-{location}",
        KEY_GRANT,
        {"cryptoKeyId": f"{ring}/cryptoKeys/key", "role": ENCRYPTER, "member": agent(project, service)},
    )
    return [
        api("cloudkms"),
        api(service),
        Res(f"agent-{service}", IDENTITY, {"service": f"{service}.googleapis.com"}),
        Res(f"ring-{location}", RING, {"name": "ring", "location": location}),
        Res(f"key-{location}", KEY, {"name": "key", "keyRing": ring, "rotationPeriod": "7776000s"}),
        *([grant] if granted else []),
    ]


def key_id(project: str, location: str = REGION) -> str:
    return f"projects/{project}/locations/{location}/keyRings/ring/cryptoKeys/key"


def agent(project: str, service: str) -> str:
    email = service_agents()[f"{service}.googleapis.com"].format(number=project_number(project))
    return f"serviceAccount:{email}"


def secret(**extra: Any) -> Res:
    replication = {"userManaged": {"replicas": [{"location": REGION}, {"location": "us-east1"}]}}
    return Res("secret", SECRET, {"secretId": "secret", "replication": replication, **extra})


def replicas(*places: tuple[str, str | None]) -> dict[str, Any]:
    listed = [{"location": p, **({"customerManagedEncryption": {"kmsKeyName": k}} if k else {})} for p, k in places]
    return {"replication": {"userManaged": {"replicas": listed}}}


def project_of(rule: str) -> str:
    return f"p-{rule}"[:30].rstrip("-")
