"""The configuration with which Kubernetes clients reach a private cluster."""

from __future__ import annotations

import json


def kubeconfig(cluster: str, endpoint: str) -> str:
    """The kubeconfig of a cluster, as JSON, which is YAML too. Nothing in it is secret: a plugin asks for a token each time.

    Args:
        cluster: the cluster's name, which the context is called by too.
        endpoint: the DNS name of the control plane, `gke-….us-central1.gke.goog`. It is served under a certificate of a public
            authority; the cluster's own authority, which signs for addresses only, would make every connection fail
            (https://github.com/hashicorp/terraform-provider-kubernetes/issues/2637).
    """
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": cluster, "cluster": {"server": f"https://{endpoint}"}}],
            "users": [
                {
                    "name": cluster,
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1beta1",
                            "command": "gke-gcloud-auth-plugin",
                            "installHint": "Install it with: gcloud components install gke-gcloud-auth-plugin",
                            "interactiveMode": "Never",
                            "provideClusterInfo": True,
                        }
                    },
                }
            ],
            "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
            "current-context": cluster,
        }
    )
