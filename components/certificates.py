"""Certificates that Google obtains and renews, for domains whose DNS proves whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

GLOBAL = "global"
URL = "//certificatemanager.googleapis.com/"


@dataclass(frozen=True, kw_only=True)
class ManagedCertificatesArgs:
    """What `ManagedCertificates` takes."""

    name: str
    """The physical name of the map."""
    domains: Mapping[str, str]
    """The host names, each with a certificate of its own, by a short name."""
    labels: Mapping[str, str]
    """Labels on everything."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled API."""


class ManagedCertificates(pulumi.ComponentResource):
    """A certificate for each domain, and the map by which a load balancer finds it.

    One for all could not take another domain: Google replaces a certificate then, and keeps one that is in use. They are issued
    once the records in `records` are in the domains' DNS; nothing waits for that, and traffic need not have moved.
    """

    map_url: pulumi.Output[str]
    """The map as a proxy wants it, known only once it has its entries: a map without any serves no certificate."""
    records: dict[str, pulumi.Output[dict[str, str]]]
    """The CNAME record to create for each domain: name, type and data."""

    def __init__(self, name: str, args: ManagedCertificatesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:edge:ManagedCertificates", name, {}, opts)
        labels = dict(args.labels)
        inside = pulumi.ResourceOptions(parent=self)
        first = pulumi.ResourceOptions(parent=self, depends_on=args.requires)
        found = gcp.certificatemanager.CertificateMap(f"{name}-map", name=args.name, labels=labels, opts=first)
        entries: list[gcp.certificatemanager.CertificateMapEntry] = []
        self.records = {}
        for label, domain in args.domains.items():
            # Named after the domain: another one under the same label is made before this one goes.
            physical = domain.replace(".", "-")
            proof = gcp.certificatemanager.DnsAuthorization(
                f"{name}-{label}-proof", name=physical, location=GLOBAL, domain=domain, labels=labels, opts=first
            )
            certificate = gcp.certificatemanager.Certificate(
                f"{name}-{label}-certificate",
                name=physical,
                location=GLOBAL,
                managed=gcp.certificatemanager.CertificateManagedArgs(domains=[domain], dns_authorizations=[proof.id]),
                labels=labels,
                opts=inside,
            )
            entry = gcp.certificatemanager.CertificateMapEntry(
                f"{name}-{label}-entry",
                name=physical,
                map=found.name,
                hostname=domain,
                certificates=[certificate.id],
                labels=labels,
                opts=inside,
            )
            entries.append(entry)
            self.records[domain] = proof.dns_resource_records.apply(_record)
        self.map_url = pulumi.Output.all(found.id, *(entry.id for entry in entries)).apply(lambda ids: f"{URL}{ids[0]}")
        self.register_outputs({"map": self.map_url, "records": self.records})


def _record(records: Sequence[gcp.certificatemanager.outputs.DnsAuthorizationDnsResourceRecord]) -> dict[str, str]:
    """The one record that proves a domain."""
    record = records[0]
    return {"name": str(record.name), "type": str(record.type), "data": str(record.data)}
