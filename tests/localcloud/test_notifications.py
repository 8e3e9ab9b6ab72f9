"""Notices of Cloud Storage: their ids, what is replaced, and what goes with the bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.errors import Refusal
from localcloud.plugin import State

from .cases_events import NOTIFICATION, SUBSCRIPTION, notification, subscription, told
from .world import World

P = "case-project"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, P)
    world.apply([*told(P, "bucket-of-case"), notification("bucket-of-case"), notification("bucket-of-case", "second")])
    return world


def test_notifications_are_numbered_within_their_bucket(world: World) -> None:
    one, two = (world.states[name][1] for name in ("notification", "second"))
    assert (one.id, two.id) == ("bucket-of-case/notificationConfigs/1", "bucket-of-case/notificationConfigs/2")
    assert one.outputs["notificationId"] == "1"
    found = world.provider.read(NOTIFICATION, State(two.id, {}, {}))
    assert found is not None
    assert world.provider.diff(NOTIFICATION, found, dict(world.states["second"][0].inputs), []).changes == {}


def test_a_notification_has_no_update(world: World) -> None:
    state = world.states["notification"][1]
    other = dict(notification("bucket-of-case", objectNamePrefix="legal/").inputs)
    changes = world.provider.diff(NOTIFICATION, state, other, []).changes
    assert {path: change.replaces for path, change in changes.items()} == {"objectNamePrefix": True}


def test_a_notification_goes_with_its_bucket(world: World) -> None:
    state = world.states["notification"][1]
    world.apply([res for res, _ in world.states.values() if res.name != "bucket-of-case" and res.type != NOTIFICATION])
    assert world.provider.read(NOTIFICATION, state) is None


def test_a_payload_of_another_kind_is_refused(world: World) -> None:
    with pytest.raises(Refusal, match="Invalid payload format: XML"):
        world.create(notification("bucket-of-case", payloadFormat="XML"))


def test_a_subscription_changes_in_place_and_outlives_its_topic(world: World) -> None:
    world.create(subscription())
    state = State("projects/case-project/subscriptions/arrivals", {}, {})
    found = world.provider.read(SUBSCRIPTION, state)
    assert found is not None
    assert found.outputs["expirationPolicy"] == {"ttl": "2678400s"}, "after a month without a pull it goes"
    later = dict(subscription(messageRetentionDuration="86400s").inputs)
    assert not any(change.replaces for change in world.provider.diff(SUBSCRIPTION, found, later, []).changes.values())
    world.apply([])
    assert world.provider.read(SUBSCRIPTION, state) is not None
