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
from .pods import NOBODY, RunsAs, amounts, environment, files_of, secret_of, working_pod
from .secrets import Credential

SUPERUSER = "elastic"
DEADLINE_SECONDS = 1800
"""How long a run may take: a new index is filled from the old one meanwhile."""
ATTEMPTS = 3


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
    cluster = args.cluster
    plan, users, ca, superuser = (f"/etc/search/{name}" for name in ("plan", "users", "ca", "superuser"))
    return working_pod(
        args.image,
        ["python", "-I", f"{plan}/apply.py"],
        runs_as=RunsAs(user=NOBODY, account=args.account, priority=args.priority),
        resources=amounts(0.1, 128),
        variables=environment(
            SEARCH_URL=cluster.url,
            SEARCH_CA=f"{ca}/ca.crt",
            SEARCH_USER=SUPERUSER,
            SEARCH_PASSWORD=f"{superuser}/{SUPERUSER}",
            SEARCH_PLAN=f"{plan}/plan.json",
            SEARCH_SECRETS=users,
        ),
        reads={
            plan: files_of("plan", config.metadata.name),
            users: secrets.volume("users"),
            ca: secret_of("ca", cluster.ca_secret),
            superuser: secret_of("superuser", cluster.superuser_secret),
        },
    )
