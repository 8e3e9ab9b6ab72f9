"""Cases about load balancing, Cloud CDN and certificates: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

from typing import Any

from localcloud.gcp.naming import project_number

from .cases_storage import bucket, bucket_grant
from .parts import ADDRESS, Case, api, project_of
from .world import Res

BACKEND = "gcp:compute/backendBucket:BackendBucket"
POLICY = "gcp:compute/securityPolicy:SecurityPolicy"
URL_MAP = "gcp:compute/uRLMap:URLMap"
SSL_POLICY = "gcp:compute/sSLPolicy:SSLPolicy"
HTTPS_PROXY = "gcp:compute/targetHttpsProxy:TargetHttpsProxy"
HTTP_PROXY = "gcp:compute/targetHttpProxy:TargetHttpProxy"
FORWARDING_RULE = "gcp:compute/globalForwardingRule:GlobalForwardingRule"
PROOF = "gcp:certificatemanager/dnsAuthorization:DnsAuthorization"
CERTIFICATE = "gcp:certificatemanager/certificate:Certificate"
MAP = "gcp:certificatemanager/certificateMap:CertificateMap"
ENTRY = "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry"
EVERYBODY = {
    "action": "allow",
    "priority": 2147483647,
    "match": {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}},
}
REDIRECT = {"defaultUrlRedirect": {"httpsRedirect": True, "stripQuery": False}}


def named(project: str, kind: str, name: str) -> str:
    return f"projects/{project}/global/{kind}/{name}"


def backend(bucket_name: str, **extra: Any) -> Res:
    return Res("backend", BACKEND, {"name": "backend", "bucketName": bucket_name, "enableCdn": True, **extra})


def policy(**extra: Any) -> Res:
    return Res("policy", POLICY, {"name": "policy", **extra})


def served(bucket_name: str) -> list[Res]:
    return [api("compute"), api("storage"), bucket(bucket_name)]


def certificates(project: str) -> list[Res]:
    """A certificate in a map."""
    place = f"projects/{project}/locations/global"
    managed = {"domains": ["a.example.com"], "dnsAuthorizations": [f"{place}/dnsAuthorizations/a"]}
    entry = {"name": "a", "map": "map", "hostname": "a.example.com", "certificates": [f"{place}/certificates/a"]}
    return [
        api("certificatemanager"),
        Res("proof", PROOF, {"name": "a", "location": "global", "domain": "a.example.com"}),
        Res("certificate", CERTIFICATE, {"name": "a", "location": "global", "managed": managed}),
        Res("map", MAP, {"name": "map"}),
        Res("entry", ENTRY, entry),
    ]


def proxies(project: str, bucket_name: str) -> list[Res]:
    """Everything between an address and a bucket but what listens; `redirect` is what HTTP gets."""
    routes, redirect = (named(project, "urlMaps", name) for name in ("routes", "redirect"))
    with_map = f"//certificatemanager.googleapis.com/projects/{project}/locations/global/certificateMaps/map"
    return [
        *served(bucket_name),
        *certificates(project),
        backend(bucket_name),
        Res("routes", URL_MAP, {"name": "routes", "defaultService": named(project, "backendBuckets", "backend")}),
        Res("redirect", URL_MAP, {"name": "redirect", **REDIRECT}),
        Res("https", HTTPS_PROXY, {"name": "https", "urlMap": routes, "certificateMap": with_map}),
        Res("http", HTTP_PROXY, {"name": "http", "urlMap": redirect}),
        Res("address", ADDRESS, {"name": "address"}),
    ]


def listener(project: str, title: str = "listen-https", **extra: Any) -> Res:
    inputs = {
        "name": title,
        "loadBalancingScheme": "EXTERNAL_MANAGED",
        "ipAddress": named(project, "addresses", "address"),
        "portRange": "443",
        "target": named(project, "targetHttpsProxies", "https"),
    }
    return Res(title, FORWARDING_RULE, {**inputs, **extra})


def _one(rule: str, says: str, setup: list[Res], wrong: Res, right: Res) -> Case:
    return Case(rule=rule, project=project_of(rule), setup=setup, bad=[*setup, wrong], good=[*setup, right], says=says)


def _agent() -> Case:
    """Rule 30: nobody to grant to before there is a backend bucket."""
    p, name = "p-https-lb-agent", "b-https-lb-agent"
    setup = served(name)
    grant = bucket_grant(name, member=f"serviceAccount:service-{project_number(p)}@https-lb.iam.gserviceaccount.com")
    bad, good = [*setup, grant], [*setup, backend(name), grant]
    return Case(rule="member-exists", project=p, setup=setup, bad=bad, good=good, says="https-lb.* does not exist")


def _backends() -> list[Case]:
    cases: list[Case] = []
    for rule, says, wrong, right in (
        ("cdn-ttl", "CACHE_ALL_STATIC cache_mode only", {"cdnPolicy": {"cacheMode": "FORCE_CACHE_ALL", "maxTtl": 60}},
         {"cdnPolicy": {"cacheMode": "FORCE_CACHE_ALL", "defaultTtl": 60}}),
        ("cdn-internal", "cannot be enabled", {"loadBalancingScheme": "INTERNAL_MANAGED"},
         {"loadBalancingScheme": "INTERNAL_MANAGED", "enableCdn": False}),
    ):  # fmt: skip
        cases.append(_one(rule, says, served(f"b-{rule}"), backend(f"b-{rule}", **wrong), backend(f"b-{rule}", **right)))
    rule = "edge-policy-type"
    setup = [*served(f"b-{rule}"), policy(), Res("edge", POLICY, {"name": "edge", "type": "CLOUD_ARMOR_EDGE"})]
    pair = [
        backend(f"b-{rule}", edgeSecurityPolicy=named(project_of(rule), "securityPolicies", name)) for name in ("policy", "edge")
    ]
    return [*cases, _one(rule, "must be of type CLOUD_ARMOR_EDGE", setup, *pair)]


def _policies() -> list[Case]:
    few = {**EVERYBODY, "priority": 1000}
    edge: dict[str, Any] = {"type": "CLOUD_ARMOR_EDGE"}
    setup = [api("compute")]
    rule = "ssl-policy"
    versions = [
        Res("tls", SSL_POLICY, {"name": "tls", "minTlsVersion": "TLS_1_3", "profile": p}) for p in ("MODERN", "RESTRICTED")
    ]
    return [
        _one("security-policy-rules", "must always be present", setup, policy(rules=[few]), policy(rules=[few, EVERYBODY])),
        _one("security-policy-options", "only supported", setup, policy(**edge, advancedOptionsConfig={"logLevel": "VERBOSE"}), policy(**edge)),
        _one(rule, "only supported with profile RESTRICTED", setup, *versions),
    ]  # fmt: skip


def _proxies() -> list[Case]:
    rule = "proxy-certificate"
    p = project_of(rule)
    setup = [part for part in proxies(p, f"b-{rule}") if part.name != "https"]
    https = next(part for part in proxies(p, f"b-{rule}") if part.name == "https")
    bare = Res("https", HTTPS_PROXY, {**https.inputs, "certificateMap": None})
    cases = [_one(rule, "must be specified", setup, bare, https)]
    rule = "https-redirect"
    p = project_of(rule)
    setup = [part for part in proxies(p, f"b-{rule}") if part.name != "https"]
    https = next(part for part in proxies(p, f"b-{rule}") if part.name == "https")
    around = Res("https", HTTPS_PROXY, {**https.inputs, "urlMap": named(p, "urlMaps", "redirect")})
    return [*cases, _one(rule, "httpsRedirect is not permitted", setup, around, https)]


def _listeners() -> list[Case]:
    cases: list[Case] = []
    rule = "forwarding-rule-port"
    p = project_of(rule)
    setup = proxies(p, f"b-{rule}")
    cases.append(_one(rule, "Exactly one port", setup, listener(p, portRange="80-443"), listener(p)))
    rule = "forwarding-rule-address"
    p = project_of(rule)
    setup = [
        *proxies(p, f"b-{rule}"),
        Res("inside", ADDRESS, {"name": "inside", "addressType": "INTERNAL", "address": "10.0.0.9"}),
    ]
    cases.append(
        _one(rule, "not an external address", setup, listener(p, ipAddress=named(p, "addresses", "inside")), listener(p))
    )
    rule = "forwarding-rule-conflict"
    p = project_of(rule)
    setup = [*proxies(p, f"b-{rule}"), listener(p)]
    pair = [listener(p, "second", portRange=port) for port in ("443", "8443")]
    cases.append(_one(rule, "in-use and would result in a conflict", setup, *pair))
    rule = "address-in-use"
    p = project_of(rule)
    setup = [*proxies(p, f"b-{rule}"), listener(p)]
    without = [part for part in setup if part.name != "address"]
    cases.append(Case(rule=rule, project=p, setup=setup, bad=without, good=without[:-1], says="is already being used by"))
    return cases


def _certificates() -> list[Case]:
    rule = "certificate-proof-name"
    parts = certificates(project_of(rule))
    short = {"domains": ["a.example.com"], "dnsAuthorizations": ["a"]}
    bad = Res("certificate", CERTIFICATE, {**parts[2].inputs, "managed": short})
    proof = _one(rule, "invalid name", parts[:2], bad, parts[2])
    rule = "certificate-wildcard"
    setup = [api("certificatemanager")]
    pair = [
        Res("wild", CERTIFICATE, {"name": "w", "location": "global", "managed": {"domains": [d]}})
        for d in ("*.example.com", "example.com")
    ]
    return [proof, _one(rule, "needs a DNS authorization", setup, *pair)]


EDGE_CASES: tuple[Case, ...] = (_agent(), *_backends(), *_policies(), *_proxies(), *_listeners(), *_certificates())
