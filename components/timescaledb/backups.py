"""Physical backups of a site, on their schedules."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from settings.timeseries import Repository, Site

from ..mounted_secrets import MountedSecrets
from ..pods import RunsAs, amounts, environment, job, metadata, scheduled, working_pod
from .places import APP, PORT, SITE_LABEL, SUPERUSER, USER_ID, Places

BACK_UP = """\
PGPASSWORD=$(cat "$PASSWORDS/superuser") && export PGPASSWORD
if [ "$(psql -XAt "$LEADER" -c 'SELECT pg_is_in_recovery()')" = t ]; then
  echo 'this site follows another, which is backed up there'; exit 0
fi
psql -X "$LEADER" -c "COPY (SELECT) TO PROGRAM '$COMMAND --type=$TYPE backup'"
"""
"""The leader runs pgBackRest, and the statement fails where pgBackRest does: a job that succeeded is a backup that did."""


@dataclass(frozen=True, kw_only=True)
class TimescaleDbBackupsArgs:
    """What `TimescaleDbBackups` takes."""

    settings: Repository
    site: Site
    namespace: pulumi.Input[str]
    account: pulumi.Input[str]
    priority: pulumi.Input[str]
    image: pulumi.Input[str]
    passwords: MountedSecrets


class TimescaleDbBackups(pulumi.ComponentResource):
    """Full, differential and incremental backups. The log is archived by the members themselves."""

    schedules: dict[str, k8s.batch.v1.CronJob]
    """By pgBackRest's types."""

    def __init__(self, name: str, args: TimescaleDbBackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:TimescaleDbBackups", name, {}, opts)
        known = args.settings
        times = {"full": known.full, "diff": known.differential, "incr": known.incremental}
        self.schedules = {
            kind: k8s.batch.v1.CronJob(
                f"{name}-{kind}",
                metadata=metadata(f"{args.site.name}-{kind}", args.namespace),
                spec=scheduled(when, job(_pod(args, kind), {"app": APP, SITE_LABEL: args.site.name}, hours=known.hours)),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for kind, when in times.items()
        }
        self.register_outputs({"schedules": {kind: known.metadata.name for kind, known in self.schedules.items()}})


def _pod(args: TimescaleDbBackupsArgs, kind: str) -> k8s.core.v1.PodSpecArgs:
    places = Places()
    return working_pod(
        args.image,
        ["sh", "-euc", BACK_UP],
        runs_as=RunsAs(user=USER_ID, account=args.account, priority=args.priority),
        resources=amounts(0.05, 64),
        variables=environment(
            LEADER=f"host={args.site.name} port={PORT} user={SUPERUSER} dbname=postgres sslmode=require keepalives_idle=60",
            COMMAND=f"{places.pgbackrest} --config={places.repository} --stanza={args.site.stanza}",
            TYPE=kind,
            PASSWORDS=places.passwords,
        ),
        reads={places.passwords: args.passwords.volume("passwords")},
    )
