"""Our own images. No container engine is needed: what the Dockerfile does is done in a folder, and .ci/image is run with programs that
write down what they are told."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from settings import load_stack_file
from tools.own_images import Copy, ImageError, copies, files, instructions, known, tag
from tools.recorder import ROOT

IMAGES = known()
PIP = re.compile(r"python -m pip install .*--requirement (\S+)")


def dockerfile(image: str) -> str:
    return (ROOT / "images" / image / "Dockerfile").read_text()


def programs(image: str) -> list[str]:
    return (ROOT / "images" / image / "programs").read_text().split()


def copied(image: str, folder: Path) -> Path:
    """The image's own files, below a folder that stands for its root."""
    for sources, target in copies(dockerfile(image)):
        for source in sources:
            path, to = ROOT / source, folder / target.lstrip("/")
            if path.is_dir():
                shutil.copytree(path, to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                assert target.endswith("/"), f"{source} would be called {target}"
                to.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, to)
    return folder


@pytest.fixture(scope="module", params=IMAGES)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Path]:
    """The image's name, its root, and a Python that has what its Dockerfile installs."""
    image: str = request.param
    root = copied(image, tmp_path_factory.mktemp(image))
    [requirements] = [found[1] for _, given in instructions(dockerfile(image)) if (found := PIP.search(given))]
    python = root / "venv" / "bin" / "python"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    locked = root / requirements.lstrip("/")
    subprocess.run([*uv, "venv", "--python", sys.executable, root / "venv"], check=True)
    install = [*uv, "pip", "install", "--python", python, "--require-hashes", "--only-binary", ":all:", "--requirement", locked]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if "error sending request" in done.stderr:
        pytest.skip(f"the packages of the image cannot be had: {done.stderr}")
    assert done.returncode == 0, done.stderr
    return image, root, python


