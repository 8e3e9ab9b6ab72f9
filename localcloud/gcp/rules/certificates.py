"""Certificate Manager."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ..view import Request, invalid
from . import computed, rule

CERTIFICATE = "gcp:certificatemanager/certificate:Certificate"
DOCS = "https://cloud.google.com/certificate-manager/docs"
FULL_NAME = r"projects/[^/]+/locations/[^/]+/dnsAuthorizations/[^/]+"


@rule("certificate-proof-name", CERTIFICATE, source="https://github.com/GoogleCloudPlatform/cloud-foundation-fabric/issues/2832")
def certificate_proof_name(request: Request) -> Refusal | None:
    """A certificate names its DNS authorizations in full: `projects/…/dnsAuthorizations/…`."""
    for index, name in enumerate(request.every("managed.dnsAuthorizations[]")):
        if not re.fullmatch(FULL_NAME, str(name)):
            return invalid(f"Validation failed: managed.dns_authorizations[{index}]: invalid name: {name}.")
    return None


@rule("certificate-wildcard", CERTIFICATE, source=f"{DOCS}/domain-authorization")
def certificate_wildcard(request: Request) -> Refusal | None:
    """Only DNS proves a wildcard."""
    proved = request.get("managed.dnsAuthorizations") or request.get("managed.issuanceConfig")
    wild = [domain for domain in request.every("managed.domains[]") if str(domain).startswith("*.")]
    return invalid(f"Wildcard domain {wild[0]} needs a DNS authorization.") if wild and not proved else None


@computed(CERTIFICATE)
def certificate_names(request: Request) -> Mapping[str, Any]:
    """The names that the certificate is for."""
    return {"sanDnsnames": request.every("managed.domains[]")}
