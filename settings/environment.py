"""A whole environment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from pydantic import Field, model_validator

from .analytics import Analytics
from .audit import EVERYTHING, PERSONAL_DATA, Audit
from .budget import Budget
from .cache import Cache
from .database import Database
from .encryption import Encryption
from .governance import Governance
from .identity import Identities
from .images import Images, registry_of
from .kubernetes import LONGEST_CLUSTER_NAME, SURGE, Kubernetes, Pod, Role
from .monitoring import Monitoring
from .network import Network
from .object_events import ObjectEvents
from .objectives import Objectives
from .optional_stores import Bigtable, Firestore
from .platform import Labels, Project, Protection, Regions
from .pooling import POD, SHARE_PERCENT, Pooling, login_secret
from .pooling import SURGE as POOLER_SURGE
from .search import Search
from .secret import Secrets
from .section import Section, images, setting, zone_region
from .static_assets import StaticAssets
from .storage import Bucket, Storage
from .timeseries import MEMBERS, PASSWORDS, Members, TimeSeries
from .url_signing import UrlSigning
from .workspaces import Namespace, Workspaces

Profile = Literal["dev", "staging", "prod"]
NAME_LENGTH = 97
"""Cloud SQL counts the project's id, a colon and the instance's name together."""
RESERVED_ADDRESSES = 32
"""Of a subnetwork: four are Google's, one is the control plane's, the others are for internal load balancers."""


class Environment(Section):
    """Everything that is said about an environment. The defaults are production's: the numbers of the requirements."""

    environment: Profile = Field(json_schema_extra={"source": "§14.1"})
    """The profile: what an environment of this kind has unless its file says otherwise."""
    project: Project
    """The Google Cloud project."""
    generation: int = setting(1, "design: deleted names stay taken", ge=1, le=999)
    """Counts rebuilds after a destroy. Deleted Cloud SQL names stay taken for a week and key rings for ever, so a rebuild needs
    the next number; 1 adds nothing to the names."""
    regions: Regions = Regions()
    """Where things are."""
    labels: Labels = Labels()
    """Labels on everything."""
    protection: Protection = Protection()
    """Guards against deletion."""
    network: Network = Network()
    """The network."""
    encryption: Encryption = Encryption()
    """Keys."""
    secrets: Secrets = Secrets()
    """Generated credentials."""
    identities: Identities = Identities()
    """Workloads and groups."""
    audit: Audit = Audit()
    """Audit logs."""
    database: Database = Database()
    """The main database."""
    pooling: Pooling = Pooling()
    """Connection pooling: PgBouncer in front of the main database."""
    storage: Storage = Storage()
    """Cloud Storage."""
    analytics: Analytics = Analytics()
    """BigQuery."""
    cache: Cache = Cache()
    """Caches and sessions: Memorystore."""
    images: Images = Images()
    """Container images."""
    budget: Budget = Budget()
    objectives: Objectives = Objectives()
    """The alert on the bill."""
    governance: Governance = Governance()
    """What the organisation around the project can add, off until it is wanted."""
    bigtable: Bigtable = Bigtable()
    """Bigtable, off until it is wanted."""
    firestore: Firestore = Firestore()
    """Firestore, off until it is wanted."""
    kubernetes: Kubernetes = Kubernetes()
    """GKE."""
    timeseries: TimeSeries = TimeSeries()
    """The time series: TimescaleDB."""
    url_signing: UrlSigning = UrlSigning()
    """Signed URLs."""
    object_events: ObjectEvents = ObjectEvents()
    """Notices of new objects."""
    static_assets: StaticAssets = StaticAssets()
    """Static assets, and the CDN in front of them."""
    workspaces: Workspaces = Workspaces()
    """Namespaces of the clusters."""
    monitoring: Monitoring = Monitoring()
    """Channels, alerts, objectives."""
    search: Search = Search()
    """The search engine: Elasticsearch."""

    def named(self, base: str) -> str:
        """A physical name of this generation: `alphintra-main-db`, and from generation 2 on `alphintra-main-db-g2`."""
        return base if self.generation == 1 else f"{base}-g{self.generation}"

    @property
    def keys_in_use(self) -> Encryption:
        """The keys without those of optional stores that are off."""
        off = {name for name, store in (("bigtable", self.bigtable), ("firestore", self.firestore)) if not store.enabled}
        used = {name: key for name, key in self.encryption.keys.items() if name not in off}
        return self.encryption.model_copy(update={"keys": used})

    @property
    def keyed_services(self) -> list[str]:
        """The services that an organisation policy lets make nothing without a key of ours."""
        if not self.encryption.customer_managed:
            return []
        with_keys = {service for key in self.keys_in_use.keys.values() for service in key.used_by}
        return sorted(with_keys & {*self.governance.policies.keyed_services})

    @property
    def timeseries_members(self) -> dict[Role, Members]:
        """The members of each site of the time series, by the role of its region: where a cluster has room for them."""
        members: dict[Role, Members] = {}
        for role in self.timeseries.sites:
            cluster = self.kubernetes.clusters.get(role)
            placed = cluster.placed(MEMBERS) if cluster else None
            if placed:
                pool, pod = placed
                members[role] = Members(
                    pool=pool, count=pod.count, cpu=pod.cpu, memory_gib=pod.memory_gib, huge_pages_gib=pod.huge_pages_gib
                )
        return members

    @property
    def poolers(self) -> dict[Role, Pod]:
        """The poolers of each cluster, by the role of its region: how many at least, and their size."""
        poolers: dict[Role, Pod] = {}
        for role, cluster in self.kubernetes.clusters.items():
            if placed := cluster.placed(POD):
                poolers[role] = placed[1]
        return poolers

    @property
    def protected(self) -> bool:
        """Whether the guards against deletion are on."""
        return self.protection.enabled and self.protection.tear_down != self.environment

    @model_validator(mode="after")
    def _protection(self) -> Environment:
        if not self.protection.enabled and self.environment != "dev":
            raise ValueError(
                f"protection.enabled is false, but {self.environment} is protected always; to take it down, "
                f"set protection.tear_down to {self.environment}"
            )
        if self.protection.tear_down not in ("", self.environment):
            raise ValueError(
                f"protection.tear_down is '{self.protection.tear_down}'; "
                f"it is empty, or the environment's own name: {self.environment}"
            )
        return self

    @model_validator(mode="after")
    def _production_grade(self) -> Environment:
        if self.environment == "dev":
            return self
        if not self.encryption.customer_managed:
            raise ValueError(f"encryption.customer_managed is false, but {self.environment} has keys of its own")
        if self.database.availability != "REGIONAL":
            raise ValueError(f"database.availability is {self.database.availability}, but {self.environment} needs REGIONAL")
        if not self.database.replicas:
            raise ValueError(
                f"database.replicas is empty, but {self.environment} needs a replica in another region for disaster recovery"
            )
        return self

    @model_validator(mode="after")
    def _audited(self) -> Environment:
        for service, holds in PERSONAL_DATA.items():
            missing = set(EVERYTHING) - set(self.audit.services.get(service, ()))
            if missing and self.environment != "dev":
                raise ValueError(
                    f"audit.services.{service} lacks {', '.join(sorted(missing))}, but {self.environment} logs every access to "
                    f"personal data; there it is {holds}"
                )
        return self

    @model_validator(mode="after")
    def _archive_alert(self) -> Environment:
        archive, alert = self.cache.cluster.archive, self.monitoring.alerts.get("cache-archive-missing")
        if archive and alert and alert.minutes <= archive.every_hours * 60:
            raise ValueError(
                f"monitoring.alerts.cache-archive-missing.minutes is {alert.minutes}, which is not longer than "
                f"cache.cluster.archive.every_hours ({archive.every_hours}): it would be told between any two"
            )
        return self

    @model_validator(mode="after")
    def _places(self) -> Environment:
        primary, secondary = self.regions.primary, self.regions.secondary
        if zone_region(self.database.zone) != primary:
            raise ValueError(f"database.zone is {self.database.zone}, which is not in the primary region {primary}")
        for region in self.database.replicas:
            if region == primary:
                raise ValueError(f"database.replicas.{region} is in the primary's own region; it would be lost with it")
            if region != secondary:
                raise ValueError(f"database.replicas.{region} is in a region without network and keys; there is {secondary}")
        return self

    @model_validator(mode="after")
    def _names(self) -> Environment:
        for base in (
            self.database.name,
            *(f"{self.database.replica_name}-{region}" for region in self.database.replicas),
        ):
            whole = f"{self.project.id}:{self.named(base)}"
            if len(whole) > NAME_LENGTH:
                raise ValueError(
                    f"database name {whole} has {len(whole)} characters; Cloud SQL takes {NAME_LENGTH} with the project's id"
                )
        return self

    @model_validator(mode="after")
    def _credentials(self) -> Environment:
        readers = {
            **{f"workloads.{account}": workload.secrets for account, workload in self.identities.workloads.items()},
            **{f"groups.{name}": group.secrets for name, group in self.identities.groups.items()},
        }
        for reader, secrets in readers.items():
            for secret in secrets:
                if secret not in self.secrets.credentials:
                    known = ", ".join(self.secrets.credentials)
                    raise ValueError(f"identities.{reader}.secrets names '{secret}', which is not generated; there are {known}")
            if secrets and reader.startswith("groups.") and self.environment == "prod":
                raise ValueError(
                    f"identities.{reader}.secrets is {list(secrets)}, but in prod no person reads a secret's value; set it to []"
                )
        pooled = [login_secret(client) for client in self.pooling.clients]
        replica_users = ["main-db-bigquery"] if self.database.replicas else []
        for needed in ("main-db-postgres", "main-db-pgbouncer", *pooled, *replica_users):
            if needed not in self.secrets.credentials:
                raise ValueError(f"secrets.credentials.{needed} is missing: the main database's user needs it")
            if self.secrets.credentials[needed].length < self.database.passwords.min_length:
                raise ValueError(
                    f"secrets.credentials.{needed}.length is below "
                    f"database.passwords.min_length ({self.database.passwords.min_length})"
                )
        return self

    @model_validator(mode="after")
    def _buckets(self) -> Environment:
        for name, bucket in self.storage.buckets.items():
            if bucket.retention_locked and self.environment != "prod":
                raise ValueError(f"storage.buckets.{name}.retention_locked is true, but {self.environment} must be able to go")
            self._cross_origin(name, bucket)
            for label, access in bucket.access.items():
                where = f"storage.buckets.{name}.access.{label}"
                if access.workload:
                    _known(f"{where}.workload", access.workload, self.identities.workloads, "workload")
                if access.group:
                    _known(f"{where}.group", access.group, self.identities.groups, "group")
        return self

    def _cross_origin(self, name: str, bucket: Bucket) -> None:
        if bucket.cross_origin is None:
            return
        where = f"storage.buckets.{name}.cross_origin"
        insecure = [origin for origin in bucket.cross_origin.origins if not origin.startswith("https://")]
        if insecure and self.environment != "dev":
            raise ValueError(f"{where}.origins has {insecure[0]}, but {self.environment} is for pages over https only")
        if not any(access.bucket == name for signer in self.url_signing.signers.values() for access in signer.access.values()):
            raise ValueError(f"{where} is said, but nobody in url_signing.signers signs for {name}: a page could ask for nothing")

    @model_validator(mode="after")
    def _analytics(self) -> Environment:
        analytics = self.analytics
        region = getattr(self.regions, analytics.region)
        if self.database.replicas and region not in self.database.replicas:
            raise ValueError(
                f"analytics.region is {analytics.region} ({region}), but BigQuery reads a replica in its own region only; "
                f"there is one in {', '.join(self.database.replicas)}"
            )
        if analytics.federation.database not in self.database.databases:
            raise ValueError(
                f"analytics.federation.database is {analytics.federation.database}, which is none of database.databases: "
                f"{', '.join(self.database.databases)}"
            )
        for group in analytics.federation.users:
            _known("analytics.federation.users", group, self.identities.groups, "group")
        for dataset, known in analytics.datasets.items():
            for group in known.readers:
                _known(f"analytics.datasets.{dataset}.readers", group, self.identities.groups, "group")
        for name, sink in analytics.sinks.items():
            if sink.bucket is not None:
                self._known_bucket(f"analytics.sinks.{name}.bucket", sink.bucket)
        return self

    @model_validator(mode="after")
    def _caches(self) -> Environment:
        cluster, sessions = self.cache.cluster, self.cache.sessions
        for name, zone in (("cluster", cluster.zone), ("sessions", sessions.zone)):
            if zone is not None and zone_region(zone) != self.regions.primary:
                raise ValueError(f"cache.{name}.zone is {zone}, which is not in the primary region {self.regions.primary}")
        for region in cluster.secondaries:
            if region != self.regions.secondary:
                raise ValueError(
                    f"cache.cluster.secondaries.{region} is not in the secondary region, where network and keys are: "
                    f"{self.regions.secondary}"
                )
        if cluster.archive:
            _known("cache.cluster.archive.workload", cluster.archive.workload, self.identities.workloads, "workload")
        return self

    @model_validator(mode="after")
    def _caches_survive(self) -> Environment:
        if self.environment == "dev":
            return self
        cluster, sessions = self.cache.cluster, self.cache.sessions
        for name, store in (("cluster", cluster), ("sessions", sessions)):
            if not store.replicas:
                raise ValueError(f"cache.{name}.replicas is 0, but {self.environment} needs a replica that takes over")
            if store.rpo_minutes is None:
                raise ValueError(f"cache.{name}.rpo_minutes is null, but {self.environment} promises what may be lost")
        if not cluster.secondaries:
            raise ValueError(f"cache.cluster.secondaries is empty, but {self.environment} needs a cluster in another region")
        return self

    @model_validator(mode="after")
    def _images_and_optional_stores(self) -> Environment:
        primary, people = self.regions.primary, {*self.identities.workloads, *self.identities.groups}
        named = {
            "images.readers": (self.images.readers, people),
            "images.writers": (self.images.writers, people),
            "bigtable.users": (self.bigtable.users if self.bigtable.enabled else (), {*self.identities.workloads}),
            "firestore.users": (self.firestore.users if self.firestore.enabled else (), {*self.identities.workloads}),
        }
        for key, (names, known) in named.items():
            for name in names:
                if name not in known:
                    raise ValueError(f"{key} names '{name}', which is not among identities; there are {', '.join(sorted(known))}")
        if self.bigtable.enabled and any(zone_region(zone) != primary for zone in self.bigtable.zones):
            raise ValueError(
                f"bigtable.zones is {', '.join(self.bigtable.zones)}, which are not in the primary region, {primary}"
            )
        return self

    @model_validator(mode="after")
    def _pulled_images(self) -> Environment:
        if self.environment == "prod" and not self.images.admission.enforced:
            raise ValueError("images.admission.enforced is false, but prod runs no image that its settings do not name")
        for key, reference in images(self):
            if "@" not in reference and self.environment == "prod":
                raise ValueError(f"{key} is {reference}, but in prod an image has its digest too: {reference}@sha256:…")
            if registry_of(reference) not in self.images.upstreams:
                raise ValueError(
                    f"{key} is {reference}, but images.upstreams has no {registry_of(reference)}; "
                    f"there are {', '.join(self.images.upstreams)}"
                )
        return self

    @model_validator(mode="after")
    def _clusters(self) -> Environment:
        for role, cluster in self.kubernetes.clusters.items():
            name = self.kubernetes.cluster_name(getattr(self.regions, role))
            if len(name) > LONGEST_CLUSTER_NAME:
                raise ValueError(
                    f"kubernetes.name would call a cluster {name}, {len(name)} characters; GKE takes {LONGEST_CLUSTER_NAME}"
                )
            ranges = getattr(self.network, role)
            pools = {
                name: ((pool.max_nodes_per_zone + SURGE) * len(cluster.zones_of(pool)), pool.addresses_per_node)
                for name, pool in cluster.pools.items()
            }
            listed = ", ".join(f"{name} {nodes} x {each}" for name, (nodes, each) in pools.items())
            pods, nodes = sum(n * each for n, each in pools.values()), sum(n for n, _ in pools.values())
            for kind, needed, why in (
                ("pods", pods, f"with the addresses that each takes: {listed}"),
                ("nodes", nodes + RESERVED_ADDRESSES, f"with {RESERVED_ADDRESSES} for Google and internal load balancers"),
            ):
                there = getattr(ranges, kind)
                if needed > there.num_addresses:
                    raise ValueError(
                        f"network.{role}.{kind} ({there}) has {there.num_addresses} addresses, but kubernetes.clusters.{role} "
                        f"can grow to {nodes} nodes, which need {needed} ({why}); "
                        f"take a /{32 - (needed - 1).bit_length()}, or fewer nodes"
                    )
        return self

    @model_validator(mode="after")
    def _pooled_clients(self) -> Environment:
        for client in self.pooling.clients:
            _known("pooling.clients", client, self.identities.workloads, "workload")
            workload = self.identities.workloads[client]
            if workload.kubernetes is None:
                raise ValueError(
                    f"pooling.clients has {client}, but identities.workloads.{client}.kubernetes says nothing: "
                    "poolers are reached from within the clusters"
                )
            if login_secret(client) not in workload.secrets:
                raise ValueError(
                    f"pooling.clients has {client}, but identities.workloads.{client}.secrets lacks {login_secret(client)}, "
                    "the password that it signs in with"
                )
        return self

    @model_validator(mode="after")
    def _poolers(self) -> Environment:
        known, poolers = self.pooling, self.poolers
        if poolers and self.database.connector_enforcement == "REQUIRED":
            raise ValueError("database.connector_enforcement is REQUIRED, but PgBouncer connects directly; set NOT_REQUIRED")
        if "secondary" in poolers and self.regions.secondary not in self.database.replicas:
            raise ValueError(
                f"kubernetes.clusters.secondary has pods {POD}, but database.replicas has no {self.regions.secondary} "
                "for them to serve"
            )
        for role, pod in poolers.items():
            namespace = self.workspaces.namespaces.get(POD)
            if namespace is None or role not in namespace.clusters:
                raise ValueError(f"workspaces.namespaces has no {POD} in the {role} cluster, where pods of that name are to run")
            if known.max_replicas < pod.count:
                raise ValueError(
                    f"pooling.max_replicas is {known.max_replicas}, below kubernetes.clusters.{role}.pools…pods.{POD}.count "
                    f"({pod.count})"
                )
            needed = (known.max_replicas + POOLER_SURGE) * pod.cpu
            if needed > namespace.quota.cpu:
                raise ValueError(
                    f"pooling.max_replicas needs ({known.max_replicas} + {POOLER_SURGE} during an update) x {pod.cpu} = "
                    f"{needed} vCPU, but workspaces.namespaces.{POD}.quota.cpu is {namespace.quota.cpu}"
                )
        total, sum_ = known.most_connections(len(self.database.databases))
        budget = self.database.max_connections * SHARE_PERCENT // 100
        if poolers and total > budget:
            raise ValueError(
                f"pooling can take {sum_} connections, but {SHARE_PERCENT} % of database.max_connections "
                f"({self.database.max_connections}) is {budget}: take fewer max_replicas or max_db_connections, "
                "or raise max_connections"
            )
        return self

    @model_validator(mode="after")
    def _search(self) -> Environment:
        search, snapshots = self.search, self.search.snapshots
        if "elasticsearch" in self.workspaces.namespaces:
            search.check(self.kubernetes, self.workspaces.namespaces["elasticsearch"].quota.storage_gib)
        for client in search.clients:
            _known("search.clients", client, self.identities.workloads, "workload")
            if self.identities.workloads[client].kubernetes is None:
                raise ValueError(
                    f"search.clients names {client}, which runs outside the clusters; only pods reach the search engine"
                )
        bucket = self._known_folder("search.snapshots", snapshots.bucket, snapshots.folder)
        if bucket.region == "primary":
            raise ValueError(f"search.snapshots.bucket is {snapshots.bucket}, which is in the region that would be lost")
        writable = [
            access.folder for access in bucket.access.values() if access.workload == "elasticsearch" and access.role == "write"
        ]
        if not snapshots.folder.startswith(tuple(writable)):
            raise ValueError(
                f"search.snapshots.folder is {snapshots.folder}, but the workload elasticsearch writes to "
                f"{', '.join(writable) or 'nothing'} in {snapshots.bucket}"
            )
        return self

    @model_validator(mode="after")
    def _signers(self) -> Environment:
        for signer_id, signer in self.url_signing.signers.items():
            where = f"url_signing.signers.{signer_id}"
            if signer_id in self.identities.workloads:
                raise ValueError(f"{where} has the name of a workload; a signer does nothing but sign")
            for issuer in signer.issuers:
                _known(f"{where}.issuers", issuer, self.identities.workloads, "workload")
            for label, access in signer.access.items():
                self._known_folder(f"{where}.access.{label}", access.bucket, access.folder)
        return self

    @model_validator(mode="after")
    def _arrivals(self) -> Environment:
        for name, arrival in self.object_events.arrivals.items():
            where = f"object_events.arrivals.{name}"
            _known(f"{where}.consumer", arrival.consumer, self.identities.workloads, "workload")
            bucket = self._known_folder(where, arrival.bucket, arrival.folder)
            reached = [a.folder for a in bucket.access.values() if a.workload == arrival.consumer and a.role != "create"]
            if not arrival.folder.startswith(tuple(reached)):
                raise ValueError(
                    f"{where}.consumer is {arrival.consumer}, which cannot read {arrival.folder} in {arrival.bucket}; "
                    f"it reaches {', '.join(reached) or 'nothing'} there"
                )
        return self

    @model_validator(mode="after")
    def _served_bucket(self) -> Environment:
        _known("static_assets.released_by", self.static_assets.released_by, self.identities.workloads, "workload")
        name = self.static_assets.bucket
        bucket = self._known_bucket("static_assets.bucket", name)
        for problem in self._written_by_others(name, bucket):
            raise ValueError(
                f"{problem}, but everything in {name} is served to the whole internet; only a release puts things there"
            )
        return self

    def _written_by_others(self, name: str, bucket: Bucket) -> Iterator[str]:
        """What lets anybody but a release put objects into a bucket."""
        if name == self.storage.access_log_bucket:
            yield f"storage.access_log_bucket is {name}"
        for folder in bucket.folders:
            if "uploads" in folder.split("/"):
                yield f"storage.buckets.{name}.folders has {folder}"
        for label, access in bucket.access.items():
            if access.role != "read":
                yield f"storage.buckets.{name}.access.{label}.role is {access.role}"
        for signer_id, signer in self.url_signing.signers.items():
            if name in {access.bucket for access in signer.access.values()}:
                yield f"url_signing.signers.{signer_id} signs for {name}"

    def _known_bucket(self, where: str, bucket: str) -> Bucket:
        known = self.storage.buckets.get(bucket)
        if known is None:
            raise ValueError(f"{where} is {bucket}, which is none of storage.buckets: {', '.join(self.storage.buckets)}")
        return known

    def _known_folder(self, where: str, bucket: str, folder: str) -> Bucket:
        known = self._known_bucket(f"{where}.bucket", bucket)
        if not folder.startswith(known.folders):
            raise ValueError(
                f"{where}.folder is {folder}, which is in none of the folders of {bucket}: {', '.join(known.folders)}"
            )
        return known

    @model_validator(mode="after")
    def _workspaces(self) -> Environment:
        namespaces = self.workspaces.namespaces
        for account, workload in self.identities.workloads.items():
            namespace = (workload.kubernetes or "").partition("/")[0]
            if namespace and namespace not in namespaces:
                raise ValueError(
                    f"identities.workloads.{account}.kubernetes is {workload.kubernetes}, but workspaces.namespaces has no "
                    f"{namespace}; there are {', '.join(namespaces)}"
                )
        return self

    @model_validator(mode="after")
    def _timeseries(self) -> Environment:
        known, members = self.timeseries, self.timeseries_members
        if known.leader not in members:
            raise ValueError(
                f"timeseries.leader is {known.leader}, but no pool of kubernetes.clusters.{known.leader} has pods {MEMBERS}"
            )
        for role, has in members.items():
            where = f"kubernetes.clusters.{role}.pools.{has.pool}.pods.{MEMBERS}"
            if problem := has.problem(known.failover, role):
                raise ValueError(f"{where}.{problem}")
            quota = self._namespace(MEMBERS).quota
            each = known.volumes.data_gib + known.volumes.log_gib
            if has.count * each > quota.storage_gib:
                raise ValueError(
                    f"timeseries.volumes needs {has.count} * ({known.volumes.data_gib} + {known.volumes.log_gib}) = "
                    f"{has.count * each} GiB, but workspaces.namespaces.{MEMBERS}.quota.storage_gib is {quota.storage_gib}"
                )
        return self

    def _namespace(self, name: str) -> Namespace:
        known = self.workspaces.namespaces.get(name)
        if known is None:
            raise ValueError(f"workspaces.namespaces.{name} is missing: the time series needs it")
        return known

    @model_validator(mode="after")
    def _timeseries_backups(self) -> Environment:
        known = self.timeseries
        for key, bucket, folder, workload, roles in (
            ("bucket", known.bucket, known.repository_folder, "timescaledb", ("write",)),
            ("export_bucket", known.export_bucket, known.export_folder, "database-backup", ("create", "write")),
        ):
            where = f"timeseries.{key}"
            found = self._known_folder(where, bucket, folder)
            if found.region == "primary":
                raise ValueError(
                    f"{where} is {bucket}, which is in the primary region: it would be lost with what it is a backup of"
                )
            reached = [a.folder for a in found.access.values() if a.workload == workload and a.role in roles]
            if not folder.startswith(tuple(reached)):
                raise ValueError(
                    f"{where} is {bucket}, but the workload {workload} cannot {roles[0]} {folder} there; "
                    f"it reaches {', '.join(reached) or 'nothing'}"
                )
        if self.storage.buckets[known.bucket].retention_days:
            raise ValueError(
                f"timeseries.bucket is {known.bucket}, whose retention_days keeps every object, but pgBackRest replaces some; "
                f"set storage.buckets.{known.bucket}.retention_days to 0"
            )
        restored, quota = known.volumes.data_gib + known.volumes.log_gib, self._namespace("jobs").quota.storage_gib
        if restored > quota:
            raise ValueError(
                f"timeseries.volumes makes a restore need {known.volumes.data_gib} + {known.volumes.log_gib} = {restored} GiB, "
                f"but workspaces.namespaces.jobs.quota.storage_gib is {quota}"
            )
        for secret in PASSWORDS.values():
            if secret not in self.secrets.credentials:
                raise ValueError(f"secrets.credentials.{secret} is missing: the time series needs it")
        return self

    @model_validator(mode="after")
    def _keys(self) -> Environment:
        for data_class, role, what in self._keyed():
            if self.encryption.customer_managed and role not in self.encryption.keys[data_class].regions:
                raise ValueError(f"encryption.keys.{data_class}.regions lacks {role}, where {what} is")
        return self

    def _keyed(self) -> Iterator[tuple[str, str, str]]:
        """(class of data, region's role, what is there) of everything that needs a key in its own region."""
        for role in ("primary", "secondary"):
            yield "secrets", role, "a copy of every secret"
        yield "database", "primary", "database.zone"
        for region in self.database.replicas:
            yield "database", "secondary", f"database.replicas.{region}"
        for name, bucket in self.storage.buckets.items():
            yield "objects", bucket.region, f"storage.buckets.{name}"
        yield "analytics", self.analytics.region, "analytics"
        yield "cache", "primary", "cache.cluster"
        for region in self.cache.cluster.secondaries:
            yield "cache", "secondary", f"cache.cluster.secondaries.{region}"
        for name in ("images", "bigtable", "firestore"):
            yield name, "primary", name
        for role in self.kubernetes.clusters:
            yield "cluster", role, f"kubernetes.clusters.{role}"
            yield "backups", "secondary" if role == "primary" else "primary", f"the backup of kubernetes.clusters.{role}"


def _known(where: str, name: str, known: Collection[str], kind: str) -> None:
    """Refuses a name that stands for nothing."""
    if name not in known:
        raise ValueError(f"{where} names '{name}', which is no {kind}; there are {', '.join(known)}")
