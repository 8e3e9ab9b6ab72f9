"""The kubeconfig of a private cluster: its DNS name, a plugin for tokens, and nothing secret."""

from __future__ import annotations

import json

from components.kubeconfig import kubeconfig

ENDPOINT = "gke-0a1b2c-123456789012.us-central1.gke.goog"
FOUND = json.loads(kubeconfig("alphintra-us-central1", ENDPOINT))


def test_it_reaches_the_cluster_by_its_dns_name_and_trusts_public_authorities() -> None:
    assert FOUND["clusters"] == [{"name": "alphintra-us-central1", "cluster": {"server": f"https://{ENDPOINT}"}}]


def test_tokens_come_from_googles_plugin() -> None:
    (user,) = FOUND["users"]
    assert set(user["user"]) == {"exec"}, "no token, password or certificate"
    assert user["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert user["user"]["exec"]["apiVersion"] == "client.authentication.k8s.io/v1beta1"
    assert user["user"]["exec"]["interactiveMode"] == "Never", "nobody answers questions during an update"


def test_its_one_context_is_the_current_one() -> None:
    (context,) = FOUND["contexts"]
    assert context == {
        "name": "alphintra-us-central1",
        "context": {"cluster": FOUND["clusters"][0]["name"], "user": FOUND["users"][0]["name"]},
    }
    assert FOUND["current-context"] == context["name"]
