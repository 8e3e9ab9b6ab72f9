"""Channels, policies, objectives and dashboards: how they live, and refusals beside those of the cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import Refusal
from localcloud.gcp.log_filter import LogFilterError, parse_log_filter
from localcloud.gcp.metrics import burn_rate, parse_filter
from localcloud.shape import Shape
from localcloud.values import UNKNOWN

from .cases_monitoring import (
    CHANNEL,
    LATENCIES,
    LIMIT,
    SETUP,
    SQL,
    UP,
    channel,
    dashboard,
    log_metric,
    matched,
    mean_of,
    objective,
    policy,
    promql,
    threshold,
    tile,
)
from .parts import api, secret
from .program import stage
from .world import Res, World

TOKEN = {"labels": {"channel_name": "#ops"}, "sensitiveLabels": {"authTokenWo": "xoxb-very-secret", "authTokenWoVersion": "1"}}
ASK = "gcp:secretmanager/getSecretVersion:getSecretVersion"
ERRORS = 'metric.type="logging.googleapis.com/user/errors" AND resource.type="cloudsql_database"'


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_google_numbers_what_has_no_name(world: World) -> None:
    world.apply([*SETUP, channel("a"), channel("b"), policy(threshold())])
    assert [world.states[name][1].id for name in ("a", "b")] == [
        f"projects/case-project/notificationChannels/{n}" for n in (1, 2)
    ]
    assert world.states["policy"][1].outputs["name"] == "projects/case-project/alertPolicies/1"
    world.apply([*SETUP, channel("a"), channel("b", description="more"), policy(threshold())])
    assert world.states["b"][1].id.endswith("/2"), "changed in place"


def test_a_token_inside_an_object_is_neither_stored_nor_read_back(world: World, tmp_path: Path) -> None:
    world.apply([*SETUP, channel("s", "slack", **TOKEN)])
    assert b"xoxb-very-secret" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    state = world.states["s"][1]
    assert "authTokenWo" not in state.outputs["sensitiveLabels"]
    found = world.provider.read(CHANNEL, state)
    assert found is not None
    assert world.provider.diff(CHANNEL, found, state.inputs, []).changes == {}, "no drift"
    rotated = {**state.inputs, "sensitiveLabels": {"authTokenWo": "xoxb-2", "authTokenWoVersion": "2"}}
    assert list(world.provider.diff(CHANNEL, found, rotated, []).changes) == ["sensitiveLabels.authTokenWoVersion"]


def test_what_is_inside_an_unknown_stays_unknown(world: World) -> None:
    planned = world.provider.planned(CHANNEL, {"type": "slack", "sensitiveLabels": UNKNOWN}, {})
    assert planned["sensitiveLabels"] is UNKNOWN


def test_two_tokens_are_one_too_many() -> None:
    from localcloud.gcp.catalog import types  # noqa: PLC0415

    shape: Shape = types()[CHANNEL].shape
    both = {"type": "slack", "sensitiveLabels": {"authToken": "a", "serviceKey": "b"}}
    assert "exactly one of" in shape.check(both)[0].reason


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (channel("x", "carrier-pigeon"), "Cannot find channel descriptor"),
        (channel("p", "pagerduty"), "takes the sensitive label serviceKey, got none"),
        (channel("p", "pagerduty", sensitiveLabels={"authToken": "x"}), "takes the sensitive label serviceKey, got authToken"),
        (channel("m", sensitiveLabels={"password": "x"}), "takes no sensitive label"),
        (policy(matched(), threshold(), **LIMIT), "can only have a single condition"),
        (policy(*[threshold()] * 7), "at most 6 conditions"),
        (policy({"conditionAbsent": {"filter": UP, "duration": "60s"}}), "from 120 to 84600"),
        (policy({"conditionAbsent": {"filter": UP, "duration": "86400s"}}), "from 120 to 84600"),
        (policy(promql("up == 0", evaluationInterval="45s")), "multiple of 30 seconds"),
        (policy(promql('absent_over_time(logging_googleapis_com:user_errors{x="y"}[1h])')), "Cannot find metric"),
        (policy(threshold(aggregations=[{"alignmentPeriod": "30s"}])), "at least 60 seconds"),
        (policy(threshold('metric.type="up" OR metric.type="down"')), "must name a metric.type"),
        (policy(threshold(f'{UP} AND metric.labels.colour="red"')), "has no label 'colour'"),
        (policy(threshold(f'{UP} AND resource.labels.instance="x"')), "has no label 'instance'"),
        (policy(threshold(LATENCIES, "ALIGN_DELTA")), "compares values of type DISTRIBUTION"),
        (policy(threshold(LATENCIES, "ALIGN_MEAN")), "cannot be applied"),
        (policy(threshold(f'metric.type="{SQL}/instance_state" AND resource.type="cloudsql_database"', "ALIGN_NEXT_OLDER")), "BOOL"),
        (dashboard(tile(width=49)), "does not fit"),
        (dashboard(tile(xyChart={"dataSets": []}, text={"content": "x"})), "exactly one content"),
        (dashboard(tile(xyChart={"thresholds": [{"value": 1, "color": "RED"}]})), "not allowed in an xyChart"),
        (dashboard(tile(), tiles=[]), 'Unknown name "tiles"'),
        (dashboard(tile(), displayName=""), "displayName"),
        (Res("d", "gcp:monitoring/dashboard:Dashboard", {"dashboardJson": "{"}), "invalid JSON"),
        (Res("d", "gcp:monitoring/dashboard:Dashboard", {"dashboardJson": "[]"}), "must be an object"),
    ],
)  # fmt: skip
def test_other_things_that_google_refuses(world: World, wrong: Res, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        world.apply([*SETUP, wrong])


def test_an_objective_on_a_metric_that_nobody_knows(world: World) -> None:
    from .cases_monitoring import SERVICE  # noqa: PLC0415

    with pytest.raises(Refusal, match="The metric referenced by the provided filter is unknown"):
        world.apply([*SETUP, SERVICE, objective(**mean_of(UP.replace("/up", "/alive")))])
    with pytest.raises(Refusal, match="is measured on"):
        world.apply([*SETUP, SERVICE, objective(**mean_of(UP.replace("cloudsql_database", "gce_instance")))])


def test_a_metric_counted_in_logs_is_known_after_ten_minutes(world: World) -> None:
    counted = policy(threshold(ERRORS, "ALIGN_DELTA"))
    world.apply([*SETUP, log_metric()])
    with pytest.raises(Refusal, match="could take up to 10 minutes"):
        world.apply([*SETUP, log_metric(), counted])
    world.apply([*SETUP, log_metric(), policy(promql("logging_googleapis_com:user_errors > 1"), name="promql")])
    stage(world.store, [("clock", "--advance", "10m")])
    world.apply([*SETUP, log_metric(), counted])


def test_promql_can_do_without_the_metric(world: World) -> None:
    world.apply([*SETUP, policy(promql("logging_googleapis_com:user_later > 1", disableMetricValidation=True))])
    assert "policy" in world.states


def test_a_version_that_somebody_added_answers_the_question_for_it(world: World) -> None:
    question: dict[str, Any] = {"secret": "secret", "version": "1"}
    world.apply([api("secretmanager"), secret()])
    with pytest.raises(Refusal, match=r"SecretVersion \[projects/case-project/secrets/secret/versions/1\] not found"):
        world.provider.invoke(ASK, question)
    stage(world.store, [("add-version", "secrets/secret")])
    answer = world.provider.invoke(ASK, question)
    assert (answer["secretData"], answer["version"]) == ("value-of-secret-version-1", "1")
    world.apply([api("secretmanager")])
    assert not [name for name in world.names() if "versions" in name], "it goes with its secret"


# -- filters


def test_monitoring_filters() -> None:
    found = parse_filter('metric.type="a/b" AND resource.labels.id=one_of("x", "y")\nmetric.label.z="1"')
    assert found is not None
    assert (found.metric, found.resource) == ("a/b", "")
    assert (found.labels("resource"), found.labels("metric")) == ({"id": ["x", "y"]}, {"z": ["1"]})
    assert parse_filter("metric.type=") is None
    assert burn_rate('select_slo_burn_rate("projects/p/services/s/serviceLevelObjectives/o", "60m")') == (
        "projects/p/services/s/serviceLevelObjectives/o",
        3600,
    )


@pytest.mark.parametrize("text", ["", "a=", 'a="b" OR', '(a="b"', "a b", 'a=("b" "c")', "a=~~b", 'log_id "x"'])
def test_log_filters_that_cannot_be_read(text: str) -> None:
    with pytest.raises(LogFilterError, match="syntax error"):
        parse_log_filter(text)
