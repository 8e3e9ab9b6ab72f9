"""Policies, perimeters and findings: what is refused beside the cases, and who may publish from when on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import Refusal
from localcloud.gcp.naming import project_number

from .cases_organization import ENFORCED, PERIMETER, allowed, inside, notification, perimeter, policy
from .parts import TOPIC, TOPIC_GRANT, api
from .world import Res, World

P = "case-project"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, P)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"constraint": "gcp.resourceLocations", **ENFORCED}, "list constraint"),
        ({"constraint": "storage.publicAccessPrevention", "denyAll": "TRUE"}, "boolean constraint"),
        ({"constraint": "gcp.resourceLocations", **allowed("us-east1-locations", "in:us east1-locations")}, "invalid list value"),
    ],
)
def test_rules_of_policies_that_google_refuses(world: World, given: dict[str, Any], says: str) -> None:
    with pytest.raises(Refusal, match=says):
        world.apply([api("orgpolicy"), policy(P, **given)])


def test_a_custom_constraint_is_taken(world: World) -> None:
    world.apply([api("orgpolicy"), policy(P, "custom.noSuchThing")])
    assert world.states["policy"][1].id.endswith("/policies/custom.noSuchThing")


def test_what_is_enforced_is_looked_at_as_what_is_tried(world: World) -> None:
    tried = perimeter(P)
    enforced = {key: value for key, value in tried.inputs.items() if key not in ("spec", "useExplicitDryRunSpec")}
    with pytest.raises(Refusal, match="is not supported by VPC Service Controls"):
        world.apply(
            [
                api("accesscontextmanager"),
                Res("perimeter", PERIMETER, {**enforced, "status": inside(P, restrictedServices=["all"])}),
            ]
        )
    world.apply([api("accesscontextmanager"), Res("perimeter", PERIMETER, {**enforced, "status": inside(P)})])


def test_security_command_center_can_be_granted_something_once_it_has_a_notification(world: World) -> None:
    topic = [api("securitycenter"), api("pubsub"), Res("topic", TOPIC, {"name": "findings"})]
    member = f"serviceAccount:service-{project_number(P)}@gcp-sa-scc-notification.iam.gserviceaccount.com"
    grant = Res("grant", TOPIC_GRANT, {"topic": "findings", "role": "roles/pubsub.publisher", "member": member})
    with pytest.raises(Refusal, match="does not exist"):
        world.apply([*topic, grant])
    world.apply([*topic, notification(P), grant])
    assert member.endswith(str(world.states["notification"][1].outputs["serviceAccount"]))


def test_a_topic_that_is_not_there(world: World) -> None:
    with pytest.raises(Refusal, match="was not found"):
        world.apply([api("securitycenter"), notification(P)])
