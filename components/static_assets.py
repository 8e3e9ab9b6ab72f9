"""Static assets: a private bucket, behind Cloud CDN and a global load balancer that speaks TLS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_gcp as gcp

import settings.static_assets as spec

from .certificates import ManagedCertificates, ManagedCertificatesArgs
from .durations import DAY

READ = "roles/storage.objectViewer"
WRITE = "roles/storage.objectUser"
LAST = 2147483647
"""The priority of a policy's last rule, which every policy has."""
RANGES_IN_A_RULE = 10
GLOBAL = "EXTERNAL_MANAGED"


@dataclass(frozen=True, kw_only=True)
class StaticAssetsArgs:
    """What `StaticAssets` takes."""

    settings: spec.StaticAssets
    bucket: gcp.storage.Bucket
    """The bucket that is served."""
    releaser: pulumi.Input[str]
    """The member that puts a release's assets there."""
    labels: Mapping[str, str]
    """Labels on what takes labels."""
    protect: bool
    """Whether the address refuses to be deleted: DNS points at it."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class StaticAssets(pulumi.ComponentResource):
    """HTTPS for everybody, HTTP only to be sent on; the bucket itself stays closed to all but the load balancer."""

    APIS = ("compute.googleapis.com", "certificatemanager.googleapis.com")

    address: gcp.compute.GlobalAddress
    """Where the domains' A records point."""
    backend: gcp.compute.BackendBucket
    """The bucket as the load balancer sees it."""
    contract: dict[str, Any]
    """What the owner of the DNS zone creates, and what the publisher of assets writes to."""

    def __init__(self, name: str, args: StaticAssetsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:edge:StaticAssets", name, {}, opts)
        known = args.settings
        inside = pulumi.ResourceOptions(parent=self)
        first = pulumi.ResourceOptions(parent=self, depends_on=args.requires)
        self.backend = gcp.compute.BackendBucket(
            f"{name}-backend",
            name=known.name,
            bucket_name=args.bucket.name,
            enable_cdn=True,
            cdn_policy=_caching(known.cache),
            compression_mode="AUTOMATIC" if known.compress else "DISABLED",
            custom_response_headers=[
                f"Strict-Transport-Security: max-age={known.hsts_days * DAY}; includeSubDomains",
                "X-Content-Type-Options: nosniff",
                "Referrer-Policy: strict-origin-when-cross-origin",
            ],
            edge_security_policy=self._edge_policy(name, args).id if known.edge.enabled else None,
            opts=first,
        )
        # Google makes this agent together with the project's first backend bucket: before it, there is nobody to grant to.
        agent = pulumi.Output.format("serviceAccount:service-{0}@https-lb.iam.gserviceaccount.com", args.bucket.project_number)
        gcp.storage.BucketIAMMember(
            f"{name}-reader",
            bucket=args.bucket.name,
            role=READ,
            member=agent,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.backend]),
        )
        gcp.storage.BucketIAMMember(f"{name}-releaser", bucket=args.bucket.name, role=WRITE, member=args.releaser, opts=inside)
        certificates = ManagedCertificates(
            f"{name}-certificates",
            ManagedCertificatesArgs(name=known.name, domains=known.domains, labels=args.labels, requires=args.requires),
            opts=inside,
        )
        self.address = gcp.compute.GlobalAddress(
            f"{name}-address",
            name=known.name,
            address_type="EXTERNAL",
            ip_version="IPV4",
            labels=dict(args.labels),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
        )
        tls = gcp.compute.SSLPolicy(
            f"{name}-tls", name=known.name, profile=known.tls.profile, min_tls_version=known.tls.oldest, opts=first
        )
        assets = gcp.compute.URLMap(f"{name}-routes", name=known.name, default_service=self.backend.id, opts=inside)
        https = gcp.compute.TargetHttpsProxy(
            f"{name}-https",
            name=f"{known.name}-https",
            url_map=assets.id,
            certificate_map=certificates.map_url,
            ssl_policy=tls.id,
            quic_override="ENABLE",
            opts=inside,
        )
        self._listen(f"{name}-listen-https", f"{known.name}-https", "443", https.id, args)
        redirect = gcp.compute.URLMap(
            f"{name}-redirect",
            name=f"{known.name}-redirect",
            default_url_redirect=gcp.compute.URLMapDefaultUrlRedirectArgs(
                https_redirect=True, strip_query=False, redirect_response_code="MOVED_PERMANENTLY_DEFAULT"
            ),
            opts=first,
        )
        http = gcp.compute.TargetHttpProxy(f"{name}-http", name=f"{known.name}-http", url_map=redirect.id, opts=inside)
        self._listen(f"{name}-listen-http", f"{known.name}-http", "80", http.id, args)
        self.contract = {
            "bucket": args.bucket.name,
            "address": self.address.address,
            "domains": list(known.domains.values()),
            "dnsAuthorizations": certificates.records,
        }
        self.register_outputs(self.contract)

    def _listen(self, name: str, rule: str, port: str, target: pulumi.Input[str], args: StaticAssetsArgs) -> None:
        gcp.compute.GlobalForwardingRule(
            name,
            name=rule,
            load_balancing_scheme=GLOBAL,
            ip_address=self.address.id,
            ip_protocol="TCP",
            port_range=port,
            target=target,
            labels=dict(args.labels),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _edge_policy(self, name: str, args: StaticAssetsArgs) -> gcp.compute.SecurityPolicy:
        return gcp.compute.SecurityPolicy(
            f"{name}-edge",
            name=f"{args.settings.name}-edge",
            type="CLOUD_ARMOR_EDGE",
            description="Who is turned away before the cache is asked",
            rules=list(_edge_rules(args.settings.edge)),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        )


def _caching(cache: spec.Cache) -> gcp.compute.BackendBucketCdnPolicyArgs:
    return gcp.compute.BackendBucketCdnPolicyArgs(
        cache_mode=cache.mode,
        default_ttl=cache.edge_seconds,
        client_ttl=cache.browser_seconds,
        max_ttl=cache.longest_seconds if cache.mode == "CACHE_ALL_STATIC" else None,
        serve_while_stale=cache.stale_seconds,
        negative_caching=True,
        request_coalescing=True,
    )


def _edge_rules(policy: spec.EdgePolicy) -> Iterator[gcp.compute.SecurityPolicyRuleArgs]:
    """Ranges first, ten to a rule, then countries, then everybody else."""
    ranges = [str(part) for part in policy.denied_ranges]
    for start in range(0, len(ranges), RANGES_IN_A_RULE):
        yield _rule("deny(403)", 1000 + start, "Address ranges", ranges=ranges[start : start + RANGES_IN_A_RULE])
    for index, country in enumerate(policy.denied_countries):
        yield _rule("deny(403)", 20000 + index, f"Country {country}", expression=f"origin.region_code == '{country}'")
    yield _rule("allow", LAST, "Everybody else", ranges=["*"])


def _rule(
    action: str, priority: int, description: str, *, ranges: Sequence[str] = (), expression: str = ""
) -> gcp.compute.SecurityPolicyRuleArgs:
    match = gcp.compute.SecurityPolicyRuleMatchArgs(
        versioned_expr="SRC_IPS_V1" if ranges else None,
        config=gcp.compute.SecurityPolicyRuleMatchConfigArgs(src_ip_ranges=list(ranges)) if ranges else None,
        expr=gcp.compute.SecurityPolicyRuleMatchExprArgs(expression=expression) if expression else None,
    )
    return gcp.compute.SecurityPolicyRuleArgs(action=action, priority=priority, description=description, match=match)
