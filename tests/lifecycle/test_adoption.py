"""What exists at the cloud already is taken over as it is declared: the real engine, the real commands, the program of the drift."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from localcloud.store import Store
from tests.localcloud.program import stage
from tools.lifecycle import commands
from tools.lifecycle.adoption import read
from tools.lifecycle.errors import CommandError

from .test_drift import PROJECT, Bare, program

BUCKET, TOPIC = "gcp:storage/bucket:Bucket::bucket", "gcp:pubsub/topic:Topic::topic"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance::instance"
EXISTING = {BUCKET: "alphintra-models", INSTANCE: "main", TOPIC: f"projects/{PROJECT}/topics/orders"}

TAKEN = r"Error 409: The (requested bucket name is not available|(DatabaseInstance|Topic) '\S+' already exists)"


def yes(_what: str) -> bool:
    return True


def stack(home: Path, adopts: Mapping[str, str] | None = None) -> Bare:
    return Bare("dev", "local", home, program=program, adopts=adopts or {})


def forget(home: Path, *names: str) -> None:
    """Takes resources out of the state, and leaves them at the cloud."""
    there = stack(home)
    state = there.exported()
    kept = [r for r in state["deployment"]["resources"] if f"{r['type']}::{r['urn'].rpartition('::')[2]}" not in names]
    gone = {r["urn"] for r in state["deployment"]["resources"]} - {r["urn"] for r in kept}
    for resource in kept:
        resource["dependencies"] = [urn for urn in resource.get("dependencies", []) if urn not in gone]
        depended: dict[str, list[str]] = resource.get("propertyDependencies", {})
        resource["propertyDependencies"] = {key: [u for u in urns if u not in gone] for key, urns in depended.items()}
    state["deployment"]["resources"] = kept
    there.imported(state)


def made(home: Path) -> int:
    store = Store(stack(home).store / "cloud.db")
    with store.transaction():
        found = [operation for operation in store.operations() if operation["verb"] == "create"]
    store.close()
    return len(found)


@pytest.mark.engine
def test_what_exists_is_taken_over_and_not_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.up(stack(tmp_path), yes) == 0
    forget(tmp_path, *EXISTING)
    before = made(tmp_path)
    # The names are taken; which one is told first is the engine's business.
    with pytest.raises(CommandError, match=TAKEN):
        commands.up(stack(tmp_path), yes)
    assert made(tmp_path) == before

    # One that is otherwise than declared is told, and nothing is changed.
    wrong = [("set", EXISTING[BUCKET], "versioning.enabled", "false")]
    store = Store(stack(tmp_path).store / "cloud.db")
    stage(store, wrong)
    with pytest.raises(
        CommandError, match=r"as declared:\n~ bucket .*\n    versioning.enabled: false -> true\n.*Nothing was changed"
    ):
        commands.up(stack(tmp_path, EXISTING), yes)
    stage(store, [("set", EXISTING[INSTANCE], "region", "us-east1")])
    with pytest.raises(CommandError, match=r"± instance .*\n    region: us-east1 -> us-central1 \(replaces\)"):
        commands.up(stack(tmp_path, EXISTING), yes)
    stage(store, [("set", EXISTING[INSTANCE], "region", "us-central1")])
    stage(store, [("set", EXISTING[BUCKET], "versioning.enabled", "true")])
    store.close()

    with pytest.raises(CommandError, match=r"nothing is declared as gcp:storage/bucket:Bucket::buckets; `make inventory`"):
        commands.up(stack(tmp_path, {"gcp:storage/bucket:Bucket::buckets": "x"}), yes)
    with pytest.raises(CommandError):
        commands.up(stack(tmp_path, {**EXISTING, BUCKET: "another-name"}), yes)

    capsys.readouterr()
    assert commands.preview(stack(tmp_path, EXISTING), yes) == 0
    told = capsys.readouterr().out
    assert sorted(told.splitlines()) == ["= bucket (gcp:Bucket)", "= instance (gcp:DatabaseInstance)", "= topic (gcp:Topic)"]
    assert commands.up(stack(tmp_path, EXISTING), yes) == 0
    assert made(tmp_path) == before
    assert commands.drift(stack(tmp_path), yes) == 0
    assert commands.up(stack(tmp_path, EXISTING), yes) == 0, "named again, it is left alone"
    with pytest.raises(CommandError, match="is main already, so other cannot be adopted as it: that would delete main"):
        commands.up(stack(tmp_path, {INSTANCE: "other"}), yes)
    assert made(tmp_path) == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "says nothing to adopt; a line is like gcp:storage/bucket:Bucket::storage-ml-models: alphintra-prod-ml-models"),
        ("- a", "says nothing to adopt"),
        ("a: b", "'a: b' is not a type::name and an id"),
        ("a::b: [c]", "is not a type::name and an id"),
        ("a::b:", "is not a type::name and an id"),
        ("a::b: c\na::b: d", "is not YAML"),
        ("{", "is not YAML"),
    ],
)
def test_a_file_that_is_not_one_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "adopt.yaml"
    file.write_text(text)
    with pytest.raises(CommandError) as refused:
        read(file)
    assert says in str(refused.value)
    with pytest.raises(CommandError, match="No such file"):
        read(tmp_path / "none.yaml")
