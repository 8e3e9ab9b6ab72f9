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
from .restricted_pods import container_security, pod_security
from .secrets import Credential

LOGIN = "migrations"
"""Who makes the changes: it may create roles, and owns the database or is a member of its owner."""
USER = 65534
SIZE = {"cpu": "100m", "memory": "256Mi"}
FOLDERS = {"files": "/migrations", "password": "/run/secrets/migrations", "tmp": "/tmp"}  # noqa: S108
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
    c, server = k8s.core.v1, args.server
    paths = {key(path): path for path in files} | ({} if server.ca is None else {CA: CA})
    environment = {
        "DATABASE_URL": f"db:pg://{LOGIN}@{server.host}:{server.port}/{server.database}",
        "PASSWORD": f"{FOLDERS['password']}/password",
        "LOCK_SECONDS": str(args.settings.lock_seconds),
        # The CA is the instance's own, so it alone vouches for the instance; its certificates do not carry our DNS names.
        **(
            {"PGSSLMODE": "require"}
            if server.ca is None
            else {"PGSSLMODE": "verify-ca", "PGSSLROOTCERT": f"{FOLDERS['files']}/{CA}"}
        ),
        "HOME": FOLDERS["tmp"],
    }
    return c.PodSpecArgs(
        service_account_name=args.account,
        automount_service_account_token=False,
        priority_class_name=args.priority,
        restart_policy="Never",
        security_context=pod_security(USER),
        containers=[
            c.ContainerArgs(
                name="migrate",
                image=args.image,
                command=["/bin/sh", f"{FOLDERS['files']}/job.sh", args.project],
                env=[c.EnvVarArgs(name=variable, value=value) for variable, value in environment.items()],
                # What went wrong is in the update's own output.
                termination_message_policy="FallbackToLogsOnError",
                resources=c.ResourceRequirementsArgs(requests=SIZE, limits={"memory": SIZE["memory"]}),
                security_context=container_security(),
                volume_mounts=[
                    c.VolumeMountArgs(name=volume, mount_path=path, read_only=volume != "tmp") for volume, path in FOLDERS.items()
                ],
            )
        ],
        volumes=[
            c.VolumeArgs(
                name="files",
                config_map=c.ConfigMapVolumeSourceArgs(
                    name=config.metadata.name,
                    items=[c.KeyToPathArgs(key=known, path=path) for known, path in paths.items()],
                ),
            ),
            password.volume("password"),
            c.VolumeArgs(name="tmp", empty_dir=c.EmptyDirVolumeSourceArgs(medium="Memory", size_limit="16Mi")),
        ],
    )
