"""A whole environment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from . import together
from .analytics import Analytics
from .audit import Audit
from .budget import Budget
from .cache import Cache
from .database import Database
from .encryption import Encryption
from .governance import Governance
from .identity import Identities
from .images import Images
from .kubernetes import Kubernetes, Pod
from .migrations import Migrations
from .monitoring import Monitoring
from .network import Network
from .object_events import ObjectEvents
from .objectives import Objectives
from .optional_stores import Bigtable, Firestore
from .platform import Labels, Project, Protection, Regions
from .pooling import POD, Pooling
from .search import Search
from .secret import Secrets
from .section import Role, Section, setting
from .static_assets import StaticAssets
from .storage import Storage
from .timeseries import MEMBERS, Members, TimeSeries
from .url_signing import UrlSigning
from .verification import CacheVerification, Verification
from .workspaces import Workspaces

Profile = Literal["dev", "staging", "prod"]


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
    verification: Verification = Verification()
    """The proof that the main database's backups can be brought back."""
    migrations: Migrations = Migrations()
    """Migrations of the databases."""
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
    def database_instances(self) -> dict[str, str]:
        """The physical names of the main database's instances, by region: of the one that is in the primary region, and of the
        replica in the other, whichever of them serves."""
        database, rebuilds = self.database, self.database.failover.rebuilds
        bases: dict[str, tuple[str, Role]] = {self.regions.primary: (database.name, "primary")}
        bases |= {region: (f"{database.replica_name}-{region}", "secondary") for region in database.replicas}
        return {
            region: self.named(f"{base}-r{rebuilds[role]}" if rebuilds.get(role) else base)
            for region, (base, role) in bases.items()
        }

    @property
    def serving_region(self) -> str:
        """The region whose instance of the main database takes writes."""
        return getattr(self.regions, self.database.failover.serving)

    @property
    def database_followers(self) -> list[str]:
        """The regions whose instance follows the one that serves."""
        if self.database.failover.other == "fenced":
            return []
        return [region for region in self.database_instances if region != self.serving_region]

    @property
    def cache_clusters(self) -> dict[str, str]:
        """The physical names of the cache's clusters, by region, whichever of them serves."""
        name = self.cache.cluster.name
        return {self.regions.primary: name, **{region: f"{name}-{region}" for region in self.cache.cluster.secondaries}}

    @property
    def cache_region(self) -> str:
        """The region whose cluster of the cache takes writes."""
        return getattr(self.regions, self.cache.cluster.serving)

    @property
    def session_stores(self) -> dict[str, str]:
        """The physical names of the session stores, by region, whichever of them serves."""
        name = self.cache.sessions.name
        return {self.regions.primary: name, **{region: f"{name}-{region}" for region in self.cache.sessions.secondaries}}

    @property
    def sessions_region(self) -> str:
        """The region whose session store takes writes."""
        return getattr(self.regions, self.cache.sessions.serving)

    @property
    def verified_caches(self) -> dict[Literal["cluster", "sessions"], tuple[str, CacheVerification]]:
        """The stores in Memorystore whose backups are brought back: their physical names, and how that is done. Without an image
        of our own there is nothing to do it."""
        cluster, sessions, known = self.cache.cluster, self.cache.sessions, self.verification
        found: dict[Literal["cluster", "sessions"], tuple[str, CacheVerification]] = {}
        if self.images.jobs is not None and cluster.backups is not None:
            found["cluster"] = (self.cache_clusters[self.regions.primary], known.cache)
        if self.images.jobs is not None and sessions.backups is not None:
            found["sessions"] = (self.session_stores[self.regions.primary], known.sessions)
        return found

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
    def _agrees_with_itself(self) -> Environment:
        for check in together.CHECKS:
            check(self)
        return self
