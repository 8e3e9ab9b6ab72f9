"""A plugin's process, as the engine starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

from localcloud.serve import STORE_VARIABLE
from tools.recorder import ROOT


@pytest.mark.parametrize("package", ["gcp", "kubernetes", "random"])
def test_it_starts_whatever_the_engine_says_of_logs_and_traces(package: str, tmp_path: Path) -> None:
    said = ["--logtostderr", "-v=9", "--tracing", "tcp://127.0.0.1:1", "127.0.0.1:2"]
    command = [str(ROOT / "localcloud" / "bin" / f"pulumi-resource-{package}"), *said]
    with subprocess.Popen(
        command, env={**os.environ, STORE_VARIABLE: str(tmp_path)}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        process.terminate()
    assert port.isdigit()


def test_the_policies_start_whatever_the_engine_says_of_logs_and_traces() -> None:
    said = ["--tracing", "tcp://127.0.0.1:1", "127.0.0.1:2", "."]
    command = [str(ROOT / "localcloud" / "bin" / "pulumi-analyzer-policy-python"), *said]
    with subprocess.Popen(command, cwd=ROOT / "policies", stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        process.terminate()
    assert port.isdigit()


@pytest.mark.parametrize("package", ["gcp", "kubernetes", "random"])
def test_it_answers_and_has_loaded_only_the_messages_of_the_sdk(package: str, tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "localcloud.serve", package]
    environment = {**os.environ, STORE_VARIABLE: str(tmp_path)}
    imports = tmp_path / "imports"  # a file: a pipe that nobody reads would fill up, and hold the process
    with (
        imports.open("w") as listed,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=listed, text=True) as process,
    ):
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)
            version: str = stub.GetPluginInfo(empty_pb2.Empty(), timeout=20).version
        process.terminate()
    loaded = {line.rpartition("|")[2].strip() for line in imports.read_text().splitlines()}
    assert version
    ours = {name for name in loaded if name.partition(".")[0] == "pulumi"}
    assert "pulumi.runtime.proto.provider_pb2" in ours
    assert {name for name in ours if not name.startswith("pulumi.runtime.proto")} == set()
