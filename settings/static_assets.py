"""Static assets: a bucket that the whole internet reads, through Cloud CDN and nothing else."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from .section import Cidr, ResourceName, Section, setting

CDN = "https://cloud.google.com/cdn/docs"
ARMOR = "https://cloud.google.com/armor/docs/security-policy-overview#edge-policies"
TLS = "https://cloud.google.com/load-balancing/docs/ssl-policies-concepts"

Domain = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$", max_length=63)]
"""A host name, such as assets.alphintra.com; at most 63 characters, since certificates are named after it."""
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""A country by its two letters, as in ISO 3166."""


class Cache(Section):
    """How long copies of an asset are kept."""

    mode: Literal["FORCE_CACHE_ALL", "CACHE_ALL_STATIC"] = setting("FORCE_CACHE_ALL", f"{CDN}/caching#cache-modes")
    """FORCE_CACHE_ALL: everything, which is right where everything is public. CACHE_ALL_STATIC: only what is not marked private,
    and objects of a private bucket that say nothing are marked so."""
    edge_seconds: int = setting(3600, f"§12.2, {CDN}/using-ttl-overrides", unit="seconds", ge=0, le=31_622_400)
    """How long Google's edge keeps a copy."""
    browser_seconds: int = setting(3600, f"§12.2, {CDN}/using-ttl-overrides", unit="seconds", ge=0, le=86400)
    """How long a browser keeps a copy. A copy in a browser cannot be called back."""
    longest_seconds: int = setting(86400, f"{CDN}/using-ttl-overrides", unit="seconds", ge=0, le=31_622_400)
    """The longest that an object may ask for by itself; with CACHE_ALL_STATIC, since nobody asks under FORCE_CACHE_ALL."""
    stale_seconds: int = setting(86400, f"{CDN}/serving-stale-content", unit="seconds", ge=0, le=604800)
    """How much longer the edge serves a copy while it cannot get a new one."""

    @model_validator(mode="after")
    def _in_order(self) -> Cache:
        if self.browser_seconds > self.edge_seconds:
            raise ValueError(
                f"browser_seconds is {self.browser_seconds}, but edge_seconds is {self.edge_seconds}: "
                "a browser must not keep what the edge has long replaced"
            )
        if self.mode == "CACHE_ALL_STATIC" and self.longest_seconds < self.edge_seconds:
            raise ValueError(f"longest_seconds is {self.longest_seconds}, but edge_seconds is {self.edge_seconds}")
        return self


class Tls(Section):
    """What TLS browsers must speak."""

    profile: Literal["MODERN", "RESTRICTED"] = setting("RESTRICTED", f"§9.1, {TLS}")
    """Which ciphers: RESTRICTED has those with forward secrecy alone."""
    oldest: Literal["TLS_1_2", "TLS_1_3"] = setting("TLS_1_2", f"§9.1, {TLS}")
    """The oldest version."""

    @model_validator(mode="after")
    def _fits(self) -> Tls:
        if self.oldest == "TLS_1_3" and self.profile != "RESTRICTED":
            raise ValueError(f"oldest is TLS_1_3, but profile is {self.profile}; Google takes TLS 1.3 with RESTRICTED alone")
        return self


class EdgePolicy(Section):
    """Who is turned away at the edge, before the cache is asked."""

    enabled: bool = setting(True, ARMOR)
    """Whether there is such a policy, for a few dollars a month."""
    denied_ranges: tuple[Cidr, ...] = setting((), ARMOR)
    """Address ranges that are turned away."""
    denied_countries: tuple[Country, ...] = setting((), ARMOR)
    """Countries that are turned away."""

    @model_validator(mode="after")
    def _reaches_something(self) -> EdgePolicy:
        if not self.enabled and (self.denied_ranges or self.denied_countries):
            raise ValueError("enabled is false, but denied_ranges or denied_countries name somebody: nobody would be turned away")
        return self


class StaticAssets(Section):
    """What the platform's web pages are made of."""

    name: ResourceName = setting("alphintra-static-assets", "design")
    """The name of the load balancer and its parts."""
    bucket: ResourceName = setting("static-assets", "§7.1")
    """The bucket, one of `storage.buckets`. Everything in it is public: `released_by` alone writes to it, and no user uploads."""
    released_by: str = setting("frontend-release", "§9.2")
    """The workload, one of `identities.workloads`, that puts a release's assets there."""
    domains: dict[ResourceName, Domain] = setting(
        {"assets": "assets.alphintra.com"}, "§15.5: API gateway and frontends read through the CDN", min_length=1
    )
    """The host names, by a short name of each. The stack exports the DNS records to create for them."""
    cache: Cache = Cache()
    """Caching (§12.2)."""
    compress: bool = setting(True, f"{CDN}/dynamic-compression")
    """Whether text is compressed for browsers that take it."""
    hsts_days: int = setting(365, "https://hstspreload.org, OWASP", unit="days", ge=1, le=730)
    """How long a browser remembers to come by HTTPS only."""
    tls: Tls = Tls()
    """TLS."""
    edge: EdgePolicy = EdgePolicy()
    """Cloud Armor at the edge."""

    @model_validator(mode="after")
    def _distinct(self) -> StaticAssets:
        names = list(self.domains.values())
        twice = sorted({domain for domain in names if names.count(domain) > 1})
        if twice:
            raise ValueError(f"domains names {twice[0]} twice")
        if len(self.name) > 50:
            raise ValueError(
                f"name is {self.name}, {len(self.name)} characters; its parts add to it, and Google takes 63: 50 at most"
            )
        return self
