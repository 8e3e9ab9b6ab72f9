"""A program of our own that runs all the time, from our own image."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s

from .allowed_traffic import Traffic, allow
from .mounted_secrets import Kept, MountedSecrets, MountedSecretsArgs
from .pods import (
    NOBODY,
    amounts,
    container_security,
    empty,
    environment,
    given,
    metadata,
    pod_security,
    spread,
    written,
)

c = k8s.core.v1
SECRETS_KEY = "alphintra.io/secrets"
SECRETS, STATE = "/run/secrets/program", "/run/program"
ALIVE_FILE = f"{STATE}/alive"
"""Touched by the program while all goes on."""
ALIVE_SECONDS = 60
"""For how long that holds: it is touched every ten seconds."""
STARTS_SECONDS = 60
"""How long a program may take to touch it the first time."""
LEAVES_SECONDS = 90
"""How long a program may take to end what it is at, from being told to: no statement takes longer than thirty seconds."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What it does, and what it needs for that."""

    command: Sequence[str]
    variables: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, Kept]
    """What is mounted, each as a file of `SECRETS`."""
    versions: Mapping[str, pulumi.Input[str]]
    """The version of each: files are read as they were when the pod started, so another version starts it anew."""
    files: Mapping[str, c.VolumeArgs] = field(default_factory=dict[str, c.VolumeArgs])
    """Other volumes that it reads, by where they are seen."""
    replicas: int
    cpu: float
    memory_mib: int
    outgoing: Sequence[Traffic]
    """Whom it reaches, beyond DNS, its own token, and what its namespace may."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """More labels of its pods, by which others let them in."""
    requires: Sequence[pulumi.Resource]
    """What must be there before the first pod."""


@dataclass(frozen=True, kw_only=True)
class OwnProgramArgs:
    """What `OwnProgram` takes."""

    program: Program
    called: str
    """What its objects are called, and its pods' label says."""
    image: pulumi.Input[str]
    account: k8s.core.v1.ServiceAccount
    """Who it is; it runs in that account's namespace."""
    priority: pulumi.Input[str]

    @property
    def namespace(self) -> pulumi.Output[str]:
        """Where it runs."""
        return self.account.metadata.apply(lambda known: str(known.namespace))


def labelled(called: str) -> dict[str, str]:
    """By which its pods are known."""
    return {"app": called}


class OwnProgram(pulumi.ComponentResource):
    """Pods of which each could do all of it. One that stops saying that it is alive is started anew."""

    deployment: k8s.apps.v1.Deployment

    def __init__(self, name: str, args: OwnProgramArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:OwnProgram", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        program, labels = args.program, labelled(args.called)
        selector = k8s.meta.v1.LabelSelectorArgs(match_labels=labels)
        secrets = MountedSecrets(
            f"{name}-secrets", MountedSecretsArgs(namespace=args.namespace, secrets=program.secrets), opts=inside
        )
        traffic = allow(
            f"{name}-traffic",
            args.called,
            namespace=args.namespace,
            labels=labels,
            outgoing=program.outgoing,
            opts=inside,
        )
        versions = pulumi.Output.all(**program.versions).apply(lambda known: json.dumps(known, sort_keys=True))
        apps = k8s.apps.v1
        self.deployment = apps.Deployment(
            f"{name}-deployment",
            metadata=metadata(args.called, args.namespace, labels),
            spec=apps.DeploymentSpecArgs(
                replicas=program.replicas,
                selector=selector,
                strategy=apps.DeploymentStrategyArgs(
                    type="RollingUpdate", rolling_update=apps.RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0)
                ),
                template=c.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(labels={**program.labels, **labels}, annotations={SECRETS_KEY: versions}),
                    spec=_pod(args, secrets, labels),
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[traffic, *program.requires]),
        )
        k8s.policy.v1.PodDisruptionBudget(
            f"{name}-disruptions",
            metadata=metadata(args.called, args.namespace, labels),
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(selector=selector, max_unavailable=1),
            opts=inside,
        )
        self.register_outputs({"deployment": self.deployment.metadata.name})


def _pod(args: OwnProgramArgs, secrets: MountedSecrets, labels: Mapping[str, str]) -> c.PodSpecArgs:
    program = args.program
    return c.PodSpecArgs(
        service_account_name=args.account.metadata.name,
        automount_service_account_token=False,
        priority_class_name=args.priority,
        termination_grace_period_seconds=LEAVES_SECONDS,
        security_context=pod_security(NOBODY),
        topology_spread_constraints=[spread(labels)],
        containers=[
            c.ContainerArgs(
                name=args.called,
                image=args.image,
                command=list(program.command),
                env=environment(**program.variables, ALIVE_FILE=ALIVE_FILE),
                resources=amounts(program.cpu, program.memory_mib),
                security_context=container_security(),
                startup_probe=_alive(failures=STARTS_SECONDS // 5, period=5),
                readiness_probe=_alive(failures=1),
                liveness_probe=_alive(failures=3),
                volume_mounts=[
                    *given(secrets=SECRETS, **{str(volume.name): path for path, volume in program.files.items()}),
                    *written(state=STATE),
                ],
                termination_message_policy="FallbackToLogsOnError",
            )
        ],
        volumes=[secrets.volume("secrets"), empty("state", in_memory="1Mi"), *program.files.values()],
    )


def _alive(failures: int, period: int = 20) -> c.ProbeArgs:
    return c.ProbeArgs(
        exec_=c.ExecActionArgs(command=list(IS_ALIVE)), period_seconds=period, timeout_seconds=5, failure_threshold=failures
    )


IS_ALIVE = ("/bin/sh", "-c", f"test $(($(date +%s) - $(stat -c %Y {ALIVE_FILE}))) -lt {ALIVE_SECONDS}")
"""Whether it says that it is alive."""
