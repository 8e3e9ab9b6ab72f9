"""Load balancing and Cloud CDN: what goes together from the address to the bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ...store import Row
from ...values import at
from ..naming import path_of
from ..view import Request, invalid
from . import rule
from .network import ADDRESS

BACKEND = "gcp:compute/backendBucket:BackendBucket"
POLICY = "gcp:compute/securityPolicy:SecurityPolicy"
SSL_POLICY = "gcp:compute/sSLPolicy:SSLPolicy"
HTTP_PROXY = "gcp:compute/targetHttpProxy:TargetHttpProxy"
HTTPS_PROXY = "gcp:compute/targetHttpsProxy:TargetHttpsProxy"
FORWARDING_RULE = "gcp:compute/globalForwardingRule:GlobalForwardingRule"
API = "https://cloud.google.com/compute/docs/reference/rest/v1"
LB = "https://cloud.google.com/load-balancing/docs"
TTL = "https://github.com/hashicorp/terraform-provider-google/issues"
LAST = 2147483647


def _wrong(field: str, value: object, why: str) -> Refusal:
    return invalid(f"Invalid value for field 'resource.{field}': '{value}'. {why}")


@rule("cdn-ttl", BACKEND, source=f"{TTL}/16935, {TTL}/18860")
def cdn_ttl(request: Request) -> Refusal | None:
    """Each cache mode takes its own lifetimes: no longest one but for CACHE_ALL_STATIC, none at all for USE_ORIGIN_HEADERS."""
    mode = request.get("cdnPolicy.cacheMode", "CACHE_ALL_STATIC")
    for name, spelled in (("maxTtl", "max_ttl"), ("defaultTtl", "default_ttl"), ("clientTtl", "client_ttl")):
        value = request.get(f"cdnPolicy.{name}")
        if value is None:
            continue
        if mode == "USE_ORIGIN_HEADERS":
            return _wrong(f"cdnPolicy.{name}", value, f"{spelled} cannot be specified with USE_ORIGIN_HEADERS cache_mode.")
        if name == "maxTtl" and mode != "CACHE_ALL_STATIC":
            return _wrong(f"cdnPolicy.{name}", value, "max_ttl must be specified with CACHE_ALL_STATIC cache_mode only.")
    return None


@rule("cdn-internal", BACKEND, source=f"{API}/backendBuckets")
def cdn_internal(request: Request) -> Refusal | None:
    """An internal load balancer has no CDN."""
    if request.get("enableCdn") is True and request.get("loadBalancingScheme") == "INTERNAL_MANAGED":
        return _wrong("enableCdn", "true", "Cloud CDN cannot be enabled when loadBalancingScheme is INTERNAL_MANAGED.")
    return None


@rule("edge-policy-type", BACKEND, source="https://cloud.google.com/armor/docs/security-policy-overview#edge-policies")
def edge_policy_type(request: Request) -> Refusal | None:
    """A backend bucket takes a security policy for the edge, and no other."""
    value = request.get("edgeSecurityPolicy")
    row = request.target(request.type.references[1], value)[1] if value else None
    if row is None or row.properties.get("type") == "CLOUD_ARMOR_EDGE":
        return None
    return _wrong("edgeSecurityPolicy", value, "The security policy must be of type CLOUD_ARMOR_EDGE.")


@rule("security-policy-rules", POLICY, source=f"{API}/securityPolicies")
def security_policy_rules(request: Request) -> Refusal | None:
    """The rules of a policy have priorities of their own, and the last one matches everybody."""
    given = request.every("rules[]")
    priorities = [at(entry, "priority") for entry in given]
    twice = sorted({priority for priority in priorities if priorities.count(priority) > 1})
    if twice:
        return _wrong("rules", twice[0], "Cannot have rules with the same priorities.")
    last = next((entry for entry in given if at(entry, "priority") == LAST), None)
    if given and (last is None or at(last, "match.config.srcIpRanges") != ["*"]):
        return _wrong("rules", "", f"A default rule with priority {LAST} and match '*' must always be present.")
    return None


@rule("security-policy-options", POLICY, source="https://github.com/GoogleCloudPlatform/terraform-google-cloud-armor/issues/38")
def security_policy_options(request: Request) -> Refusal | None:
    """Advanced options are for policies of backends alone."""
    if request.get("advancedOptionsConfig") is None or request.get("type", "CLOUD_ARMOR") == "CLOUD_ARMOR":
        return None
    why = "Advanced options for Cloud Armor are currently only supported for security policies with CLOUD_ARMOR type."
    return _wrong("advancedOptionsConfig", "", why)


@rule("ssl-policy", SSL_POLICY, source=f"{LB}/ssl-policies-concepts")
def ssl_policy(request: Request) -> Refusal | None:
    """Ciphers are listed for the profile CUSTOM and no other; TLS 1.3 as the oldest goes with RESTRICTED."""
    profile, listed = request.get("profile"), request.get("customFeatures", [])
    if bool(listed) != (profile == "CUSTOM"):
        return _wrong(
            "customFeatures",
            ", ".join(listed),
            f"Custom features {'must' if not listed else 'must not'} be specified with profile {profile}.",
        )
    if request.get("minTlsVersion") == "TLS_1_3" and profile != "RESTRICTED":
        return _wrong("minTlsVersion", "TLS_1_3", f"TLS_1_3 is only supported with profile RESTRICTED, got {profile}.")
    return None


@rule("proxy-certificate", HTTPS_PROXY, source=f"{LB}/https#certificates")
def proxy_certificate(request: Request) -> Refusal | None:
    """An HTTPS proxy has a certificate, or a map of them by its full name with the service in front."""
    found = request.get("certificateMap")
    if found and not str(found).startswith("//certificatemanager.googleapis.com/projects/"):
        return _wrong("certificateMap", found, "The URL is malformed.")
    if found or request.get("sslCertificates") or request.get("certificateManagerCertificates"):
        return None
    return _wrong("sslCertificates", "", "At least one SSL certificate, or a certificate map, must be specified.")


@rule("https-redirect", HTTPS_PROXY, source=f"{API}/urlMaps")
def https_redirect(request: Request) -> Refusal | None:
    """What came by HTTPS is not sent to HTTPS again."""
    row = request.target(request.type.references[0], request.get("urlMap"))[1]
    if row is None or at(row.properties, "defaultUrlRedirect.httpsRedirect") is not True:
        return None
    return _wrong("urlMap", request.get("urlMap"), "httpsRedirect is not permitted in a URL map of a target HTTPS proxy.")


@rule("forwarding-rule-port", FORWARDING_RULE, source=f"{LB}/forwarding-rule-concepts#port_specifications")
def forwarding_rule_port(request: Request) -> Refusal | None:
    """A forwarding rule has exactly one port; a classic one has 443, or 80 and 8080 without TLS."""
    said = str(request.get("portRange") or "")
    first, _, end = said.partition("-")
    if not first.isdigit() or (end or first) != first or not 1 <= int(first) <= 65535:
        return _wrong("portRange", said, "Exactly one port must be specified.")
    secure = "/targetHttpsProxies/" in str(request.get("target"))
    if request.get("loadBalancingScheme") == "EXTERNAL" and first not in (("443",) if secure else ("80", "8080")):
        return _wrong("portRange", said, f"Port {first} is not allowed for a target {'HTTPS' if secure else 'HTTP'} proxy.")
    return None


@rule("forwarding-rule-address", FORWARDING_RULE, source=f"{LB}/forwarding-rule-concepts#ip_address_specifications")
def forwarding_rule_address(request: Request) -> Refusal | None:
    """What listens to the internet has an external address."""
    row = _address(request, request.new)
    if row is None or row.properties.get("addressType", "EXTERNAL") == "EXTERNAL":
        return None
    return _wrong("IPAddress", request.get("ipAddress"), "Specified IP address is not an external address.")


@rule("forwarding-rule-conflict", FORWARDING_RULE, verbs=("create",), source=f"{API}/globalForwardingRules")
def forwarding_rule_conflict(request: Request) -> Refusal | None:
    """Two rules never listen to one port of one address."""
    mine = _listens(request, request.new)
    for row in request.cloud.all(FORWARDING_RULE, request.project):
        if mine[0] and _listens(request, row.properties) == mine:
            return _wrong("IPAddress", mine[0], "Specified IP address is in-use and would result in a conflict.")
    return None


@rule("address-in-use", ADDRESS, verbs=("delete",), source=f"{API}/globalAddresses")
def address_in_use(request: Request) -> Refusal | None:
    """An address that something listens on is not released."""
    for row in request.cloud.all(FORWARDING_RULE, request.project):
        holder = _address(request, row.properties)
        if holder is not None and holder.name == request.name:
            return invalid(
                f"The global_address resource '{request.path}' is already being used by '{row.name.split('/', 3)[-1]}'",
                "resourceInUseByAnotherResource",
            )
    return None


def _address(request: Request, rule_: Mapping[str, Any]) -> Row | None:
    """The reserved address of a forwarding rule, which names it by path, link, name or number."""
    said = str(rule_.get("ipAddress") or "")
    for row in request.cloud.all(ADDRESS, request.project):
        path = row.name.split("/", 3)[-1]
        if path_of(said) == path or said in (row.config.get("name"), row.properties.get("address")):
            return row
    return None


def _listens(request: Request, rule_: Mapping[str, Any]) -> tuple[str, str]:
    """The address and the port of a forwarding rule."""
    row = _address(request, rule_)
    said = str(rule_.get("ipAddress") or "")
    return (str(row.properties.get("address")) if row else said), str(rule_.get("portRange")).partition("-")[0]
