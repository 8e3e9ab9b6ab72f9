"""Connections to the stores, from what the secret `<store>-connection` says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from redis import Redis
from redis.cluster import RedisCluster
from redis.credentials import CredentialProvider

from ..workload import workload_token
from .store import Store

SECONDS = 5


class WorkloadIdentity(CredentialProvider):
    """The access token of the workload, new for each connection: one lives for an hour."""

    def __init__(self, token: Callable[[], str] = workload_token) -> None:
        self._token = token

    def get_credentials(self) -> tuple[str, str]:
        """The user's name and what stands for a password."""
        return "default", self._token()


def connect(secret: Path, *, cluster: bool, token: Callable[[], str] = workload_token, **options: Any) -> Store:
    """The store whose connection a file describes: the mounted secret, or one without certificates for a local Redis."""
    document: dict[str, Any] = json.loads(secret.read_text())
    how = _how(document, token)
    return Store.cluster(RedisCluster(**how), **options) if cluster else Store.standalone(Redis(**how), **options)


def client(endpoint: Mapping[str, Any], *, cluster: bool, token: Callable[[], str]) -> RedisCluster | Redis:
    """The library's own client of a store that listens there, for what goes through every key."""
    how = _how({"endpoints": {"primary": endpoint}}, token)
    return RedisCluster(**how) if cluster else Redis(**how)


def _how(document: Mapping[str, Any], token: Callable[[], str]) -> dict[str, Any]:
    found = document["endpoints"]["primary"]
    how: dict[str, Any] = {"host": found["host"], "port": found["port"], "decode_responses": True, "socket_timeout": SECONDS}
    if found["certificates"]:
        # Certificates name addresses, and clients ask for a name that follows the primary: the authority is what is checked.
        how |= {"ssl": True, "ssl_ca_data": "\n".join(found["certificates"]), "ssl_check_hostname": False}
        how["credential_provider"] = WorkloadIdentity(token) if "password" not in document else None
    if "password" in document:
        how["password"] = document["password"]
    return how
