"""Static assets: what the internet reaches, what it does not, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.gcp.naming import project_number
from localcloud.values import every

from ..environments import of_type, recorded, resources
from ..settings.refusals import refusal

PLACE = "projects/alphintra-prod/global"
NAME = "alphintra-static-assets"
HOUR, DAY = 3600, 86400


def part(role: str, environment: str = "prod", over: dict[str, Any] | None = None) -> dict[str, Any]:
    return resources(environment, over)[f"static-assets-{role}"].inputs


# -- from the bucket to the cache


def test_the_bucket_is_cached_and_stays_private() -> None:
    backend = part("backend")
    assert (backend["bucketName"], backend["enableCdn"], backend["compressionMode"]) == (NAME, True, "AUTOMATIC")
    assert backend["cdnPolicy"] == {
        "cacheMode": "FORCE_CACHE_ALL", "defaultTtl": HOUR, "clientTtl": HOUR, "serveWhileStale": DAY,
        "negativeCaching": True, "requestCoalescing": True,
    }  # fmt: skip
    assert resources("prod")["storage-static-assets:Bucket"].inputs["publicAccessPrevention"] == "enforced"
    readers = [known.inputs for known in of_type("prod", "BucketIAMMember") if known.inputs["bucket"] == NAME]
    agent = f"serviceAccount:service-{project_number('alphintra-prod')}@https-lb.iam.gserviceaccount.com"
    release = "serviceAccount:frontend-release@alphintra-prod.iam.gserviceaccount.com"
    granted = {(grant["role"], grant["member"]) for grant in readers}
    assert granted == {("roles/storage.objectViewer", agent), ("roles/storage.objectUser", release)}, "nobody else"


def test_the_grant_waits_for_the_backend_bucket_which_makes_the_agent() -> None:
    assert resources("prod")["static-assets-backend"].urn in resources("prod")["static-assets-reader"].dependencies


def test_headers_on_every_answer() -> None:
    assert part("backend")["customResponseHeaders"] == [
        "Strict-Transport-Security: max-age=31536000; includeSubDomains",
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: strict-origin-when-cross-origin",
    ]


def test_the_longest_lifetime_is_said_only_where_google_takes_it() -> None:
    over = {"static_assets": {"cache": {"mode": "CACHE_ALL_STATIC"}}}
    assert part("backend", over=over)["cdnPolicy"]["maxTtl"] == DAY
    assert "maxTtl" not in part("backend")["cdnPolicy"]


# -- the edge


def test_https_for_everybody() -> None:
    listener, proxy = part("listen-https"), part("https")
    assert (listener["portRange"], listener["loadBalancingScheme"]) == ("443", "EXTERNAL_MANAGED")
    assert listener["ipAddress"] == f"{PLACE}/addresses/{NAME}"
    assert listener["target"] == f"{PLACE}/targetHttpsProxies/{NAME}-https"
    assert proxy["urlMap"] == f"{PLACE}/urlMaps/{NAME}"
    assert part("routes")["defaultService"] == f"{PLACE}/backendBuckets/{NAME}"
    assert proxy["sslPolicy"] == f"{PLACE}/sslPolicies/{NAME}"
    assert (part("tls")["minTlsVersion"], part("tls")["profile"]) == ("TLS_1_2", "RESTRICTED")


def test_http_only_to_be_sent_on() -> None:
    listener = part("listen-http")
    assert (listener["portRange"], listener["ipAddress"]) == ("80", f"{PLACE}/addresses/{NAME}"), "the same address"
    assert listener["target"] == f"{PLACE}/targetHttpProxies/{NAME}-http"
    assert part("http")["urlMap"] == f"{PLACE}/urlMaps/{NAME}-redirect"
    assert part("redirect")["defaultUrlRedirect"] == {
        "httpsRedirect": True, "stripQuery": False, "redirectResponseCode": "MOVED_PERMANENTLY_DEFAULT",
    }  # fmt: skip
    assert "defaultService" not in part("redirect")


@pytest.mark.parametrize(
    ("environment", "domain"),
    [("prod", "assets.alphintra.com"), ("staging", "assets.staging.alphintra.com"), ("dev", "assets.dev.alphintra.com")],
)
def test_a_certificate_that_google_renews(environment: str, domain: str) -> None:
    place = f"projects/alphintra-{environment}/locations/global"
    label = domain.replace(".", "-")
    certificate = part("certificates-assets-certificate", environment)
    assert certificate["managed"] == {"domains": [domain], "dnsAuthorizations": [f"{place}/dnsAuthorizations/{label}"]}
    entry = part("certificates-assets-entry", environment)
    assert (entry["hostname"], entry["map"], entry["certificates"]) == (domain, NAME, [f"{place}/certificates/{label}"])
    assert part("https", environment)["certificateMap"] == f"//certificatemanager.googleapis.com/{place}/certificateMaps/{NAME}"


def test_another_domain_leaves_the_first_ones_certificate_alone() -> None:
    over = {"static_assets": {"domains": {"cdn": "cdn.alphintra.com"}}}
    before = {known.urn: known.inputs for known in of_type("prod", "Certificate")}
    after = {known.urn: known.inputs for known in recorded("prod", over).registrations if known.type.endswith(":Certificate")}
    assert len(after) == 2
    assert before.items() <= after.items()


def test_the_proxy_waits_for_the_entries_of_its_map() -> None:
    entry = resources("prod")["static-assets-certificates-assets-entry"]
    assert entry.urn in resources("prod")["static-assets-https"].property_dependencies["certificateMap"]


def test_who_is_turned_away() -> None:
    assert part("backend")["edgeSecurityPolicy"] == f"{PLACE}/securityPolicies/{NAME}-edge"
    assert part("edge")["type"] == "CLOUD_ARMOR_EDGE"
    assert [(rule["action"], rule["priority"]) for rule in part("edge")["rules"]] == [("allow", 2147483647)]
    ranges = [f"192.0.2.{number}/32" for number in range(12)]
    over = {"static_assets": {"edge": {"denied_ranges": ranges, "denied_countries": ["KP"]}}}
    rules = part("edge", over=over)["rules"]
    denied = [rule for rule in rules if rule["action"] == "deny(403)"]
    assert [found for rule in denied for found in every(rule, "match.config.srcIpRanges[]")] == ranges
    assert every(denied[-1], "match.expr.expression") == ["origin.region_code == 'KP'"]
    assert len({rule["priority"] for rule in rules}) == len(rules) == 4


def test_dev_saves_the_policy() -> None:
    assert "edgeSecurityPolicy" not in part("backend", "dev")
    assert not of_type("dev", "SecurityPolicy")


def test_the_owner_of_the_zone_learns_what_to_create() -> None:
    found = recorded("prod").stack_outputs["staticAssets"]
    assert (found["bucket"], found["domains"]) == (NAME, ["assets.alphintra.com"])
    assert found["address"] == "<static-assets-address.address>"
    record = found["dnsAuthorizations"]["assets.alphintra.com"]
    assert (record["name"], record["type"]) == ("_acme-challenge.assets.alphintra.com.", "CNAME")
    assert record["data"].endswith(".authorize.certificatemanager.goog.")


# -- what the settings refuse


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{bucket: nowhere}", "static_assets.bucket is nowhere, which is none of storage.buckets"),
        ("{bucket: access-logs}", "storage.access_log_bucket is access-logs, but everything in access-logs is served to the whole internet"),
        ("{bucket: uploads}", "storage.buckets.uploads.folders has uploads/, but everything in uploads is served"),
        ("{bucket: ml-models}", "storage.buckets.ml-models.access.strategies.role is write, but everything in ml-models is served"),
        ("{domains: {assets: null}}", "domains"),
        ("{domains: {assets: '*.alphintra.com'}}", r"is \"\*.alphintra.com\"; it must match"),
        ("{domains: {one: a.alphintra.com, two: a.alphintra.com}}", "domains names a.alphintra.com twice"),
        ("{name: " + "a" * 51 + "}", "51 characters; its parts add to it"),
        ("{cache: {browser_seconds: 7200}}", "browser_seconds is 7200, but edge_seconds is 3600"),
        ("{cache: {mode: CACHE_ALL_STATIC, longest_seconds: 60}}", "longest_seconds is 60, but edge_seconds is 3600"),
        ("{tls: {oldest: TLS_1_1}}", "oldest"),
        ("{tls: {oldest: TLS_1_3, profile: MODERN}}", "Google takes TLS 1.3 with RESTRICTED alone"),
        ("{edge: {enabled: false, denied_countries: [KP]}}", "nobody would be turned away"),
    ],
)  # fmt: skip
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    assert re.search(says, refusal(tmp_path, "prod", f"static_assets: {text}"))


def test_no_signer_reaches_the_served_bucket(tmp_path: Path) -> None:
    over = "{signers: {kyc-url-signer: {access: {upload: {bucket: static-assets, folder: public/}}}}}"
    assert "signs for static-assets, but everything in static-assets" in refusal(tmp_path, "prod", f"url_signing: {over}")
