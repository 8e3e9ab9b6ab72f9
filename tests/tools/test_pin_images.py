"""Digests of images, asked of a registry of the tests' own that speaks the API of registries, and put into the settings."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest

from settings import load_stack_file
from settings.section import NOT_LOOKED_UP, images
from tools import pin_images
from tools.own_images import tag
from tools.pin_images import Image, RegistryError, digest
from tools.recorder import ROOT

MANIFEST = b'{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}'
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"


class Registry(BaseHTTPRequestHandler):
    """Gives manifests to whoever fetched a token for that repository, as public registries do."""

    def do_GET(self) -> None:
        server = cast("Served", self.server)
        if self.path.startswith("/token?"):
            server.asked.append(self.path)
            scope = self.path.partition("scope=")[2].split("&")[0].replace("%3A", ":").replace("%2F", "/")
            self._answer(200, json.dumps({"token": f"for {scope}"}).encode())
            return
        path, tag = self.path.removeprefix("/v2/").split("/manifests/")
        given = self.headers.get("Authorization")
        ours = path.startswith("alphintra-prod/")
        if ours and given != "Bearer ya29.ours":
            self._answer(403, b"{}")
        elif not ours and given != f"Bearer for repository:{path}:pull":
            where = f'Bearer realm="http://127.0.0.1:{server.server_port}/token",service="tests"'
            self._answer(401, b"{}", {"WWW-Authenticate": "Basic" if server.closed else where})
        elif f"{path}:{tag}" in server.missing:
            self._answer(404, b"{}")
        elif "application/vnd.oci.image.index.v1+json" not in self.headers["Accept"]:
            self._answer(406, b"{}")
        else:
            self._answer(200, MANIFEST, {"Docker-Content-Digest": server.says})

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""


class Served(ThreadingHTTPServer):
    """The registry."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Registry)
        self.asked: list[str] = []
        self.missing: set[str] = set()
        self.says, self.closed = DIGEST, False
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def registry() -> Generator[Served]:
    served = Served()
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


class Command:
    """The command, in a folder of its own, since it writes."""

    def __init__(self, folder: Path, registry: Served, patch: pytest.MonkeyPatch, said: pytest.CaptureFixture[str]) -> None:
        self.folder, self._patch, self._said, self.registry = folder, patch, said, registry
        for file in ROOT.glob("Pulumi.*.yaml"):
            shutil.copy2(file, folder / file.name)
        patch.setattr(pin_images, "ROOT", folder)
        (gcloud := folder / "gcloud").write_text("#!/bin/sh\necho ya29.ours\n")
        gcloud.chmod(0o755)
        patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        self.hosts = {"us-central1-docker.pkg.dev"} | {
            Image.of(reference).host for _, reference in images(load_stack_file(folder / "Pulumi.prod.yaml"))
        }

    def run(self, environment: str = "prod") -> tuple[int, str, str]:
        given = [part for host in sorted(self.hosts) for part in ("--registry", f"{host}={self.registry.url}")]
        self._patch.setattr(sys, "argv", ["pin_images", "--env", environment, *given])
        status = pin_images.main()
        out, said = self._said.readouterr()
        return status, out, said

    def text(self, environment: str = "prod") -> str:
        return (self.folder / f"Pulumi.{environment}.yaml").read_text()


