"""The weekly proof that the main database's backups can be brought back: a job that does it, and its identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

import settings.verification as spec

from .allowed_traffic import Traffic, allow
from .firewall import PRIVATE_GOOGLE_RANGE
from .job_alerts import Scheduled
from .own_role import Worker
from .pgbouncer_files import SERVER_PORT
from .pods import RunsAs, amounts, empty, environment, files_of, metadata, working_pod
from .program_files import ProgramFiles
from .proof_schedule import proof_schedule
from .timescaledb.places import USER_ID

JOB = "main-db-verification"
NAMESPACE = "jobs"
PROGRAM = "database/main/operations/verify_backup.py"
FILES = ProgramFiles(["database/__init__.py", "database/proof.py", PROGRAM])
FOLDER = "/verification"
LABELS = {"app": JOB}
OF_INSTANCE, OF_BACKUP = (f'resource.type == "sqladmin.googleapis.com/{kind}"' for kind in ("Instance", "BackupRun"))
"""https://cloud.google.com/sql/docs/postgres/iam-conditions"""
LISTED = ["cloudsql.instances.list"]
READ = ["cloudsql.backupRuns.get", "cloudsql.backupRuns.list", "cloudsql.instances.get"]
MADE = [
    *("cloudsql.instances.create", "cloudsql.instances.delete", "cloudsql.instances.get", "cloudsql.instances.restoreBackup"),
    "cloudsql.users.update",
]
"""https://cloud.google.com/sql/docs/postgres/iam-permissions. The narrowest role of Google's own,
roles/cloudsql.editor, may change every instance."""


@dataclass(frozen=True, kw_only=True)
class BackupVerificationArgs:
    """What `BackupVerification` takes."""

    settings: spec.Verification
    project: str
    """The project's id."""
    instance: str
    """The instance whose backups are brought back."""
    database: str
    region: str
    """Where the throw-away instance is."""
    key: pulumi.Input[str] | None
    """The key that it is encrypted under; None for Google's own."""
    bucket: str
    """What evidence is kept in, by its name."""
    server_range: str
    """The range that instances' addresses are in."""
    member: pulumi.Input[str]
    """The identity, as an IAM member."""
    account: pulumi.Input[str]
    """The Kubernetes account that the job runs as."""
    namespace: pulumi.Input[str]
    priority: pulumi.Input[str]
    image: pulumi.Input[str]
    """Python and psql."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class BackupVerification(pulumi.ComponentResource):
    """A job that makes an instance, brings the newest backup back into it, reads it and takes it away; under an identity that can
    do that to instances of such names, and to no other."""

    schedule: k8s.batch.v1.CronJob

    def __init__(self, name: str, args: BackupVerificationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:BackupVerification", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        source = f"projects/{args.project}/instances/{args.instance}"
        worker = Worker(
            parent=self,
            name=name,
            role_id="backupVerifier",
            title="Backup verifier",
            project=args.project,
            member=args.member,
            about=args.instance,
            requires=args.requires,
        )
        backups = f'{OF_BACKUP} && resource.name.startsWith("{source}/backupRuns/")'
        worker.may("lists", "Lists instances", LISTED)
        worker.may(
            "reads", "Reads the original and its backups", READ, f'{OF_INSTANCE} && resource.name == "{source}" || {backups}'
        )
        throw_away = f'{OF_INSTANCE} && resource.name.startsWith("{source}-verify-")'
        worker.may("makes", "Makes and removes throw-away instances", MADE, throw_away)
        files = k8s.core.v1.ConfigMap(
            f"{name}-files",
            metadata=metadata(JOB, args.namespace),
            data=FILES.data,
            opts=inside,
        )
        self.schedule = proof_schedule(
            f"{name}-schedule",
            JOB,
            namespace=args.namespace,
            schedule=args.settings.schedule,
            hours=args.settings.hours,
            pod=_pod(args, files.metadata.name),
            labels=LABELS,
            opts=inside,
        )
        allow(
            f"{name}-traffic",
            JOB,
            namespace=args.namespace,
            labels=LABELS,
            outgoing=[
                Traffic(ports=[443], cidrs=[PRIVATE_GOOGLE_RANGE]),
                Traffic(ports=[SERVER_PORT], cidrs=[args.server_range]),
            ],
            opts=inside,
        )
        self.register_outputs({"schedule": self.schedule.metadata.name})


def _pod(args: BackupVerificationArgs, files: pulumi.Input[str]) -> k8s.core.v1.PodSpecArgs:
    known = args.settings
    return working_pod(
        args.image,
        ["python3", f"{FOLDER}/{PROGRAM}"],
        runs_as=RunsAs(user=USER_ID, account=args.account, priority=args.priority),
        resources=amounts(0.1, 256),
        variables=environment(
            PROJECT=args.project,
            INSTANCE=args.instance,
            DATABASE=args.database,
            PORT=str(SERVER_PORT),
            REGION=args.region,
            KEY="" if args.key is None else args.key,
            NEWEST_HOURS=str(known.newest_hours),
            SECONDS=str(known.hours * 3600),
            BUCKET=args.bucket,
            FOLDER=known.folder,
            PYTHONPATH=FOLDER,
        ),
        reads={FOLDER: files_of("files", files, FILES.paths)},
        writes={"/tmp": empty("tmp")},  # noqa: S108
    )


def restore_test(name: str) -> Scheduled:
    """The job, for those who watch it."""
    return Scheduled(
        store="database", store_title="Main database", runbook="database-backup", what="restore-test", title="restore test",
        namespace=NAMESPACE, jobs=(name,),
    )  # fmt: skip
