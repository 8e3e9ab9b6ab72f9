"""What keeps a pod from its secrets: each way it cannot read them is told apart, and none is found where it can."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from localcloud.plugin import NotReady
from tests.localcloud.world import Res

from .parts import account, deployment, made, mounting, provider_class, space
from .world import BOUND, Cluster

SPACE = BOUND[0]


def reasons(folder: Path, program: Sequence[Res]) -> str:
    with pytest.raises(NotReady) as caught:
        Cluster(folder).apply(program)
    assert caught.value.rule == "secret-mounted"
    return "\n".join(caught.value.reasons)


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ("nobody-made-it", "NotFound desc = Secret [projects/p/secrets/nobody-made-it] not found or has no versions."),
        ("empty", "NotFound desc = Secret [projects/p/secrets/empty] not found or has no versions."),
        ("other", "PermissionDenied desc = Permission 'secretmanager.versions.access' denied"),
    ],
)
def test_a_secret_that_cannot_be_read(tmp_path: Path, secret: str, says: str) -> None:
    program = [space(SPACE), account(SPACE), provider_class(SPACE, secret), deployment(SPACE, mounting(secret))]
    assert says in reasons(tmp_path, program)


def test_an_account_that_may_not_act_as_googles(tmp_path: Path) -> None:
    program = [space("elsewhere"), account("elsewhere"), provider_class("elsewhere", "login")]
    told = reasons(tmp_path, [*program, deployment("elsewhere", mounting("login"))])
    assert "Unauthenticated" in told
    assert "serviceAccount:p.svc.id.goog[elsewhere/app] for app@p.iam.gserviceaccount.com" in told


def test_an_account_without_an_annotation_is_a_principal_of_its_own(tmp_path: Path) -> None:
    plain = made("plain", "v1", "ServiceAccount", SPACE, {})
    program = [space(SPACE), plain, provider_class(SPACE, "login"), deployment(SPACE, mounting("login", "plain"))]
    assert f"workloadIdentityPools/p.svc.id.goog/subject/ns/{SPACE}/sa/plain" in reasons(tmp_path, program)


def test_a_secret_that_can_be_read(tmp_path: Path) -> None:
    program = [space(SPACE), account(SPACE), provider_class(SPACE, "login"), deployment(SPACE, mounting("login"))]
    cluster = Cluster(tmp_path)
    cluster.apply(program)
    assert {res.name for res in program} == set(cluster.states)
