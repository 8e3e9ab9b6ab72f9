"""The stores that fail over, as data: where each is on its way, what its stages are made of, and what is run at Google."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Literal

from pydantic import BaseModel

from settings import Environment
from settings.cache import Cluster, Sessions

from . import stations
from .stations import Command, Move, Stage

BYTES_A_SECOND = 100e6
"""What the copy of a disk into another region is reckoned with."""


@dataclass(frozen=True, kw_only=True)
class Store:
    """A store. Titles and commands may name {old}, {new}, {says}, {project}, the regions {region} and {old_region}, the clusters
    of Kubernetes there, {cluster} and {old_cluster}, and what `more` adds."""

    name: str
    """What STORE is."""
    title: str
    runbook: str
    """Its page in docs/runbooks."""
    kind: str
    """Pulumi's type of an instance."""
    host: str
    """What clients call the one that serves, without the domain."""
    station: tuple[str, ...]
    """Where the settings say which instance serves."""
    instances: Callable[[Environment], Mapping[str, str]]
    """The physical names, by region."""
    serving: Callable[[Environment], str]
    """The region of the one that takes writes."""
    stages: Callable[[Command, Environment], list[Stage] | str]
    """What a command has to do, or why there is nothing to do."""
    after: Callable[[Stage, Environment], Mapping[str, Any]]
    """What the settings say, at `station`, after a stage."""
    lacking: Callable[[Environment], str]
    """What the settings lack for another instance to take over; empty where there is one."""
    rto_minutes: Callable[[Environment], int | None]
    rpo_minutes: Callable[[Environment], int | None]
    leads: Callable[[Mapping[str, Any]], bool]
    """Whether an instance follows nobody, from what the cloud says of it."""
    well: str
    """What the cloud calls the state of an instance that is well."""
    drained: bool
    """Whether a planned move waits until nothing is missing, because the old one can be stopped first."""
    lag: str
    """Where the lag is read at Google."""
    describe: Sequence[str]
    """The commands of which the last describes an instance at Google: {name}, {project}, {region}, {cluster}."""
    state: Callable[[Mapping[str, Any]], str]
    """What is made of its answer."""
    more: Callable[[Environment], Mapping[str, str]] = lambda _: {}
    move: Sequence[str]
    """The kinds of the steps of a move."""
    rebuild: Sequence[str] = ()
    titles: Mapping[str, str]
    seconds: Mapping[str, float]
    """Estimates. What a drill measures is told beside them."""
    commands: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """What is run at Google. On the local cloud a stand-in does the same."""
    copied_bytes: Callable[[Environment], float] = lambda _: 0
    """What is copied into the other region where an instance is built anew."""

    @property
    def exchanges(self) -> bool:
        """Whether two instances exchange their roles: nothing is stopped, and the one that served follows."""
        return "old-follows" in self.move and "fence" not in self.move

    def then(self, stage: Stage, now: Environment) -> Environment:
        """The settings of an environment after a stage."""
        return _changed(now, self.station, self.after(stage, now))

    def says(self, settings: Environment, keys: Sequence[str]) -> dict[str, Any]:
        """What the settings say at the station, as it is laid on top of others."""
        section: Any = reduce(getattr, self.station, settings).model_dump(mode="json", include=set(keys))
        return reduce(lambda inner, name: {name: inner}, reversed(self.station), section)


def _changed(model: Any, path: Sequence[str], values: Mapping[str, Any]) -> Any:
    assert isinstance(model, BaseModel)  # noqa: S101 - a station is a section of the settings
    if not path:
        return model.model_copy(update=dict(values))
    return model.model_copy(update={path[0]: _changed(getattr(model, path[0]), path[1:], values)})


