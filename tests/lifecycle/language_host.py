"""A stand-in for `pulumi-language-python`, which comes with the official CLI: runs the program as plain `pulumi up` would.

The engine starts it with its own address, asks what plugins the program needs, and tells it to run the program or a policy pack.
"""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from localcloud.lifeline import end_with_parent


class Host(LanguageServer):
    """Runs programs of this process's Python."""

    def __init__(self, engine: str) -> None:
        super().__init__(lambda: None)
        self.engine = engine

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        folder = request.info.program_directory
        os.chdir(folder)
        sys.path.insert(0, folder)

        def program() -> None:
            runpy.run_path(str(Path(folder) / "__main__.py"), run_name="__main__")

        self.program = program
        del request.args[:]
        request.args.append(self.engine)
        answer: Any = super().Run(request, context)  # pyright: ignore[reportUnknownMemberType] - the SDK leaves it open
        return answer

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802, ARG002
        command = [sys.executable, "-u", request.info.program_directory, *request.args]
        env = dict(entry.split("=", 1) for entry in request.env)
        with subprocess.Popen(command, cwd=request.pwd, env=env, stdout=subprocess.PIPE) as process:
            assert process.stdout
            for line in process.stdout:
                yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=process.returncode)


def main() -> None:
    server = grpc.server(ThreadPoolExecutor(8))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(sys.argv[-1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    signal.signal(signal.SIGINT, _end)  # the engine is done
    server.start()
    end_with_parent()
    print(port, flush=True)  # noqa: T201 - this is how the engine learns the port
    server.wait_for_termination()


def _end(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)


if __name__ == "__main__":
    main()
