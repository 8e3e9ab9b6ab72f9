"""What the local cloud keeps of an operation is what the engine itself would have written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path
from typing import Any, cast

import pulumi
import pulumi_gcp as gcp
import pulumi_random as random
import pytest
from pulumi.automation import CommandResult
from pulumi.automation.errors import CommandError

from localcloud.state.stacks import Stack
from tools.lifecycle.engine import Engine
from tools.lifecycle.state import served

from .scene import Scene

pytestmark = pytest.mark.engine

TOPIC = "gcp:pubsub/topic:Topic"
SECRET = "4dabf18193072939515e22adb298388d"
"""Marks a secret in a state."""


class Group(pulumi.ComponentResource):
    """What other things are in."""

    def __init__(self, name: str, provider: pulumi.ProviderResource, aliases: list[pulumi.Alias] | None) -> None:
        super().__init__("test:index:Group", name, {}, pulumi.ResourceOptions(providers=[provider], aliases=aliases))


def declared(days: int = 7, *, second: str | None = "second", group: str = "group", keeper: int = 1) -> Callable[[], None]:
    """A program of things that are updated, replaced in both orders, renamed, protected, secret, and in need of each other."""

    def program() -> None:
        google = gcp.Provider("google", project="alphintra-dev", region="us-central1", default_labels={"days": str(days)})
        aliases = [pulumi.Alias(name="group")] if group != "group" else None
        inside = Group(group, google, aliases)
        service = gcp.projects.Service(
            "pubsub", service="pubsub.googleapis.com", disable_on_destroy=False, opts=pulumi.ResourceOptions(parent=inside)
        )
        child = pulumi.ResourceOptions(parent=inside, depends_on=[service], delete_before_replace=days > 8)
        first = gcp.pubsub.Topic("first", name=f"first-{days // 10}", message_retention_duration=f"{days * 86400}s", opts=child)
        password = random.RandomPassword("password", length=12, keepers={"is": str(keeper)})
        words = random.RandomId("words", byte_length=4, prefix="a-", opts=pulumi.ResourceOptions(protect=days == 7))
        if second:
            topic = gcp.pubsub.Topic(second, name=second, labels={"first": first.name}, opts=child)
            gcp.pubsub.Subscription(
                "reader", topic=topic.id, name="reader", opts=pulumi.ResourceOptions(deleted_with=topic, parent=topic)
            )
        pulumi.export("password", password.result)
        pulumi.export("words", words.hex)

    return program


class Careful(Engine):
    """An engine that writes its whole state before and after each operation, into a file."""

    def run(self, args: list[str], cwd: str, additional_env: Mapping[str, str], *rest: Any, **named: Any) -> CommandResult:
        return super().run(args, cwd, {**additional_env, "PULUMI_SKIP_CHECKPOINTS": "false"}, *rest, **named)


class Served(Engine):
    """An engine that sends what it does to the local cloud's own service."""

    def run(self, args: list[str], cwd: str, additional_env: Mapping[str, str], *rest: Any, **named: Any) -> CommandResult:
        if args[0] not in {"up", "refresh"}:
            return super().run(args, cwd, additional_env, *rest, **named)
        folder = Path(cwd).parent
        with served(folder / "state", self.said, folder / "login") as service:
            return super().run(args, cwd, {**additional_env, **service}, *rest, **named)


def history(scene: Scene) -> list[list[str]]:
    """The state after each of a series of operations."""
    found: list[list[str]] = []

    def note() -> None:
        deployment = Stack(scene.folder / "state", "rules", "test").load(Engine().said)
        found.append(_comparable(deployment))

    def stage(*words: str) -> None:
        from tests.localcloud.program import stage as told  # noqa: PLC0415

        store = scene.store()
        told(store, [words])
        store.close()

    def up(program: Callable[[], None], **options: Any) -> None:
        scene.program = program
        with suppress(CommandError):  # some of them fail, and one is killed
            scene.stack.up(show_secrets=False, **options)
        note()

    up(declared())
    up(declared())
    up(declared(8, keeper=2))  # updated in place, a password replaced, and something not protected any more
    up(declared(12))  # deleted before it is replaced
    up(declared(12, second="third"))  # what reads it is replaced with it
    stage("delete", "topics/third")
    scene.refresh()  # what depends on it is there still
    note()
    up(declared(12, second="third"))
    stage("delete", "topics/third")
    up(declared(12, second="third"), refresh=True)
    stage("fault", "update", TOPIC, "1", "fail")
    up(declared(13, second="third"))
    up(declared(14, second=None))
    up(declared(14, second=None, group="crowd"))
    stage("fault", "create", TOPIC, "1", "kill-engine:after")
    up(declared(25, second=None, group="crowd"))
    return found


def test_the_journal_of_an_operation_is_the_state_that_the_engine_writes(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    mine = history(Scene(ours, declared(), Served))
    for number, (found, expected) in enumerate(zip(mine, history(Scene(theirs, declared(), Careful)), strict=True)):
        differences = "\n".join(unified_diff(expected, found, lineterm=""))
        assert not differences, f"after operation {number + 1}:\n{differences}"
    assert '"type": "creating"' in "".join(mine[-1]), "the last one was cut off"


def _comparable(state: dict[str, Any]) -> list[str]:
    """A state without what is another each time: times, salts, what was made at random, and the order in which it was made."""
    deployment: dict[str, Any] = json.loads(json.dumps(state["deployment"]))
    deployment["manifest"].pop("time")
    deployment["secrets_providers"]["state"] = "salt"
    operations: list[dict[str, Any]] = deployment.get("pending_operations", [])
    resources: list[dict[str, Any]] = deployment["resources"]
    for resource in [*resources, *(operation["resource"] for operation in operations)]:
        for key in ("created", "modified", "sourcePosition", "stackTrace"):
            resource.pop(key, None)
        needs: dict[str, list[str]] = resource.get("propertyDependencies") or {}
        for urns in (resource.get("dependencies", []), *needs.values()):
            urns.sort()
        if resource["type"].startswith("random:") or resource["type"] == "pulumi:pulumi:Stack":
            resource.update(outputs=sorted(resource.get("outputs", {})), id="random")
        if resource["type"].startswith("pulumi:providers:"):
            resource["id"] = "random"
        if "provider" in resource:
            resource["provider"] = resource["provider"].rpartition("::")[0]
    resources.sort(key=lambda resource: (resource["urn"], resource.get("delete", False)))
    return json.dumps({**state, "deployment": _without_ciphers(deployment)}, indent=1, sort_keys=True).splitlines()


def _without_ciphers(value: Any) -> Any:
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        if SECRET in known:
            return "secret"
        # what is empty is left out by one and not by the other
        return {key: kept for key, inner in known.items() if (kept := _without_ciphers(inner)) not in (None, [], {}, "", False)}
    return [_without_ciphers(inner) for inner in cast("list[Any]", value)] if isinstance(value, list) else value
