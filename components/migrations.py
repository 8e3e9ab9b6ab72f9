"""Brings a database's schema up to date, and gives the logins there their roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

import settings.migrations as spec

from .allowed_traffic import Traffic, allow
from .migration_files import Login, Project, digest, key, migration_files
from .mounted_secrets import MountedSecrets, MountedSecretsArgs
from .pods import NOBODY, RunsAs, amounts, empty, environment, files_of, working_pod
from .secrets import Credential

LOGIN = "migrations"
"""Who makes the changes: it may create roles, and owns the database or is a member of its owner."""
FILES, SECRETS = "/migrations", "/run/secrets/migrations"
CA = "server-ca.pem"


@dataclass(frozen=True, kw_only=True)
class Server:
    """The server that has the database."""

    identity: str
    """What tells it from one that takes its place: on another server, everything is to be made again."""
    host: str
    port: int
    database: str
    traffic: Traffic
    """How a pod reaches it."""
    ca: pulumi.Input[str] | None = None
    """The certificates that sign the server's, in PEM; None where it signs its own."""


@dataclass(frozen=True, kw_only=True)
class MigrationsArgs:
    """What `Migrations` takes."""

    settings: spec.Migrations
    project: Project
    server: Server
    logins: Sequence[Login]
    password: Credential
    """The password of `migrations`."""
    image: pulumi.Input[str]
    namespace: pulumi.Input[str]
    account: pulumi.Input[str]
    """The Kubernetes service account that may read the password."""
    priority: pulumi.Input[str]


class Migrations(pulumi.ComponentResource):
    """A Job for each state of the changes and of the logins: another state makes another Job, and the same one makes none. It may
    be killed and repeated at any time, and is done before anything that depends on it."""

    job: k8s.batch.v1.Job

    def __init__(self, name: str, args: MigrationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:Migrations", name, {}, opts)
        self._inside = pulumi.ResourceOptions(parent=self)
        settings, server = args.settings, args.server
        files = migration_files(args.project, args.logins)
        called = f"migrations-{args.project}"
        state = f"{called}-{digest(files, server.identity, settings.image)}"
        labels = {"app": called}
        password = MountedSecrets(
            f"{name}-password",
            MountedSecretsArgs(namespace=args.namespace, secrets={"password": args.password}),
            opts=self._inside,
        )
        # A run that is still at it, or is repeated, keeps the files that it began with.
        config = k8s.core.v1.ConfigMap(
            f"{name}-files",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=state, namespace=args.namespace),
            immutable=True,
            data={**{key(path): text for path, text in files.items()}, **({} if server.ca is None else {CA: server.ca})},
            opts=self._inside,
        )
        traffic = allow(
            f"{name}-traffic",
            called,
            namespace=args.namespace,
            labels=labels,
            outgoing=[server.traffic],
            opts=self._inside,
        )
        self.job = k8s.batch.v1.Job(
            f"{name}-job",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=state, namespace=args.namespace),
            spec=k8s.batch.v1.JobSpecArgs(
                backoff_limit=settings.retries,
                active_deadline_seconds=settings.minutes * 60,
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(labels=labels), spec=_pod(args, config, files, password)
                ),
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[traffic],
                custom_timeouts=pulumi.CustomTimeouts(create=f"{settings.minutes + 5}m"),
            ),
        )
        self.register_outputs({"job": self.job.metadata.name})


def _pod(
    args: MigrationsArgs, config: k8s.core.v1.ConfigMap, files: Mapping[str, str], password: MountedSecrets
) -> k8s.core.v1.PodSpecArgs:
    server = args.server
    paths = {key(path): path for path in files} | ({} if server.ca is None else {CA: CA})
    # The CA is the instance's own, so it alone vouches for the instance; its certificates do not carry our DNS names.
    tls = {"PGSSLMODE": "require"} if server.ca is None else {"PGSSLMODE": "verify-ca", "PGSSLROOTCERT": f"{FILES}/{CA}"}
    return working_pod(
        args.image,
        ["/bin/sh", f"{FILES}/job.sh", args.project],
        runs_as=RunsAs(user=NOBODY, account=args.account, priority=args.priority),
        resources=amounts(0.1, 256),
        variables=environment(
            DATABASE_URL=f"db:pg://{LOGIN}@{server.host}:{server.port}/{server.database}",
            PASSWORD=f"{SECRETS}/password",
            LOCK_SECONDS=str(args.settings.lock_seconds),
            HOME="/tmp",  # noqa: S108
            **tls,
        ),
        reads={FILES: files_of("files", config.metadata.name, paths), SECRETS: password.volume("password")},
        writes={"/tmp": empty("tmp", in_memory="16Mi")},  # noqa: S108
    )