@pytest.fixture
def command(tmp_path: Path, registry: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(tmp_path, registry, monkeypatch, capsys)


IMAGE = Image.of(f"docker.io/timescale/timescaledb-ha:pg15@{NOT_LOOKED_UP}")


def test_what_lacks_a_digest_gets_that_of_its_tag_and_nothing_else_changes(command: Command) -> None:
    before = command.text()
    status, out, said = command.run()
    series, own = out.splitlines()
    assert series.startswith("timeseries.image: docker.io/timescale/timescaledb-ha:pg15")
    assert series.endswith(f"@{DIGEST}")
    assert own == f"images.jobs: jobs:{tag('jobs')}@{DIGEST}", "what this checkout makes"
    assert (status, said.splitlines()[-1].startswith("Pulumi.prod.yaml: 2 image(s) pinned")) == (3, True), (
        "those that are pinned moved"
    )
    lines = command.text().splitlines()
    assert lines[: len(before.splitlines())] == before.splitlines(), "comments and all"
    assert lines[len(before.splitlines()) :] == [
        "  alphintra:timeseries:",
        f"    {series.replace('timeseries.image', 'image')}",
        "  alphintra:images:",
        f"    {own.replace('images.jobs', 'jobs')}",
    ]
    known = dict(images(load_stack_file(command.folder / "Pulumi.prod.yaml")))
    assert known["timeseries.image"].endswith(DIGEST)
    assert not any(reference.endswith(NOT_LOOKED_UP) for reference in known.values())


def test_what_is_pinned_stays_and_a_tag_that_moved_is_told(command: Command) -> None:
    command.run()
    pinned = command.text()
    status, out, said = command.run()
    assert (status, out, command.text()) == (3, "", pinned)
    assert f"migrations.image: v1.6.1 stands for {DIGEST} now, and stays pinned to sha256:f247ab0e" in said
    assert "timeseries.image" not in said


def test_our_own_image_stays_too_and_a_checkout_that_makes_another_is_told(command: Command) -> None:
    command.run()
    file = command.folder / "Pulumi.prod.yaml"
    file.write_text(file.read_text().replace(f"jobs:{tag('jobs')}@", "jobs:0123456789abcdef@"))
    status, out, said = command.run()
    assert (status, out) == (3, "")
    assert f"images.jobs: this checkout makes jobs:{tag('jobs')}, and it stays pinned to jobs:0123456789abcdef@{DIGEST}" in said


@pytest.mark.parametrize("what", ["not pushed", "no gcloud"])
def test_our_own_image_that_cannot_be_had_says_what_to_do(command: Command, what: str) -> None:
    before = command.text()
    if what == "not pushed":
        command.registry.missing = {f"alphintra-prod/alphintra-images/jobs:{tag('jobs')}"}
    else:
        (command.folder / "gcloud").write_text("#!/bin/sh\necho 'ERROR: nobody is signed in' >&2\nexit 1\n")
    status, out, said = command.run()
    assert (status, out, command.text()) == (1, "", before)
    assert said.startswith("images.jobs: ")
    assert ("404" if what == "not pushed" else "nobody is signed in") in said
    assert "null leaves out what runs it; nothing was changed" in said


@pytest.mark.parametrize("what", ["missing", "lies", "closed", "down"])
def test_where_a_registry_does_not_answer_nothing_is_changed(command: Command, what: str) -> None:
    before, registry = command.text(), command.registry
    if what == "missing":
        registry.missing = {"sqitch/sqitch:v1.6.1"}
    elif what == "lies":
        registry.says = "sha256:" + "1" * 64
    elif what == "closed":
        registry.closed = True
    else:
        registry.url = "http://127.0.0.1:1"
    status, out, said = command.run()
    expected = {
        "missing": "docker.io has no sqitch/sqitch:v1.6.1 for us: 404", "lies": f"and sends {DIGEST}",
        "closed": "without signing in: Basic", "down": "cannot be asked about",
    }  # fmt: skip
    assert (status, out, command.text()) == (1, "", before)
    assert expected[what] in said
    assert said.endswith("; nothing was changed\n")


def test_a_token_is_asked_for_that_repository_alone(registry: Served) -> None:
    assert digest(IMAGE, {"docker.io": registry.url}) == DIGEST
    assert registry.asked == ["/token?scope=repository%3Atimescale%2Ftimescaledb-ha%3Apull&service=tests"]


def test_more_than_a_manifest_is_none(registry: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pin_images, "MOST", 10)
    with pytest.raises(RegistryError, match="more than 10 bytes are no manifest"):
        digest(IMAGE, {"docker.io": registry.url})


def test_bad_input_is_named() -> None:
    command = [sys.executable, "-m", "tools.pin_images"]
    wrong = subprocess.run([*command, "--registry", "docker.io"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "docker.io is not HOST=URL" in wrong.stderr
    nowhere = subprocess.run([*command, "--env", "nowhere"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (nowhere.returncode, nowhere.stderr) == (1, "Pulumi.nowhere.yaml does not exist; nothing was changed\n")
