"""What all pods of the time series have in common: members, and jobs from the same image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as k8s

from ..restricted_pods import container_security, pod_security
from .places import USER_ID

c = k8s.core.v1

GIVEN = frozenset({"configuration", "files", "passwords", "monitoring"})
"""Volumes that hold what the pod only reads: ConfigMaps, and secrets."""


def environment(**values: pulumi.Input[str]) -> list[c.EnvVarArgs]:
    """Variables with their values."""
    return [c.EnvVarArgs(name=name, value=value) for name, value in values.items()]


def from_pod(**fields: str) -> list[c.EnvVarArgs]:
    """Variables that say something about the pod itself."""
    return [
        c.EnvVarArgs(
            name=name, value_from=c.EnvVarSourceArgs(field_ref=c.ObjectFieldSelectorArgs(api_version="v1", field_path=path))
        )
        for name, path in fields.items()
    ]


def mounts(**paths: str) -> list[c.VolumeMountArgs]:
    """Where volumes are seen, by their names."""
    return [
        c.VolumeMountArgs(name=name, mount_path=path, read_only=True if name in GIVEN else None) for name, path in paths.items()
    ]


def empty(name: str, *, in_memory: str | None = None) -> c.VolumeArgs:
    """A folder that goes with the pod, on disk or of so much memory."""
    return c.VolumeArgs(
        name=name,
        empty_dir=c.EmptyDirVolumeSourceArgs(medium="Memory", size_limit=in_memory)
        if in_memory
        else c.EmptyDirVolumeSourceArgs(),
    )


def amounts(cpu: float, memory_mib: int, huge_pages_gib: int = 0) -> c.ResourceRequirementsArgs:
    """What a container asks for. Its memory is all it gets; a processor that is free it may have."""
    pages = {"hugepages-2Mi": f"{huge_pages_gib}Gi"} if huge_pages_gib else {}
    memory = {"memory": f"{memory_mib}Mi", **pages}
    return c.ResourceRequirementsArgs(requests={"cpu": f"{cpu * 1000:.0f}m", **memory}, limits=memory)


def metadata(
    name: pulumi.Input[str],
    namespace: pulumi.Input[str],
    labels: Mapping[str, str] | None = None,
    **annotations: pulumi.Input[str],
) -> k8s.meta.v1.ObjectMetaArgs:
    """An object's name and place."""
    return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=namespace, labels=labels, annotations=annotations or None)


SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""The update does not wait for it: a claim is bound once its pod is there, a Service of standbys ready once there is one."""


def job(pod: c.PodSpecArgs, labels: Mapping[str, str], *, hours: int, tries: int = 2) -> k8s.batch.v1.JobSpecArgs:
    """A job that is over after so many hours, whatever happens."""
    return k8s.batch.v1.JobSpecArgs(
        active_deadline_seconds=hours * 3600,
        backoff_limit=tries,
        template=c.PodTemplateSpecArgs(metadata=k8s.meta.v1.ObjectMetaArgs(labels=labels), spec=pod),
    )


def scheduled(schedule: str, work: k8s.batch.v1.JobSpecArgs) -> k8s.batch.v1.CronJobSpecArgs:
    """That job at these times, never twice at once; one that could not start within an hour waits for the next time."""
    return k8s.batch.v1.CronJobSpecArgs(
        schedule=schedule,
        time_zone="Etc/UTC",
        concurrency_policy="Forbid",
        starting_deadline_seconds=3600,
        successful_jobs_history_limit=3,
        failed_jobs_history_limit=5,
        job_template=k8s.batch.v1.JobTemplateSpecArgs(spec=work),
    )


def working_pod(
    image: pulumi.Input[str],
    command: Sequence[str],
    *,
    account: pulumi.Input[str],
    priority: pulumi.Input[str],
    resources: c.ResourceRequirementsArgs,
    variables: Sequence[c.EnvVarArgs],
    volumes: Mapping[str, tuple[c.VolumeArgs, str]],
) -> c.PodSpecArgs:
    """A pod that does one thing and is done. `volumes` are by name: what each is, and where it is seen."""
    return c.PodSpecArgs(
        service_account_name=account,
        automount_service_account_token=False,
        priority_class_name=priority,
        restart_policy="Never",
        security_context=pod_security(USER_ID),
        containers=[
            c.ContainerArgs(
                name="work",
                image=image,
                command=list(command),
                env=list(variables),
                resources=resources,
                security_context=container_security(),
                volume_mounts=mounts(**{name: path for name, (_, path) in volumes.items()}),
            )
        ],
        volumes=[volume for volume, _ in volumes.values()],
    )
