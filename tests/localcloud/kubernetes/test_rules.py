"""Every rule refuses its broken program and accepts the twin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from localcloud.errors import LocalCloudError, Refusal
from localcloud.kubernetes.rules import BOOK
from localcloud.plugin import NotReady

from .cases import CASES
from .parts import Case, claim, deployment, made, space, stateful_set
from .world import Cluster

IDS = [case.rule for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_refuses_the_broken_program(case: Case, tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.apply(case.setup)
    before = cluster.names()
    with pytest.raises(LocalCloudError) as caught:
        cluster.apply(case.bad)
    assert isinstance(caught.value, NotReady if case.waits else Refusal)
    assert caught.value.rule == case.rule
    assert re.search(case.says, str(caught.value)), str(caught.value)
    assert (cluster.names() == before) is not case.waits, "a refused request leaves no trace; what waits is there"


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_accepts_the_twin(case: Case, tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.apply(case.setup)
    cluster.apply(case.good)
    assert {res.name for res in case.good} == set(cluster.states)


@pytest.mark.parametrize("case", [case for case in CASES if case.waits], ids=[case.rule for case in CASES if case.waits])
def test_what_waits_works_once_it_is_mended(case: Case, tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.apply(case.setup)
    with pytest.raises(NotReady):
        cluster.apply(case.bad)
    cluster.apply(case.good)
    assert {res.name for res in case.good} == set(cluster.states)


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == BOOK.rules.keys()


def test_every_rule_says_what_it_refuses_and_where_that_is_written() -> None:
    for rule in BOOK.rules.values():
        assert rule.says.endswith("."), rule.id
        assert rule.source.startswith("https://"), rule.id


def test_a_pod_finds_what_is_in_no_namespace(tmp_path: Path) -> None:
    urgent = made("urgent", "scheduling.k8s.io/v1", "PriorityClass", None, {"value": 1000})
    pods = deployment("apart", {"priorityClassName": "urgent"})
    cluster = Cluster(tmp_path)
    cluster.apply([space("apart"), urgent, pods])
    assert pods.name in cluster.states


def test_a_set_takes_over_the_claims_that_are_there(tmp_path: Path) -> None:
    """They count once: those of the second member are made by the set."""
    quota = made("quota", "v1", "ResourceQuota", "sets", {"spec": {"hard": {"requests.storage": "25Gi"}}})
    own = claim("sets", name="data-db-0")
    cluster = Cluster(tmp_path)
    cluster.apply([space("sets"), quota, own, stateful_set("sets", replicas=2)])
    with pytest.raises(NotReady, match="requested: requests.storage=20Gi, used: requests.storage=10Gi"):
        cluster.apply([space("sets"), quota, own, stateful_set("sets", replicas=3)])
