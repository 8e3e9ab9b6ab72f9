"""Brings what the search cluster holds up to date: templates, lifecycles, snapshots, roles, users, indices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from database.search import PROGRAM
from database.search.definitions import Plan

from .elasticsearch import Elasticsearch
from .mounted_secrets import MountedSecrets, MountedSecretsArgs
from .restricted_pods import container_security, pod_security
from .secrets import Credential

SUPERUSER = "elastic"
USER = 65534
DEADLINE_SECONDS = 1800
"""How long a run may take: a new index is filled from the old one meanwhile."""
ATTEMPTS = 3
SIZE = {"cpu": "100m", "memory": "128Mi"}


@dataclass(frozen=True, kw_only=True)
class SearchSetupArgs:
    """What `SearchSetup` takes."""

    plan: Plan
    image: pulumi.Input[str]
    """An image with Python 3.11 or newer."""
    cluster: Elasticsearch
    namespace: pulumi.Input[str]
    account: pulumi.Input[str]
    """The Kubernetes service account that may read the credentials."""
    priority: pulumi.Input[str]
    labels: Mapping[str, str]
    """The labels with which a pod reaches the cluster."""
    credentials: Mapping[str, Credential]
    """The users' passwords, by the name of the user."""


class SearchSetup(pulumi.ComponentResource):
    """A Job for each state of the plan: a changed plan, program or password makes another, and the same one makes none. It can be
    repeated at any time, and is done before anything that depends on it."""

    job: k8s.batch.v1.Job

    def __init__(self, name: str, args: SearchSetupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:SearchSetup", name, {}, opts)
        files = {"apply.py": PROGRAM.read_text(), "plan.json": json.dumps(args.plan.as_json(), indent=1)}
        versions = {user: known.version for user, known in args.credentials.items()}
        digest = hashlib.sha256(json.dumps([files, versions]).encode()).hexdigest()[:10]
        secrets = MountedSecrets(
            f"{name}-secrets",
            MountedSecretsArgs(namespace=args.namespace, secrets=args.credentials),
            opts=pulumi.ResourceOptions(parent=self),
        )
        config = k8s.core.v1.ConfigMap(
            f"{name}-plan",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="search-setup", namespace=args.namespace),
            data=files,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.job = k8s.batch.v1.Job(
            f"{name}-job",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=f"search-setup-{digest}", namespace=args.namespace),
            spec=k8s.batch.v1.JobSpecArgs(
                backoff_limit=ATTEMPTS,
                active_deadline_seconds=DEADLINE_SECONDS,
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(labels=args.labels), spec=_pod(args, config, secrets)
                ),
            ),
            opts=pulumi.ResourceOptions(
                parent=self, custom_timeouts=pulumi.CustomTimeouts(create=f"{DEADLINE_SECONDS // 60 + 5}m")
            ),
        )
        self.register_outputs({"job": self.job.metadata.name})


def _pod(args: SearchSetupArgs, config: k8s.core.v1.ConfigMap, secrets: MountedSecrets) -> k8s.core.v1.PodSpecArgs:
    c, cluster = k8s.core.v1, args.cluster
    folders = {
        "plan": "/etc/search/plan",
        "users": "/etc/search/users",
        "ca": "/etc/search/ca",
        "superuser": "/etc/search/superuser",
    }
    environment = {
        "SEARCH_URL": cluster.url,
        "SEARCH_CA": f"{folders['ca']}/ca.crt",
        "SEARCH_USER": SUPERUSER,
        "SEARCH_PASSWORD": f"{folders['superuser']}/{SUPERUSER}",
        "SEARCH_PLAN": f"{folders['plan']}/plan.json",
        "SEARCH_SECRETS": folders["users"],
    }
    return c.PodSpecArgs(
        service_account_name=args.account,
        automount_service_account_token=False,
        priority_class_name=args.priority,
        restart_policy="Never",
        security_context=pod_security(USER),
        containers=[
            c.ContainerArgs(
                name="apply",
                image=args.image,
                command=["python", "-I", f"{folders['plan']}/apply.py"],
                env=[c.EnvVarArgs(name=key, value=value) for key, value in environment.items()],
                resources=c.ResourceRequirementsArgs(requests=SIZE, limits={"memory": SIZE["memory"]}),
                security_context=container_security(),
                volume_mounts=[
                    c.VolumeMountArgs(name=volume, mount_path=path, read_only=True) for volume, path in folders.items()
                ],
            )
        ],
        volumes=[
            c.VolumeArgs(name="plan", config_map=c.ConfigMapVolumeSourceArgs(name=config.metadata.name)),
            secrets.volume("users"),
            c.VolumeArgs(name="ca", secret=c.SecretVolumeSourceArgs(secret_name=cluster.ca_secret)),
            c.VolumeArgs(name="superuser", secret=c.SecretVolumeSourceArgs(secret_name=cluster.superuser_secret)),
        ],
    )
