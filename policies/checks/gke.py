"""Checks of clusters and node pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .properties import at, both, is_private, items_at, must_be, must_be_set

BLOCKS = "masterAuthorizedNetworksConfig.cidrBlocks"
NODES = "nodeConfig"

first_pool_is_hardened = both(
    must_be(f"{NODES}.workloadMetadataConfig.mode", "GKE_METADATA"),
    must_be(f"{NODES}.shieldedInstanceConfig.enableSecureBoot", True),
    must_be(f"{NODES}.shieldedInstanceConfig.enableIntegrityMonitoring", True),
    must_be_set(f"{NODES}.bootDiskKmsKey"),
)
"""What the pool that a cluster is made with must have, although it is removed at once."""
DEFAULT_ACCOUNT = "-compute@developer.gserviceaccount.com"


def control_plane_is_not_public(properties: Mapping[str, Any]) -> str | None:
    """Only private addresses may talk to the control plane's address."""
    ranges = [str(at(block, "cidrBlock")) for block in items_at(properties, BLOCKS)]
    public = [block for block in ranges if not is_private(block)]
    return f"{BLOCKS} has {', '.join(public)}" if public else None


def own_account(properties: Mapping[str, Any]) -> str | None:
    """Nodes have an account that was made for them."""
    path = "nodeConfig.serviceAccount"
    account = str(at(properties, path) or "default")
    default = account == "default" or account.endswith(DEFAULT_ACCOUNT)
    return f"{path} is {account!r}, which may do far too much" if default else None


def holds_data(properties: Mapping[str, Any]) -> bool:
    """Whether the pool is one for data stores."""
    return str(at(properties, "name")).startswith(("timescaledb", "elasticsearch"))
