"""An update that leaves out what is in a lost region, where the program no longer makes that wait for what it needed: the real
engine refuses it, unless the state has been told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest
from pulumi.automation.errors import CommandError

from components.configuration import current
from tools.failover.run import left_out
from tools.failover.state import in_region
from tools.lifecycle import commands

from .failing_over import HOME, Small, ground, yes

pytestmark = pytest.mark.engine
MOVED: list[str] = []
"""Not empty once what is told lives in another region."""


def program() -> None:
    """A subnet that is told of an address, and later does not wait for it any more; the address waits for the subnet."""
    on = ground(current())
    told = subnet(on.network, "told", "elsewhere", on.ready) if MOVED else None
    opts = pulumi.ResourceOptions.merge(on.ready, pulumi.ResourceOptions(depends_on=[told] if told else []))
    address = gcp.compute.GlobalAddress("address", name="address", opts=opts)
    if told is None:
        subnet(on.network, "told", pulumi.Output.concat("to ", address.name), on.ready)


def subnet(network: gcp.compute.Network, name: str, says: pulumi.Input[str], opts: pulumi.ResourceOptions) -> pulumi.Resource:
    return gcp.compute.Subnetwork(
        name, name=name, network=network.id, region=HOME, ip_cidr_range="10.0.0.0/24", description=says, opts=opts
    )


def needs(workspace: Small) -> dict[str, list[str]]:
    """By the resource's name, the names of what it depends on."""
    resources: list[dict[str, Any]] = workspace.exported()["deployment"]["resources"]
    return {
        known["urn"].rpartition("::")[2]: [urn.rpartition("::")[2] for urn in known.get("dependencies", [])]
        for known in resources
    }


def test_what_is_left_out_is_no_duplicate_whatever_it_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Small("dev", "local", tmp_path, program=program)
    assert commands.up(workspace, yes) == 0
    before = needs(workspace)
    assert "address" in before["told"]
    monkeypatch.setattr(f"{__name__}.MOVED", ["there"])
    lost = in_region(workspace.exported()["deployment"]["resources"], HOME)
    assert len(lost) == 1

    with pytest.raises(CommandError, match="Duplicate resource URN"):
        workspace.stack.preview(exclude=lost)
    with left_out(workspace, lost):
        assert needs(workspace)["told"] == []
        workspace.stack.up(exclude=lost)
    after = needs(workspace)
    assert "told" in after["address"]
    assert set(after["told"]) == set(before["told"]) - {"address"}, "what needs it by now it does not need any more"
    assert commands.up(workspace, yes) == 0
    assert commands.drift(workspace, yes) == 0


def test_an_update_that_fails_leaves_the_state_as_it_was(tmp_path: Path) -> None:
    workspace = Small("dev", "local", tmp_path, program=program)
    assert commands.up(workspace, yes) == 0
    before = needs(workspace)
    lost = in_region(workspace.exported()["deployment"]["resources"], HOME)
    with pytest.raises(ZeroDivisionError), left_out(workspace, lost):
        raise ZeroDivisionError
    assert {name: set(known) for name, known in needs(workspace).items()} == {name: set(known) for name, known in before.items()}