MAIN_DATABASE = Store(
    name="main-database",
    title="the main database",
    runbook="failover-main-database",
    kind="gcp:sql/databaseInstance:DatabaseInstance",
    host="main-db",
    station=("database", "failover"),
    instances=lambda known: known.database_instances,
    serving=lambda known: known.serving_region,
    stages=lambda command, known: stations.stages(command, known.database.failover),
    after=lambda stage, known: stations.after(stage, known.database.failover).moved,
    lacking=lambda known: "" if known.database.replicas else "database.replicas",
    rto_minutes=lambda known: known.objectives.database_rto_minutes,
    rpo_minutes=lambda known: known.objectives.database_rpo_minutes,
    leads=lambda known: known.get("instanceType") not in (None, "READ_REPLICA_INSTANCE"),
    well="RUNNABLE",
    drained=True,
    lag='the chart "Replication lag" of the dashboard of the main database, or '
    "cloudsql.googleapis.com/database/replication/replica_lag",
    describe=("gcloud sql instances describe {name} --project={project} --format=json",),
    state=lambda known: (
        "STOPPED" if known.get("settings", {}).get("activationPolicy") == "NEVER" else str(known.get("state"))
    ),
    move=("fence", "drained", "promote", "state", "settings", "serve", "backup", "rest"),
    rebuild=("remove", "settings", "rebuild", "follows"),
    # Google says "several minutes" of a promotion; the update has the instance's backups and standby in it, one after the other;
    # the copy of a disk comes on top of `rebuild`.
    seconds={
        "fence": 120, "drained": 60, "promote": 300, "state": 60, "settings": 5, "serve": 900, "backup": 600, "rest": 300,
        "remove": 120, "rebuild": 900, "follows": 60,
    },
    titles={
        "fence": "stop {old}, so that nobody writes to it any more",
        "drained": "see that {new} has everything that {old} had",
        "promote": "promote {new}: from here on there is no way back but `make failback`",
        "state": "Pulumi's state: {new} is no replica; databases and users are those of {new}",
        "settings": "the settings: {says}",
        "serve": "update what can be reached: {new} gets backups and a standby, main-db its address, alerts and grants follow",
        "backup": "back {new} up, in its own region",
        "rest": "update what could not be reached, and see that nothing differs",
        "remove": "delete {old}, with a final backup, and take it out of Pulumi's state",
        "rebuild": "make {new} as a replica: Google keeps the name of a deleted instance for a week",
        "follows": "see that {new} follows",
    },
    commands={
        "fence": ("gcloud sql instances patch {old} --project={project} --activation-policy=NEVER",),
        "unfence": ("gcloud sql instances patch {old} --project={project} --activation-policy=ALWAYS",),
        "promote": ("gcloud sql instances promote-replica {new} --project={project} --quiet",),
        "backup": ("gcloud sql backups create --instance={new} --project={project} --location={region}",),
        "remove": (
            "gcloud sql instances patch {old} --project={project} --no-deletion-protection",
            "gcloud sql instances delete {old} --project={project} --enable-final-backup --quiet",
        ),
    },
    copied_bytes=lambda known: known.database.disk.size_gb * 1e9,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Exchanged:
    """What one store of Memorystore has that the other has not."""

    name: str
    title: str
    kind: str
    part: Literal["cluster", "sessions"]
    """Its part of the settings of the cache."""
    instances: Callable[[Environment], Mapping[str, str]]
    role: tuple[str, str]
    """Where Google says which of the two follows."""
    lag: str
    describe: str
    names: str
    """What leads to the one that serves."""
    switchover: str


def _memorystore(one: Exchanged) -> Store:
    """Two that exchange their roles."""

    def of(known: Environment) -> Cluster | Sessions:
        return getattr(known.cache, one.part)

    return Store(
        name=one.name,
        title=one.title,
        runbook="failover-cache",
        kind=one.kind,
        host=one.name,
        station=("cache", one.part),
        instances=one.instances,
        serving=lambda known: getattr(known.regions, of(known).serving),
        stages=lambda command, known: stations.exchanges(command, of(known).serving),
        after=lambda stage, _: {"serving": stations.moved_to(stage)},
        lacking=lambda known: "" if of(known).secondaries else f"cache.{one.part}.secondaries",
        rto_minutes=lambda known: known.objectives.cache_rto_minutes,
        rpo_minutes=lambda known: of(known).rpo_minutes,
        leads=lambda known: known.get(one.role[0], {}).get(one.role[1]) != "SECONDARY",
        well="ACTIVE",
        drained=False,
        lag=one.lag,
        describe=(one.describe,),
        state=lambda known: str(known.get("state")),
        move=("promote", "state", "settings", "serve", "old-follows", "rest"),
        # Google publishes no figure for a switchover.
        seconds={"promote": 300, "state": 60, "settings": 5, "serve": 300, "old-follows": 60, "rest": 300},
        titles={
            "promote": "exchange the roles: {new} takes writes, {old} follows it as soon as it answers",
            "state": "Pulumi's state: {new} follows nobody",
            "settings": "the settings: {says}",
            "serve": f"update what can be reached: {one.names} and the secret with the connection lead to {{new}}",
            "old-follows": "Pulumi's state: {old} follows {new}",
            "rest": "update what could not be reached, and see that nothing differs",
        },
        commands={"promote": (one.switchover,)},
    )


CACHE = _memorystore(
    Exchanged(
        name="cache",
        title="the cache",
        kind="gcp:redis/cluster:Cluster",
        part="cluster",
        instances=lambda known: known.cache_clusters,
        role=("crossClusterReplicationConfig", "clusterRole"),
        lag='since how many seconds the chart "What another region lacks" of the dashboard of the cache is not at 0, or '
        "redis.googleapis.com/cluster/cross_cluster_replication/secondary_maximum_replication_offset_diff, which is in bytes",
        describe="gcloud redis clusters describe {name} --region={region} --project={project} --format=json",
        names="cache",
        switchover="gcloud redis clusters switchover {new} --region={region} --project={project} --quiet",
    )
)
SESSIONS = _memorystore(
    Exchanged(
        name="sessions",
        title="the session store",
        kind="gcp:memorystore/instance:Instance",
        part="sessions",
        instances=lambda known: known.session_stores,
        role=("crossInstanceReplicationConfig", "instanceRole"),
        lag='since how many seconds the chart "What another region lacks" of the dashboard of the session store is not at 0',
        describe="gcloud memorystore instances describe {name} --location={region} --project={project} --format=json",
        names="sessions, sessions-read",
        # Of Valkey gcloud has no verb for it: the API takes a switchover as a change of the role.
        switchover="gcloud memorystore instances update {new} --location={region} --project={project} "
        "--cross-instance-replication-config-role=primary --cross-instance-replication-config-secondary-instances="
        "instance=projects/{project}/locations/{old_region}/instances/{old} --quiet",
    )
)

SIGN_IN = "gcloud container clusters get-credentials {cluster} --region={region} --project={project} --dns-endpoint"
SIGN_IN_THERE = SIGN_IN.replace("{cluster}", "{old_cluster}").replace("{region}", "{old_region}")
KUBECTL = "kubectl --context=gke_{project}_{region}_{cluster} --namespace=timescaledb"
KUBECTL_THERE = KUBECTL.replace("{cluster}", "{old_cluster}").replace("{region}", "{old_region}")
TIMESERIES = Store(
    name="timeseries",
    title="the time series",
    runbook="timeseries",
    kind="kubernetes:apps/v1:StatefulSet",
    host="",
    station=("timeseries",),
    instances=lambda known: {
        getattr(known.regions, role): known.timeseries.sites[role].name for role in known.timeseries_members
    },
    serving=lambda known: getattr(known.regions, known.timeseries.leader),
    stages=lambda command, known: stations.exchanges(command, known.timeseries.leader),
    after=lambda stage, _: {"leader": stations.moved_to(stage)},
    lacking=lambda known: "" if "secondary" in known.timeseries_members else "kubernetes.clusters.secondary",
    rto_minutes=lambda known: known.timeseries.rto_hours * 60,
    rpo_minutes=lambda known: known.timeseries.rpo_minutes,
    leads=lambda _: False,  # it stands in Patroni's own store; letting a site lead that leads already changes nothing
    well="READY",
    drained=True,
    lag="`select now() - pg_last_xact_replay_timestamp()` in a member of the site that follows",
    describe=(SIGN_IN, KUBECTL + " get statefulset {name} --output=json"),
    state=lambda known: "READY" if known.get("status", {}).get("readyReplicas") else "STOPPED",
    more=lambda known: {"members": str(known.timeseries_members[known.timeseries.leader].count)},
    move=("fence", "drained", "promote", "settings", "serve", "backup", "old-follows", "rest"),
    seconds={
        "fence": 120,
        "drained": 60,
        "promote": 60,
        "settings": 5,
        "serve": 900,
        "backup": 7200,
        "old-follows": 60,
        "rest": 900,
    },
    titles={
        "fence": "stop every member of {old}: two that lead write two histories. What ends archives all that it has",
        "drained": "see that {new} has everything that {old} had",
        "promote": "let {new} lead: it leaves the archive that it follows",
        "settings": "the settings: {says}",
        "serve": "update what can be reached: roles, repository, backups and alerts of {new}; its host is in the output",
        "backup": "back {new} up, all of it, into its own stanza",
        "old-follows": "Pulumi's state: {old} is stopped, so that the update starts it, whoever updated the rest meanwhile",
        "rest": "update what could not be reached, {old} follows the archive of {new}, and see that nothing differs",
    },
    commands={
        "fence": (SIGN_IN_THERE, KUBECTL_THERE + " scale statefulset {old} --replicas=0"),
        "unfence": (SIGN_IN_THERE, KUBECTL_THERE + " scale statefulset {old} --replicas={members}"),
        "promote": (
            SIGN_IN,
            KUBECTL + " exec {new}-0 --container=timescaledb -- patronictl --config-file=/etc/timescaledb/patroni.yml "
            "edit-config --set=standby_cluster=null --force",
        ),
        "backup": (SIGN_IN, KUBECTL + " create job {new}-full-by-failover --from=cronjob/{new}-full"),
    },
)

STORES: Mapping[str, Store] = {store.name: store for store in (MAIN_DATABASE, CACHE, SESSIONS, TIMESERIES)}
AWAY = ("fence", "drained", "promote", "state", "settings", "serve")
"""While these run, nobody can write."""


def moves(stages: Sequence[Stage]) -> bool:
    """Whether the first stage is a move, which is about the instances that serve now."""
    return bool(stages) and isinstance(stages[0], Move)
