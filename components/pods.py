"""What pods have in common: they keep to the restricted profile of pod security, and write to nothing but what is theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

c = k8s.core.v1

NOBODY = 65534
"""The user of images that have none of their own."""


def pod_security(uid: int) -> c.PodSecurityContextArgs:
    """A pod of this user, to whose group its volumes belong."""
    return c.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=uid,
        run_as_group=uid,
        fs_group=uid,
        fs_group_change_policy="OnRootMismatch",
        seccomp_profile=c.SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> c.SecurityContextArgs:
    """A container that can gain nothing, and writes to its volumes only."""
    return c.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=c.CapabilitiesArgs(drop=["ALL"]),
    )


def spread(labels: Mapping[str, str]) -> c.TopologySpreadConstraintArgs:
    """Pods with these labels in different zones, where there is room."""
    return c.TopologySpreadConstraintArgs(
        max_skew=1,
        topology_key="topology.kubernetes.io/zone",
        when_unsatisfiable="ScheduleAnyway",
        label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
    )


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


def written(**paths: str) -> list[c.VolumeMountArgs]:
    """Where volumes that the pod writes to are seen, by their names."""
    return [c.VolumeMountArgs(name=name, mount_path=path) for name, path in paths.items()]


def given(**paths: str) -> list[c.VolumeMountArgs]:
    """Where volumes that the pod only reads are seen, by their names: ConfigMaps and secrets."""
    return [c.VolumeMountArgs(name=name, mount_path=path, read_only=True) for name, path in paths.items()]


def files_of(name: str, config: pulumi.Input[str], paths: Mapping[str, str] | None = None) -> c.VolumeArgs:
    """The files of a ConfigMap, under its keys or, where `paths` are given, each key's own path."""
    items = None if paths is None else [c.KeyToPathArgs(key=key, path=path) for key, path in paths.items()]
    return c.VolumeArgs(name=name, config_map=c.ConfigMapVolumeSourceArgs(name=config, items=items))


def secret_of(name: str, secret: pulumi.Input[str]) -> c.VolumeArgs:
    """The values of a Secret that an operator keeps in the cluster."""
    return c.VolumeArgs(name=name, secret=c.SecretVolumeSourceArgs(secret_name=secret))


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


@dataclass(frozen=True, kw_only=True)
class RunsAs:
    """Who a pod is, and before whom it gets room."""

    user: int
    """The number of the user in its containers."""
    account: pulumi.Input[str]
    """Its Kubernetes service account."""
    priority: pulumi.Input[str]
    """Its priority class."""


def working_pod(
    image: pulumi.Input[str],
    command: Sequence[str],
    *,
    runs_as: RunsAs,
    resources: c.ResourceRequirementsArgs,
    variables: Sequence[c.EnvVarArgs],
    reads: Mapping[str, c.VolumeArgs],
    writes: Mapping[str, c.VolumeArgs] | None = None,
) -> c.PodSpecArgs:
    """A pod that does one thing and is done. What it reads and what it writes are volumes, by where they are seen."""
    writes = writes or {}
    return c.PodSpecArgs(
        service_account_name=runs_as.account,
        automount_service_account_token=False,
        priority_class_name=runs_as.priority,
        restart_policy="Never",
        security_context=pod_security(runs_as.user),
        containers=[
            c.ContainerArgs(
                name="work",
                image=image,
                command=list(command),
                env=list(variables),
                resources=resources,
                security_context=container_security(),
                volume_mounts=[
                    *given(**{str(volume.name): path for path, volume in reads.items()}),
                    *written(**{str(volume.name): path for path, volume in writes.items()}),
                ],
                # What went wrong is in the update's own output.
                termination_message_policy="FallbackToLogsOnError",
            )
        ],
        volumes=[*reads.values(), *writes.values()],
    )
