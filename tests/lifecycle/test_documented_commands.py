"""Every command that README, runbooks and guides tell a user to type is typed here, in the order of the page, or says why not."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from localcloud.serve import STORE_VARIABLE
from tools.recorder import ROOT

from .checkout import Checkout

PAGES = [
    Path("README.md"),
    Path("CONTRIBUTING.md"),
    Path("SECURITY.md"),
    Path("database/README.md"),
    *sorted(path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md")),
]
NOT_TYPED = {
    "git clone https://github.com/alphintra/data-platform": "the checkout is a copy of this one",
    "make test": "this is what runs it",
    "make test-fast": "make test runs the same and more",
    "make lint": "make test begins with it",
    "make golden": "it would write the state of a checkout that is being tested",
    "gcloud auth application-default login": "needs an account at Google",
    "make doctor ENV=prod CLOUD=gcp": "needs an account at Google; tests/tools/test_doctor.py gives it staged answers",
    "make state-backend ENV=prod BUCKET=<your state bucket>": "needs a project at Google; test_state_backend.py has a gcloud that keeps what it is told",
    "make preview ENV=prod CLOUD=gcp ADOPT=adopt.yaml": "needs a project at Google; test_adoption.py does it to a small program",
    "make up ENV=prod CLOUD=gcp ADOPT=adopt.yaml": "needs a project at Google; test_adoption.py does it to a small program",
    ".venv/bin/python -m tools.access --env prod --repository <owner/name> --state <your state bucket> > access.sh": (
        "test_access.py runs it, and what it prints"
    ),
    "sh -eu access.sh": "test_access.py runs it with gcloud and gh that change nothing",
    "pulumi preview -s prod --policy-pack policies": "test_plain_pulumi.py types it for dev",
    "pulumi up -s prod": "test_plain_pulumi.py types it for dev",
    "export DATABASE_URL=db:pg://migrations@127.0.0.1:5432/alphintra": "tests/database does it for a server of its own",
    "database/migrate main dry-run": "tests/database/test_migrations.py types it",
    "database/migrate main deploy": "tests/database/test_migrations.py types it",
    "export MAIN_DATABASE_URL=postgresql://migrations@127.0.0.1:5432/alphintra": "tests/seeds does it for a server of its own",
    "make failover STORE=main-database ENV=prod": "it refuses while the primary answers: tests/tools/test_failover.py",
    "make failback STORE=main-database ENV=prod": "tests/lifecycle/test_failover.py does it to a small program",
    "make failover STORE=main-database ENV=prod PLANNED=1 YES=1": "production takes minutes; test_failover.py has a small program",
    "make failback STORE=main-database ENV=prod YES=1": "production takes minutes; test_failover.py has a small program",
    "make failover STORE=cache ENV=prod": "it refuses while the primary answers: tests/tools/test_cache_failover.py",
    "make failback STORE=cache ENV=prod": "tests/lifecycle/test_cache_failover.py does it to a small program",
    "make failover STORE=sessions ENV=prod": "it refuses while the primary answers: tests/tools/test_cache_failover.py",
    "make failback STORE=sessions ENV=prod": "tests/lifecycle/test_cache_failover.py does it to a small program",
    "make failover STORE=sessions ENV=prod PLANNED=1 YES=1": "production takes minutes; test_cache_failover.py has a small program",
    "make failback STORE=sessions ENV=prod YES=1": "production takes minutes; test_cache_failover.py has a small program",
    "make failover STORE=cache ENV=prod PLANNED=1 YES=1": "production takes minutes; test_cache_failover.py has a small program",
    "make failback STORE=cache ENV=prod YES=1": "production takes minutes; test_cache_failover.py has a small program",
    "make failover STORE=timeseries ENV=prod": "it refuses while the members answer: tests/tools/test_timeseries_failover.py",
    "make failback STORE=timeseries ENV=prod": "make drill DRILL=region does it; two clusters of Kubernetes take minutes",
    """echo '{"why": "network maintenance until noon"}' | gcloud storage cp - gs://alphintra-failover/frozen.json""": (
        "needs a bucket at Google; tests/database/test_failover_google.py puts the object there"
    ),
    "gcloud storage rm gs://alphintra-failover/frozen.json": "the same; tests/database/test_failover.py thaws",
    "make drill DRILL=region": "production takes minutes; .github/workflows/drill.yml types it, tests/tools/test_drill.py its parts",
    "make sample USERS=500": "tests/seeds/test_sample.py types what it does",
    "make anonymise DATABASE=alphintra_copy": "tests/seeds/test_anonymise.py types what it does",
}
"""Commands that are not typed, each with the reason."""
FENCE = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(make(?: -s)? [^`]+)`")


def blocks(page: Path) -> list[list[str]]:
    """The commands of each of a page's shell blocks, without their comments."""
    found = [[line.split("  #")[0].strip() for line in block.splitlines()] for block in FENCE.findall((ROOT / page).read_text())]
    return [[line for line in block if line] for block in found]


def commands(page: Path) -> list[str]:
    """All of them."""
    return [command for block in blocks(page) for command in block]


def walks(page: Path) -> list[list[str]]:
    """What is typed one after the other: a block that begins with `make up` needs nothing of those before it."""
    found: list[list[str]] = []
    for block in blocks(page):
        typed = [command for command in block if command not in NOT_TYPED]
        if not found or (block[:1] and block[0].startswith("make up")):
            found.append([])
        found[-1] += typed
    return [walk for walk in found if walk]


WALKS = {f"{page}-{number}": walk for page in PAGES for number, walk in enumerate(walks(page))}


@pytest.mark.engine
@pytest.mark.parametrize("walk", WALKS)
def test_they_work_as_they_stand(walk: str, checkout: Checkout) -> None:
    checkout.env.pop(STORE_VARIABLE)  # a user's local cloud is where `make up` puts it
    for command in WALKS[walk]:
        words = shlex.split(command)
        setting = [f"PYTHON={sys.executable}"] if words[0] == "make" else []
        done = checkout.run(*words, *setting)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr


def test_every_command_is_typed_or_excused() -> None:
    typed = [command for walk in WALKS.values() for command in walk]
    assert sorted(typed) == sorted(command for page in PAGES for command in commands(page) if command not in NOT_TYPED)


def test_nothing_is_excused_that_nobody_says() -> None:
    assert NOT_TYPED.keys() <= {command for page in PAGES for command in commands(page)}


def test_commands_in_running_text_exist() -> None:
    rules = re.findall(r"^([a-z -]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    targets = {target for rule in rules for target in rule.split()}
    for page in PAGES:
        for command in INLINE.findall((ROOT / page).read_text()):
            words = [word for word in command.split()[1:] if word != "-s" and "=" not in word]
            assert set(words) <= targets, f"{page}: {command}"


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", (ROOT / page).read_text()):
            assert (ROOT / page.parent / target).exists(), f"{page}: {target}"


@pytest.mark.engine
def test_make_leaves_stdout_to_the_result(checkout: Checkout) -> None:
    python = f"PYTHON={sys.executable}"
    inventory = json.loads(checkout.run("make", "-s", "inventory", "ENV=prod", python).stdout)
    assert {"urn", "type", "parent", "protect", "dependencies", "propertyDependencies", "inputs"} <= inventory[0].keys()
    assert checkout.run("make", "-s", "up", python).stdout.startswith("'dev' stands on the LOCAL CLOUD")
    assert checkout.run("make", "-s", "drift", python).stdout == "'dev' is as declared: nothing would change\n"
    preview = checkout.run("make", "-s", "preview", "ENV=nowhere", python)
    assert (preview.returncode, preview.stdout) == (2, "")
    assert "unknown environment 'nowhere'" in preview.stderr
    assert "Traceback" not in preview.stderr
