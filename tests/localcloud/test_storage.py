"""Buckets: names that are global, the agent that a question makes, and what is replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi_gcp as gcp
import pytest
from pulumi.runtime.proto import provider_pb2

from localcloud.errors import LocalCloudError, ProviderRefusal, Refusal
from localcloud.gcp.naming import project_number
from localcloud.plugin import State
from localcloud.random.provider import RandomProvider
from localcloud.service import Service
from localcloud.values import UNKNOWN
from localcloud.wire import receive, send
from tools.recorder import record

from .cases_storage import ASK, BUCKET, BUCKET_GRANT, LOCKED, bucket, bucket_grant, bucket_key, dual, lifecycle
from .parts import api, key_id
from .program import stage
from .world import REGION, World

P = "case-project"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def agent_of(project: str) -> str:
    return f"service-{project_number(project)}@gs-project-accounts.iam.gserviceaccount.com"


# -- the data source


def test_asking_for_the_agent_makes_it(world: World) -> None:
    keyed = bucket("bucket-of-case", encryption={"defaultKmsKeyName": key_id(P)})
    setup = bucket_key(P)
    with pytest.raises(Refusal, match="does not exist"):
        world.apply(setup)
    answer = world.provider.invoke(ASK, {})
    email = agent_of(P)
    assert answer == {"id": email, "emailAddress": email, "member": f"serviceAccount:{email}", "project": P}
    world.apply([*setup, api("storage"), keyed])


def test_another_project_can_be_asked_about(world: World) -> None:
    answer = world.provider.invoke(ASK, {"project": "other", "userProject": P})
    assert (answer["emailAddress"], answer["project"], answer["userProject"]) == (agent_of("other"), "other", P)
    with pytest.raises(Refusal, match="does not exist"):
        world.apply(bucket_key(P))


def test_other_questions_are_refused(world: World) -> None:
    with pytest.raises(LocalCloudError, match="does not know the data source gcp:storage/getBucket:getBucket yet"):
        world.provider.invoke("gcp:storage/getBucket:getBucket", {"name": "b"})
    with pytest.raises(ProviderRefusal, match='"zone" is not expected'):
        world.provider.invoke(ASK, {"zone": "a"})
    with pytest.raises(LocalCloudError, match="random provider has no data source"):
        RandomProvider().invoke(ASK, {})
    world.provider.configure({})
    with pytest.raises(ProviderRefusal, match="project: required"):
        world.provider.invoke(ASK, {})


def test_the_protocol_carries_the_answer(world: World) -> None:
    request = provider_pb2.InvokeRequest(tok=ASK, args=send({"project": "p"}))
    answer: Any = Service(world.provider).Invoke(request, None)  # pyright: ignore[reportArgumentType] - no failure, no context
    assert receive(getattr(answer, "return"))["emailAddress"] == agent_of("p")


@pytest.mark.parametrize("preview", [False, True])
def test_the_recorder_answers_the_same(preview: bool) -> None:
    found: list[Any] = []

    def program() -> None:
        found.append(gcp.storage.get_project_service_account())
        gcp.storage.get_project_service_account_output(project="other").member.apply(found.append)

    record(program, stack="test", config={}, project=P, region=REGION, preview=preview)
    assert (found[0].email_address, found[0].project, found[0].user_project) == (agent_of(P), P, None)
    assert found[1] == f"serviceAccount:{agent_of('other')}"


def test_the_recorder_refuses_other_questions() -> None:
    def program() -> None:
        gcp.storage.get_bucket(name="b")

    with pytest.raises(Exception, match="it must not"):
        record(program, stack="test", config={}, project=P, region=REGION)


# -- the life of a bucket


def test_outputs_look_like_googles(world: World) -> None:
    world.apply([api("storage"), bucket("bucket-of-case", location="us-central1"), bucket_grant("bucket-of-case")])
    state = world.states["bucket-of-case"][1]
    assert state.id == "bucket-of-case"
    assert state.outputs["url"] == "gs://bucket-of-case"
    assert state.outputs["selfLink"] == "https://www.googleapis.com/storage/v1/b/bucket-of-case"
    assert state.outputs["projectNumber"] == int(project_number(P))
    assert state.outputs["location"] == "US-CENTRAL1", "read back in capitals"
    assert state.outputs["softDeletePolicy"]["retentionDurationSeconds"] == 604800
    assert world.states["bucket-grant"][1].id == "b/bucket-of-case/roles/storage.objectViewer/user:anna@example.com"


def test_a_name_is_taken_for_every_project(tmp_path: Path) -> None:
    one, two = World(tmp_path, "project-one"), World(tmp_path, "project-two")
    one.apply([api("storage"), bucket("bucket-of-case")])
    with pytest.raises(Refusal, match="Error 409: The requested bucket name is not available"):
        two.apply([api("storage"), bucket("bucket-of-case")])
    one.apply([api("storage")])
    two.apply([api("storage"), bucket("bucket-of-case")])


def test_a_bucket_of_another_project_is_found_changed_and_deleted(tmp_path: Path) -> None:
    one, two = World(tmp_path, "project-one"), World(tmp_path, "project-two")
    one.apply([api("storage"), bucket("bucket-of-case"), bucket_grant("bucket-of-case")])
    found = two.provider.read(BUCKET, State("bucket-of-case", {}, {}))
    assert found is not None
    assert found.outputs["project"] == "project-one"
    assert two.provider.diff(BUCKET, found, dict(bucket("bucket-of-case").inputs), []).changes == {}
    inputs = dict(bucket("bucket-of-case", labels={"a": "b"}).inputs)
    changed = two.provider.update(BUCKET, found, inputs, 0)
    assert (changed.outputs["project"], changed.outputs["labels"]) == ("project-one", {"a": "b"})
    two.provider.delete(BUCKET, changed, 0)
    assert one.provider.read(BUCKET, one.states["bucket-of-case"][1]) is None


def test_a_grant_lives_with_its_bucket(tmp_path: Path) -> None:
    one, two = World(tmp_path, "project-one"), World(tmp_path, "project-two")
    one.apply([api("storage"), bucket("bucket-of-case")])
    grant = bucket_grant("bucket-of-case")
    two.apply([grant])  # project-two has not enabled the API: the bucket's project has
    state = two.states["bucket-grant"][1]
    found = two.provider.read(BUCKET_GRANT, State(state.id, {}, {}))
    assert found is not None
    assert two.provider.diff(BUCKET_GRANT, found, dict(grant.inputs), []).changes == {}
    two.provider.delete(BUCKET_GRANT, state, 0)
    assert two.provider.read(BUCKET_GRANT, state) is None
    two.create(grant)
    one.apply([api("storage")])
    assert two.provider.read(BUCKET_GRANT, state) is None, "gone with the bucket"


def test_a_grant_on_no_bucket_is_refused(world: World) -> None:
    with pytest.raises(Refusal, match="buckets/nowhere' was not found"):
        world.apply([api("storage"), bucket_grant("nowhere")])


def test_refresh_shows_what_was_changed_behind_our_back(world: World) -> None:
    world.apply([api("storage"), bucket("bucket-of-case")])
    stage(world.store, [("set", "buckets/bucket-of-case", "storageClass", "NEARLINE")])
    state = world.states["bucket-of-case"][1]
    found = world.provider.read(BUCKET, state)
    assert found is not None
    assert list(world.provider.diff(BUCKET, found, state.inputs, []).changes) == ["storageClass"]


@pytest.mark.parametrize(
    ("before", "after", "replaced"),
    [
        ({"location": "us-central1"}, {"location": "US-CENTRAL1"}, None),
        (dual("us-east1", "US-CENTRAL1"), dual("US-CENTRAL1", "US-EAST1"), None),
        ({}, {"location": "US-EAST1"}, ["location"]),
        (LOCKED, {"retentionPolicy": {"retentionPeriod": "86400"}}, ["retentionPolicy.isLocked"]),
        (LOCKED, {}, ["retentionPolicy.isLocked"]),
        ({"retentionPolicy": {"retentionPeriod": "86400"}}, LOCKED, []),
    ],
)
def test_what_is_replaced(world: World, before: dict[str, Any], after: dict[str, Any], replaced: list[str] | None) -> None:
    old, new = (dict(bucket("b", **extra).inputs) for extra in (before, after))
    changes = world.provider.diff(BUCKET, State("b", old, {}), new, []).changes
    assert [path for path, change in changes.items() if change.replaces] == (replaced or [])
    assert bool(changes) == (replaced is not None)


def test_a_location_that_is_not_known_yet_stays_so(world: World) -> None:
    assert world.provider.planned(BUCKET, {"name": "b", "location": UNKNOWN}, {})["location"] is UNKNOWN


# -- objects and locks


def test_a_lock_is_not_taken_off(world: World) -> None:
    world.apply([api("storage"), bucket("bucket-of-case", **LOCKED)])
    with pytest.raises(Refusal, match="Cannot remove or unlock"):
        world.apply([api("storage"), bucket("bucket-of-case")])


def test_old_enough_objects_go_with_their_bucket(world: World) -> None:
    world.apply([api("storage"), bucket("bucket-of-case", forceDestroy=True, **LOCKED)])
    stage(world.store, [("holds-objects", "buckets/bucket-of-case"), ("clock", "--advance", "2d")])
    world.apply([api("storage")])
    assert "bucket-of-case" not in world.states
    world.apply([api("storage"), bucket("bucket-of-case")])
    world.apply([api("storage")])
    assert "bucket-of-case" not in world.states, "the next one of that name holds nothing"


@pytest.mark.parametrize("name", ["ab", "a" * 64, "Upper", "google-bucket", "my-g00gle", "-bucket", "192.168.5.4", "a..b"])
def test_names_that_google_refuses(world: World, name: str) -> None:
    with pytest.raises(Refusal, match="Invalid bucket name"):
        world.apply([api("storage"), bucket(name)])


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"retentionPolicy": {"retentionPeriod": "0"}}, "between 1 and 3155760000"),
        (lifecycle("Archive"), "Invalid lifecycle action type"),
        (lifecycle("Delete", "NEARLINE"), "takes no storage class"),
        ({"rpo": "FAST"}, "Invalid value for rpo"),
        (dual("US-CENTRAL1"), "Invalid custom placement"),
    ],
)
def test_other_settings_that_google_refuses(world: World, extra: dict[str, Any], says: str) -> None:
    with pytest.raises(Refusal, match=says):
        world.apply([api("storage"), bucket("bucket-of-case", **extra)])
