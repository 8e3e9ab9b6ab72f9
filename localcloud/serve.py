"""Runs a provider as a plugin process: `python -m localcloud.serve gcp`, which the launchers in `bin/` call.

The engine starts it, reads the port from the first line of its output, and talks gRPC to 127.0.0.1. The process ends
with the engine, however the engine ends.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, cast

from .errors import LocalCloudError
from .lifeline import end_with_parent
from .plugin import Provider

STORE_VARIABLE = "ALPHINTRA_LOCAL_CLOUD"
"""Names the folder that holds the store."""
WORKERS = 16
GRACE_SECONDS = 5
"""How long requests under way may take to end when the engine is done."""
MESSAGE_BYTES = 64 * 1024 * 1024


def main() -> int:
    """Serves until the engine goes away."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.serve", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("package", choices=["gcp", "kubernetes", "random"])
    arguments, _ = parser.parse_known_args()  # the rest is the engine's address, and how it logs and traces
    _only_messages()
    import grpc  # noqa: PLC0415 - they are what loads the rest

    from .service import serve_on  # noqa: PLC0415

    provider = _provider(arguments.package)
    options = [("grpc.max_receive_message_length", MESSAGE_BYTES), ("grpc.max_send_message_length", MESSAGE_BYTES)]
    server = grpc.server(ThreadPoolExecutor(max_workers=WORKERS), options=options)
    serve_on(server, provider)
    port = server.add_insecure_port("127.0.0.1:0")

    # The engine runs plugins in process groups of their own, so this is not Ctrl-C but the engine saying that it is done.
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop(GRACE_SECONDS)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    gc.freeze()  # what is loaded stays; collections look at what requests make
    server.start()
    end_with_parent()
    print(port, flush=True)
    server.wait_for_termination()
    return 0


def store_path() -> Path:
    """Where the store is.

    Raises:
        LocalCloudError: nobody said where.
    """
    folder = os.environ.get(STORE_VARIABLE)
    if not folder:
        raise LocalCloudError(f"{STORE_VARIABLE} is not set: it names the folder that holds the local cloud's store")
    return Path(folder) / "cloud.db"


def _only_messages() -> None:
    """Has nothing loaded that a plugin does not use: of Pulumi's SDK the messages of its protocol, which lie inside it, and of
    gRPC what threads need, not what asyncio does.

    A plugin is no program, and the rest is half of the time that it takes to start; the engine starts one after the other.
    """
    for package in ("pulumi", "pulumi.runtime", "asyncio"):
        spec = importlib.util.find_spec(package)
        if spec:
            sys.modules[package] = importlib.util.module_from_spec(spec)
    sys.modules["grpc.aio"] = ModuleType("grpc.aio")


class _Broken:
    """A provider that cannot work. The engine shows what a provider answers, not what it prints, so it answers why."""

    version = ""

    def __init__(self, error: LocalCloudError) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        raise self.error


def _provider(package: str) -> Provider:
    if package == "random":
        from .random.provider import RandomProvider  # noqa: PLC0415 - each process needs one of them

        return RandomProvider()
    from .store import Store  # noqa: PLC0415

    try:
        store = Store(store_path())
        if package == "kubernetes":
            from .kubernetes.provider import KubernetesProvider  # noqa: PLC0415

            return KubernetesProvider(store)
        from .gcp.provider import GcpProvider  # noqa: PLC0415

        return GcpProvider(store)
    except LocalCloudError as error:
        return cast("Provider", _Broken(error))


if __name__ == "__main__":
    sys.exit(main())
