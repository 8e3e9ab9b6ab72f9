"""The weekly proof that the search cluster's snapshots can be brought back: a job that does it, and its alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

import settings.verification as spec
from database.search.definitions import VERIFY
from settings.search import SPACE

from .allowed_traffic import Traffic, allow
from .elasticsearch import Elasticsearch
from .firewall import PRIVATE_GOOGLE_RANGE
from .job_alerts import Scheduled
from .mounted_secrets import MountedSecrets, MountedSecretsArgs
from .pods import NOBODY, RunsAs, amounts, environment, files_of, metadata, secret_of, working_pod
from .program_files import ProgramFiles
from .proof_schedule import proof_schedule
from .search_alerts import PAGE
from .search_setup import SearchSetup
from .secrets import Credential

JOB = "search-verification"
OWN = {"app": JOB}
FILES = ProgramFiles([
    "database/__init__.py", "database/proof.py",
    *(f"database/search/{name}.py" for name in ("__init__", "apply", "definitions", "verify")),
])  # fmt: skip
PROGRAM, USER, AUTHORITY = "/verification", "/etc/search/user", "/etc/search/ca"


@dataclass(frozen=True, kw_only=True)
class SearchVerificationArgs:
    """What `SearchVerification` takes."""

    settings: spec.SearchVerification
    name: str
    """What the cluster is called."""
    cluster: Elasticsearch
    setup: SearchSetup
    """What makes the user that it signs in as."""
    whole_hours: int
    """How often everything is written to the cluster: what is older must be in a snapshot."""
    bucket: str
    """What evidence is kept in, by its name."""
    namespace: pulumi.Input[str]
    account: pulumi.Input[str]
    """The Kubernetes account that may read the credential and keep evidence."""
    priority: pulumi.Input[str]
    image: pulumi.Input[str]
    """Python 3.11 or newer."""
    labels: Mapping[str, str]
    """The labels with which a pod reaches the cluster."""
    credential: Credential


class SearchVerification(pulumi.ComponentResource):
    """A job that restores an index of the newest snapshot under another name, compares every document of it with the live index,
    and takes it away."""

    schedule: k8s.batch.v1.CronJob

    def __init__(self, name: str, args: SearchVerificationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:SearchVerification", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        secrets = MountedSecrets(
            f"{name}-secrets", MountedSecretsArgs(namespace=args.namespace, secrets={VERIFY: args.credential}), opts=inside
        )
        files = k8s.core.v1.ConfigMap(f"{name}-files", metadata=metadata(JOB, args.namespace), data=FILES.data, opts=inside)
        # What the nodes and who asks them may reach stands with the cluster; this one keeps evidence beside.
        traffic = allow(
            f"{name}-traffic",
            JOB,
            namespace=args.namespace,
            labels=OWN,
            outgoing=[Traffic(ports=[443], cidrs=[PRIVATE_GOOGLE_RANGE])],
            opts=inside,
        )
        self.schedule = proof_schedule(
            f"{name}-schedule",
            JOB,
            namespace=args.namespace,
            schedule=args.settings.schedule,
            hours=args.settings.hours,
            pod=_pod(args, files, secrets),
            labels={**args.labels, **OWN},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.setup.job, traffic]),
        )
        self.register_outputs({"schedule": self.schedule.metadata.name})


def _pod(args: SearchVerificationArgs, files: k8s.core.v1.ConfigMap, secrets: MountedSecrets) -> k8s.core.v1.PodSpecArgs:
    known = args.settings
    return working_pod(
        args.image,
        ["python", "-m", "database.search.verify"],
        runs_as=RunsAs(user=NOBODY, account=args.account, priority=args.priority),
        resources=amounts(0.1, 256),
        variables=environment(
            INSTANCE=args.name,
            SEARCH_URL=args.cluster.url,
            SEARCH_CA=f"{AUTHORITY}/ca.crt",
            SEARCH_USER=VERIFY,
            SEARCH_PASSWORD=f"{USER}/{VERIFY}",
            NEWEST_HOURS=str(known.newest_hours),
            WHOLE_HOURS=str(args.whole_hours),
            SECONDS=str(known.hours * 3600),
            BUCKET=args.bucket,
            FOLDER=known.folder,
            PYTHONPATH=PROGRAM,
        ),
        reads={
            PROGRAM: files_of("files", files.metadata.name, FILES.paths),
            USER: secrets.volume("user"),
            AUTHORITY: secret_of("ca", args.cluster.ca_secret),
        },
    )


def search_restore_test() -> Scheduled:
    """The job, for those who watch it."""
    return Scheduled(
        store="search",
        store_title="Search",
        runbook=PAGE,
        what="restore-test",
        title="restore test",
        namespace=SPACE,
        jobs=(JOB,),
    )