def test_every_program_starts_with_what_is_in_the_image(built: tuple[str, Path, Path]) -> None:
    image, root, python = built
    [where] = [given for instruction, given in instructions(dockerfile(image)) if instruction == "WORKDIR"]
    assert programs(image)
    for module in programs(image):
        command = [python, "-m", module, "--help"]
        done = subprocess.run(
            command, cwd=root / where.lstrip("/"), env={"PATH": os.defpath}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{module}: {done.stderr}"
        assert f"python -m {module}" in done.stdout


def test_every_module_in_the_image_finds_what_it_imports(built: tuple[str, Path, Path]) -> None:
    image, root, python = built
    app = root / "app"
    modules = [".".join(file.relative_to(app).with_suffix("").parts) for file in sorted(app.rglob("*.py"))]
    named = [module for module in modules if not module.endswith("__main__")]
    imports = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name.removesuffix('.__init__'))"
    done = subprocess.run([python, "-c", imports, *named], cwd=app, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{image}: {done.stderr}"


@pytest.mark.parametrize("image", IMAGES)
def test_it_is_small_and_runs_as_nobody(image: str) -> None:
    found = [*instructions(dockerfile(image))]
    named = dict(load_stack_file(ROOT / "Pulumi.prod.yaml").search)
    assert [given for instruction, given in found if instruction == "FROM"] == [named["setup_image"]], (
        "by digest, and pulled already"
    )
    assert found[-1] == ("USER", "65534:65534"), "by number: Kubernetes can tell that it is not root"
    assert not {instruction for instruction, _ in found} & {"ADD", "ARG", "EXPOSE", "VOLUME"}
    [run] = [given for instruction, given in found if instruction == "RUN"]
    assert {"--require-hashes", "--no-cache-dir"} <= {*run.split()}
    assert "PYTHONDONTWRITEBYTECODE=1" in dict(found)["ENV"], "its root file system is read-only"


@pytest.mark.parametrize("image", IMAGES)
def test_what_is_copied_is_let_through_and_is_no_more_than_code(image: str) -> None:
    ignored = [line for line in (ROOT / "images" / image / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert ignored[0] == "*"
    let = tuple(line.removeprefix("!") for line in ignored if line.startswith("!"))
    assert all(source.startswith(let) for copy in copies(dockerfile(image)) for source in copy.sources)
    assert {file.suffix for file in files(image)} == {"", ".py", ".lua", ".txt"}


@pytest.mark.parametrize("image", IMAGES)
def test_its_packages_are_those_of_the_project(image: str) -> None:
    """At the versions and hashes that everything was tested with."""
    whole = (ROOT / "requirements.txt").read_text()
    locked = re.findall(r"^(\S+==\S+)", (ROOT / "images" / image / "requirements.txt").read_text(), re.M)
    assert {name.partition("==")[0] for name in locked} >= {"psycopg", "redis"}
    assert [name for name in locked if f"\n{name} " not in whole] == []


def test_the_tag_follows_the_content(tmp_path: Path) -> None:
    assert tag("jobs") == tag("jobs", shutil.copytree(ROOT / "images", tmp_path / "images") and _like(tmp_path))
    first = tag("jobs", tmp_path)
    (tmp_path / "database" / "cache" / "__pycache__").mkdir()
    (tmp_path / "database" / "cache" / "__pycache__" / "x.pyc").touch()
    assert tag("jobs", tmp_path) == first, "what Python leaves is not in it"
    (tmp_path / "database" / "cache" / "more.py").touch()
    assert tag("jobs", tmp_path) != first
    shutil.rmtree(tmp_path / "database" / "search")
    with pytest.raises(ImageError, match="images/jobs/Dockerfile copies database/search, which is not there"):
        tag("jobs", tmp_path)


def _like(folder: Path) -> Path:
    shutil.copytree(ROOT / "database", folder / "database", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_a_dockerfile_is_read_as_it_is_meant() -> None:
    assert [*instructions("# no\nFROM a\nRUN b \\\n  c\n\ncopy x y /z/\n")] == [
        ("FROM", "a"),
        ("RUN", "b    c"),
        ("COPY", "x y /z/"),
    ]
    assert copies("COPY x y /z/") == [Copy(["x", "y"], "/z/")]


TOLD = """#!/bin/sh
echo "$(basename "$0") $*" >> "{log}"
case "$(basename "$0") $1" in
  "gcloud auth") echo ya29.secret ;;
  "skopeo login") cat > "{folder}/given" ;;
  "skopeo inspect") [ -e "{folder}/there" ] && echo sha256:beef ;;
  "skopeo copy") touch "{folder}/there" ;;
esac
"""
Script = Callable[..., tuple[subprocess.CompletedProcess[str], list[str]]]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    for name in ("podman", "skopeo", "gcloud"):
        (tmp_path / name).write_text(TOLD.format(log=tmp_path / "log", folder=tmp_path))
        (tmp_path / name).chmod(0o755)

    def run(*arguments: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        (log := tmp_path / "log").write_text("")
        env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run([".ci/image", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        return done, log.read_text().splitlines()

    return run


def test_it_is_built_and_each_program_is_started_in_it_before_it_is_kept(script: Script) -> None:
    done, calls = script("build", "jobs", "kept.tar")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    name = f"localhost/jobs:{tag('jobs')}"
    assert [call.split()[1] for call in calls] == ["build", *["run"] * len(programs("jobs")), "save"]
    assert f"--file images/jobs/Dockerfile --ignorefile images/jobs/.dockerignore --tag {name} ." in calls[0]
    for module, call in zip(programs("jobs"), calls[1:], strict=False):
        assert call == f"podman run --rm --read-only --cap-drop all --network none {name} python -m {module} --help"
    assert calls[-1] == f"podman save --format oci-archive --output kept.tar {name}"


def test_it_is_pushed_once_and_what_to_put_into_the_settings_is_said(script: Script, tmp_path: Path) -> None:
    name = f"us-central1-docker.pkg.dev/alphintra-staging/alphintra-images/jobs:{tag('jobs')}"
    done, calls = script("push", "jobs", "kept.tar", "staging")
    assert (done.returncode, done.stdout) == (0, f"jobs:{tag('jobs')}@sha256:beef\n"), done.stderr
    assert f"skopeo copy --quiet --preserve-digests oci-archive:kept.tar docker://{name}" in calls
    assert (tmp_path / "given").read_text() == "ya29.secret\n", "the token comes on stdin"
    assert "ya29" not in "".join(calls) + done.stderr
    again, calls = script("push", "jobs", "kept.tar", "staging")
    assert again.stdout == done.stdout
    assert not [call for call in calls if call.startswith("skopeo copy")], "a tag stays on its image"


def test_what_is_asked_for_otherwise_is_refused(script: Script) -> None:
    done, calls = script("burn", "jobs")
    assert (done.returncode, calls) == (2, [])
    assert done.stderr.endswith("burn: build or push\n")
    nowhere, calls = script("push", "jobs", "kept.tar", "nowhere")
    assert (nowhere.returncode, calls) == (1, [])
    assert "Pulumi.nowhere.yaml does not exist" in nowhere.stderr
    other = subprocess.run(
        [sys.executable, "-m", "tools.own_images", "other"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert other.returncode == 2
    assert "invalid choice: 'other'" in other.stderr
