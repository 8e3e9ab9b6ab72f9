"""Load balancers: what they look like, what changes in place, and what goes before what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import Refusal
from localcloud.gcp.naming import project_number
from localcloud.plugin import State

from .cases_edge import (
    BACKEND,
    CERTIFICATE,
    EVERYBODY,
    FORWARDING_RULE,
    SSL_POLICY,
    backend,
    certificates,
    listener,
    policy,
    proxies,
    served,
)
from .cases_storage import bucket_grant
from .parts import api
from .world import Res, World

P, B = "case-project", "bucket-of-case"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, P)
    world.apply(
        [
            *proxies(P, B),
            listener(P),
            listener(P, "listen-http", portRange="80", target=f"projects/{P}/global/targetHttpProxies/http"),
        ]
    )
    return world


def outputs(world: World, name: str) -> dict[str, Any]:
    return world.states[name][1].outputs


def test_outputs_look_like_googles(world: World) -> None:
    assert outputs(world, "address")["address"].startswith("34.")
    assert world.states["backend"][1].id == f"projects/{P}/global/backendBuckets/backend"
    assert outputs(world, "https")["selfLink"].endswith(f"/compute/v1/projects/{P}/global/targetHttpsProxies/https")
    assert isinstance(outputs(world, "listen-https")["forwardingRuleId"], int)
    record = outputs(world, "proof")["dnsResourceRecords"][0]
    assert (record["name"], record["type"]) == ("_acme-challenge.a.example.com.", "CNAME")
    assert record["data"].endswith(".authorize.certificatemanager.goog.")
    assert outputs(world, "certificate")["sanDnsnames"] == ["a.example.com"]
    assert outputs(world, "certificate")["managed"]["state"] == "PROVISIONING", "until the record is there"


def test_a_domains_proof_stays_the_same_while_its_labels_change(world: World) -> None:
    before, proof = outputs(world, "proof")["dnsResourceRecords"], world.states["proof"][0]
    program = [res for res, _ in world.states.values()]
    world.apply([Res("proof", proof.type, {**proof.inputs, "labels": {"a": "b"}}) if res is proof else res for res in program])
    assert outputs(world, "proof")["dnsResourceRecords"] == before


def test_the_agent_outlives_the_backend_bucket(world: World) -> None:
    world.apply(served(B))
    agent = f"serviceAccount:service-{project_number(P)}@https-lb.iam.gserviceaccount.com"
    assert world.create(bucket_grant(B, member=agent)).outputs["member"] == agent


@pytest.mark.parametrize(
    ("part", "holder"),
    [("backend", "urlMaps/routes"), ("routes", "targetHttpsProxies/https"), ("https", "forwardingRules/listen-https"),
     ("map", "certificateMapEntries/a"), ("certificate", "certificateMapEntries/a"), ("proof", "certificates/a")],
)  # fmt: skip
def test_what_is_in_use_stays(world: World, part: str, holder: str) -> None:
    with pytest.raises(Refusal, match=f"is already being used by '.*{holder}'"):
        world.apply([res for res, _ in world.states.values() if res.name != part])


@pytest.mark.parametrize(
    ("token", "before", "after", "replaced"),
    [
        (BACKEND, backend(B).inputs, backend(B, cdnPolicy={"cacheMode": "FORCE_CACHE_ALL", "defaultTtl": 60}).inputs, []),
        (BACKEND, backend(B).inputs, backend(B, edgeSecurityPolicy="p").inputs, []),
        (SSL_POLICY, {"name": "tls"}, {"name": "tls", "minTlsVersion": "TLS_1_2"}, []),
        (CERTIFICATE, {"name": "c", "managed": {"domains": ["a.b"]}}, {"name": "c", "managed": {"domains": ["a.b", "b.b"]}}, ["managed.domains"]),
        (FORWARDING_RULE, listener(P).inputs, listener(P, target="projects/p/global/targetHttpsProxies/other").inputs, []),
        (FORWARDING_RULE, listener(P).inputs, listener(P, portRange="8443").inputs, ["portRange"]),
    ],
)  # fmt: skip
def test_what_is_replaced(world: World, token: str, before: Any, after: Any, replaced: list[str]) -> None:
    changes = world.provider.diff(token, State("id", dict(before), {}), dict(after), []).changes
    assert changes
    assert [path for path, change in changes.items() if change.replaces] == replaced


@pytest.mark.parametrize(
    ("res", "says"),
    [
        (backend(B, cdnPolicy={"cacheMode": "USE_ORIGIN_HEADERS", "defaultTtl": 60}), "default_ttl cannot be specified with USE_ORIGIN"),
        (policy(rules=[EVERYBODY, EVERYBODY]), "rules with the same priorities"),
        (Res("tls", SSL_POLICY, {"name": "tls", "profile": "CUSTOM"}), "Custom features must be specified"),
        (Res("tls", SSL_POLICY, {"name": "tls", "customFeatures": ["TLS_RSA_WITH_AES_128_GCM_SHA256"]}), "must not be specified"),
        (listener(P, loadBalancingScheme="EXTERNAL", portRange="80"), "Port 80 is not allowed for a target HTTPS proxy"),
        (listener(P, "by-number", ipAddress="34.100.0.1", portRange="0"), "Exactly one port"),
    ],
)  # fmt: skip
def test_other_settings_that_google_refuses(tmp_path: Path, res: Res, says: str) -> None:
    world = World(tmp_path, P)
    world.apply([*proxies(P, B)])
    with pytest.raises(Refusal, match=says):
        world.create(Res("one-more", res.type, {**res.inputs, "name": "one-more"}))


def test_an_address_by_its_number_is_the_same_address(world: World) -> None:
    with pytest.raises(Refusal, match="in-use and would result in a conflict"):
        world.create(listener(P, "by-number", ipAddress=outputs(world, "address")["address"]))
    world.create(listener(P, "elsewhere", ipAddress="203.0.113.9"))


def test_a_map_without_the_services_name_is_malformed(world: World) -> None:
    https = world.states["https"][0]
    short = f"projects/{P}/locations/global/certificateMaps/map"
    with pytest.raises(Refusal, match="The URL is malformed"):
        world.create(Res("short", https.type, {**https.inputs, "name": "short", "certificateMap": short}))


def test_certificates_need_their_own_api(tmp_path: Path) -> None:
    world = World(tmp_path, P)
    with pytest.raises(Refusal, match="certificatemanager.googleapis.com API has not been used"):
        world.apply([api("compute"), *certificates(P)[1:]])
