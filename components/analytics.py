"""BigQuery: datasets, the logs that flow into them, and federated queries of the main database's replica."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.analytics as spec

from .durations import DAY

READER_ROLE = "roles/bigquery.dataViewer"
SINK_ROLES = {"dataset": "roles/bigquery.dataEditor", "bucket": "roles/storage.objectCreator"}
CONNECTION_ROLE = "roles/bigquery.connectionUser"
JOB_ROLE = "roles/bigquery.jobUser"


@dataclass(frozen=True, kw_only=True)
class ReplicaArgs:
    """The replica that federated queries read, and who they sign in as."""

    instance: str
    """The replica's physical name."""
    connection_name: pulumi.Input[str]
    """`project:region:instance`."""
    user: pulumi.Input[str]
    password: pulumi.Input[str]
    password_version: int


@dataclass(frozen=True, kw_only=True)
class AnalyticsArgs:
    """What `Analytics` takes."""

    settings: spec.Analytics
    project: str
    """The project's id."""
    region: str
    """Where datasets and connection are."""
    key: pulumi.Input[str] | None
    """The id of that region's key, or None for Google's own."""
    members: Mapping[str, pulumi.Input[str]]
    """The IAM member of each group."""
    buckets: Mapping[str, pulumi.Input[str]]
    """The buckets' physical names, by their name in the settings."""
    replica: ReplicaArgs | None
    """The replica in that region; None where there is none, and then there is no connection."""
    protect: bool
    """Whether datasets refuse to be deleted, and tables keep their dataset."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class Analytics(pulumi.ComponentResource):
    """Datasets under our own key, log sinks that may write to their own destination only, and a read-only way to the replica."""

    APIS = ("bigquery.googleapis.com", "bigqueryconnection.googleapis.com")

    datasets: dict[str, gcp.bigquery.Dataset]
    """Datasets by their name in the settings."""
    connection: gcp.bigquery.Connection | None
    """The connection to the replica, where there is one."""

    def __init__(self, name: str, args: AnalyticsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:Analytics", name, {}, opts)
        self.datasets = {dataset: self._dataset(name, dataset, args) for dataset in args.settings.datasets}
        for sink, known in args.settings.sinks.items():
            self._sink(name, sink, known, args)
        self.connection = None if args.replica is None else self._connection(name, args.replica, args)
        self._readers(name, args)
        self.register_outputs({"datasets": {dataset: made.id for dataset, made in self.datasets.items()}})

    def _dataset(self, name: str, dataset: str, args: AnalyticsArgs) -> gcp.bigquery.Dataset:
        known = args.settings.datasets[dataset]
        lifetime = known.expiration_days * DAY * 1000 or None
        return gcp.bigquery.Dataset(
            f"{name}-{dataset}",
            dataset_id=args.settings.dataset_id(dataset),
            description=known.purpose,
            location=args.region,
            default_encryption_configuration=None
            if args.key is None
            else gcp.bigquery.DatasetDefaultEncryptionConfigurationArgs(kms_key_name=args.key),
            # The one is for partitioned tables, the other for the rest.
            default_partition_expiration_ms=lifetime,
            default_table_expiration_ms=lifetime,
            max_time_travel_hours=str(known.time_travel_hours),
            delete_contents_on_destroy=not args.protect,
            deletion_policy="PREVENT" if args.protect else "DELETE",
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
        )

    def _sink(self, name: str, sink: str, known: spec.LogSink, args: AnalyticsArgs) -> None:
        """A sink and the grant that lets it write to its destination, and nowhere else."""
        dataset = None if known.dataset is None else self.datasets[known.dataset]
        bucket = None if known.bucket is None else args.buckets[known.bucket]
        destination = (
            pulumi.Output.format("bigquery.googleapis.com/{0}", dataset.id)
            if dataset
            else pulumi.Output.format("storage.googleapis.com/{0}", bucket)
        )
        made = gcp.logging.ProjectSink(
            f"{name}-{sink}",
            name=sink,
            description=f"Logs of the project into {known.dataset or known.bucket}",
            destination=destination,
            filter=" OR ".join(f'log_id("{log}")' for log in known.logs),
            unique_writer_identity=True,
            bigquery_options=gcp.logging.ProjectSinkBigqueryOptionsArgs(use_partitioned_tables=True) if dataset else None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        )
        if dataset:
            gcp.bigquery.DatasetIamMember(
                f"{name}-{sink}-writer",
                dataset_id=dataset.dataset_id,
                role=SINK_ROLES["dataset"],
                member=made.writer_identity,
                opts=pulumi.ResourceOptions(parent=self),
            )
        if bucket:
            gcp.storage.BucketIAMMember(
                f"{name}-{sink}-writer",
                bucket=bucket,
                role=SINK_ROLES["bucket"],
                member=made.writer_identity,
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _connection(self, name: str, replica: ReplicaArgs, args: AnalyticsArgs) -> gcp.bigquery.Connection:
        """The connection, and what the agent that dials for it may do: connect to this replica."""
        federation = args.settings.federation
        connection = gcp.bigquery.Connection(
            f"{name}-{federation.name}",
            connection_id=federation.name,
            location=args.region,
            description="Queries of the main database's replica",
            kms_key_name=args.key,
            cloud_sql=gcp.bigquery.ConnectionCloudSqlArgs(
                instance_id=replica.connection_name,
                database=federation.database,
                type="POSTGRES",
                credential=gcp.bigquery.ConnectionCloudSqlCredentialArgs(
                    username=replica.user,
                    # The SDK marks secrets at the top only.
                    password_wo=pulumi.Output.secret(replica.password),
                    password_wo_version=str(replica.password_version),
                ),
            ),
            deletion_policy="PREVENT" if args.protect else "DELETE",
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
        )
        gcp.projects.IAMMember(
            f"{name}-{federation.name}-agent",
            project=args.project,
            role="roles/cloudsql.client",
            member=pulumi.Output.format("serviceAccount:{0}", connection.cloud_sql.apply(_agent)),
            condition=gcp.projects.IAMMemberConditionArgs(
                title=f"only-{replica.instance}",
                description="The replica that analytics reads",
                expression='resource.type == "sqladmin.googleapis.com/Instance" && '
                f'resource.name == "projects/{args.project}/instances/{replica.instance}"',
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for group in federation.users:
            gcp.bigquery.ConnectionIamMember(
                f"{name}-{federation.name}-{group}",
                connection_id=connection.connection_id,
                location=connection.location,
                role=CONNECTION_ROLE,
                member=args.members[group],
                opts=pulumi.ResourceOptions(parent=self),
            )
        return connection

    def _readers(self, name: str, args: AnalyticsArgs) -> None:
        """Groups read the datasets that they are named for. A query is a job, and jobs belong to the project alone."""
        for dataset, known in args.settings.datasets.items():
            for group in known.readers:
                gcp.bigquery.DatasetIamMember(
                    f"{name}-{dataset}-{group}",
                    dataset_id=self.datasets[dataset].dataset_id,
                    role=READER_ROLE,
                    member=args.members[group],
                    opts=pulumi.ResourceOptions(parent=self),
                )
        for group in args.settings.groups(connected=self.connection is not None):
            gcp.projects.IAMMember(
                f"{name}-jobs-{group}",
                project=args.project,
                role=JOB_ROLE,
                member=args.members[group],
                opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
            )


def _agent(cloud_sql: gcp.bigquery.outputs.ConnectionCloudSql | None) -> str:
    """The address of the service agent that connects to Cloud SQL on BigQuery's behalf."""
    return str(cloud_sql.service_account_id) if cloud_sql else ""
