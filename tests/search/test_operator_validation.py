"""The search cluster before the operator's own validation, and what it holds before the official client's types.

Both come as Go modules: `validator/` asks them. The first build takes minutes, later ones seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ..environments import ENVIRONMENTS, recorded

VALIDATOR = Path(__file__).parent / "validator"
BUILD_SECONDS = 900
Ask = Callable[[Mapping[str, Any]], list[str]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    if not shutil.which("go"):
        pytest.skip("Go is not installed: the operator's own validation cannot be built")
    program = tmp_path_factory.mktemp("validator") / "validator"
    fetched = subprocess.run(["go", "mod", "download"], cwd=VALIDATOR, capture_output=True, text=True, check=False)
    if fetched.returncode:
        pytest.skip(f"Go cannot fetch the operator's modules: {fetched.stderr}")
    build = ["go", "build", "-trimpath", "-o", str(program), "."]
    built = subprocess.run(build, cwd=VALIDATOR, capture_output=True, text=True, check=False, timeout=BUILD_SECONDS)
    assert built.returncode == 0, built.stderr
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ) as running:
        assert running.stdin
        assert running.stdout
        to, back = running.stdin, running.stdout

        def asked(request: Mapping[str, Any]) -> list[str]:
            to.write(json.dumps(request))
            to.flush()
            return json.loads(back.readline())

        yield asked
        to.close()


def cluster(environment: str) -> dict[str, Any]:
    found = [known for known in recorded(environment).registrations if known.type.endswith("/v1:Elasticsearch")]
    return deepcopy(dict(found[0].inputs))


def puts(environment: str) -> list[dict[str, Any]]:
    found = [known for known in recorded(environment).registrations if known.name.endswith("-plan") and ":" not in known.name]
    plans = [json.loads(known.inputs["data"]["plan.json"]) for known in found if "plan.json" in known.inputs.get("data", {})]
    return [put for plan in plans for put in plan["puts"]]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_operator_takes_the_cluster_without_a_warning(ask: Ask, environment: str) -> None:
    assert ask({"elasticsearch": cluster(environment)}) == []


def _first(spec: dict[str, Any]) -> dict[str, Any]:
    return spec["nodeSets"][0]


NO_ZONES: Mapping[str, Any] = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "DoesNotExist"}]}]
        }
    }
}
BROKEN: Mapping[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a version that nobody supports": (lambda spec: spec.update(version="5.6.0"), "not available in this version"),
    "a version that is none": (lambda spec: spec.update(version="newest"), "Cannot parse Elasticsearch version"),
    "a field that is not there": (lambda spec: spec.update(nodeSet=[]), 'unknown field "nodeSet"'),
    "a field inside a set": (lambda spec: _first(spec).update(replicas=3), 'unknown field "replicas"'),
    "two sets of one name": (lambda spec: spec["nodeSets"].append(_first(spec)), "duplicated nodeSet name"),
    "no masters": (
        lambda spec: [known["config"].update({"node.roles": ["data"]}) for known in spec["nodeSets"]],
        "at least one master node",
    ),
    "a role that is misspelt in the old way": (lambda spec: _first(spec)["config"].update({"node.master": True}), "node.roles"),
    "volumes of a name that is not mounted": (
        lambda spec: _first(spec)["volumeClaimTemplates"][0]["metadata"].update(name="data"),
        "should be named 'elasticsearch-data'",
    ),
    "what needs a paid licence": (
        lambda spec: spec["http"].update(tls={"client": {"authentication": True}}),
        "requires an enterprise license",
    ),
    "no zones to be spread over": (
        lambda spec: _first(spec)["podTemplate"]["spec"].update(affinity=NO_ZONES),
        "unsatisfiable",
    ),
    "a setting that the operator owns": (lambda spec: _first(spec)["config"].update({"cluster.name": "mine"}), "cluster.name"),
    "a name of addresses that is none": (
        lambda spec: spec["http"].update(tls={"selfSignedCertificate": {"subjectAltNames": [{"ip": "1.2.3"}]}}),
        "Must be a valid IPv4 address",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_operator_refuses(ask: Ask, what: str) -> None:
    broken, says = BROKEN[what]
    resource = cluster("prod")
    broken(resource["spec"])
    found = ask({"elasticsearch": resource})
    assert found, what
    assert says in "\n".join(found)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_client_knows_all_that_is_put(ask: Ask, environment: str) -> None:
    known = puts(environment)
    assert {put["path"].rsplit("/", 1)[0] for put in known} == {
        *("/_snapshot", "/_slm/policy", "/_ilm/policy", "/_index_template", "/_security/role"),
    }  # fmt: skip
    for put in known:
        assert ask(put) == [], put["path"]


def test_the_client_says_what_it_does_not_know(ask: Ask) -> None:
    by_path = {put["path"]: put["body"] for put in deepcopy(puts("prod"))}
    template = by_path["/_index_template/marketplace-strategies"]
    template["template"]["mappings"]["properties"]["title"]["analyser"] = "standard"
    assert ask({"path": "/_index_template/x", "body": template}) == ["template.mappings.properties.title.analyser is not known"]
    role = by_path["/_security/role/search-query"]
    role["indices"][0]["privilege"] = ["read"]
    assert ask({"path": "/_security/role/x", "body": role}) == ["indices[0].privilege is not known"]
    assert ask({"path": "/_cluster/settings", "body": {}}) == ["nothing is known of /_cluster/settings"]
