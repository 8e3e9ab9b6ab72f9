"""Checks of Google Cloud, asked as the one who would run the update. Each stops where the next could only fail too."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.errors import LocalCloudError
from localcloud.machines import capacity, machine_data

from ..access.needs import PROJECT, Need
from ..gcloud import GcloudError
from ..homes import Inventory
from . import machine
from .finding import Finding, failed, ok, warning

Ask = Callable[..., str]
"""gcloud: its arguments, and what it says."""
Allowed = Callable[[str, Sequence[str]], set[str]]
"""Which of some permissions one has in a project."""
FIRST_APIS = ("cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com", "iam.googleapis.com")
"""What must be on before the program can switch the others on."""
FAMILIES = {"e2": "CPUS", "n1": "CPUS", "n2": "N2_CPUS", "n2d": "N2D_CPUS", "c2": "C2_CPUS", "c3": "C3_CPUS"}
"""The quota that a machine family's vCPUs count to: https://cloud.google.com/compute/resource-usage#cpu_quota. Of families that
are not here it is told that nothing is known."""


@dataclass(frozen=True, kw_only=True)
class Google:
    """What is asked, and for what."""

    ask: Ask
    allowed: Allowed
    environment: str
    project: str
    backend: str
    """Where Pulumi keeps its state."""
    needs: Sequence[Need]
    inventory: Inventory


def findings(google: Google) -> Iterator[Finding]:
    """All checks, in the order in which they are mended."""
    for check in (_tool, _login, _project):
        found = check(google)
        yield found
        if found.verdict == "failed":
            return
    yield _billing(google)
    yield _apis(google)
    yield _permissions(google)
    yield from _quotas(google)
    yield from _state(google)


def _tool(google: Google) -> Finding:
    try:
        known = json.loads(google.ask("version", "--format=json"))
    except GcloudError as error:
        return failed("gcloud", str(error), "https://cloud.google.com/sdk/docs/install")
    return ok("gcloud", str(known.get("Google Cloud SDK", "is there")))


def _login(google: Google) -> Finding:
    try:
        google.ask("auth", "application-default", "print-access-token")
    except GcloudError as error:
        return failed("credentials", _short(error), "gcloud auth application-default login")
    try:
        account = google.ask("auth", "list", "--filter=status:ACTIVE", "--format=value(account)").strip()
    except GcloudError as error:
        return failed("credentials", _short(error), "gcloud auth login")
    return ok("credentials", account) if account else failed("credentials", "no account is logged in", "gcloud auth login")


def _project(google: Google) -> Finding:
    try:
        known = json.loads(google.ask("projects", "describe", google.project, "--format=json"))
    except GcloudError as error:
        return failed(
            "project",
            f"{google.project} is not there, or not shown to this account: {_short(error)}",
            f"gcloud projects create {google.project}; or put the right id under alphintra:project in "
            f"Pulumi.{google.environment}.yaml",
        )
    if known.get("lifecycleState") != "ACTIVE":
        return failed(
            "project", f"{google.project} is {known.get('lifecycleState')}", f"gcloud projects undelete {google.project}"
        )
    return ok("project", google.project)


def _billing(google: Google) -> Finding:
    try:
        known = json.loads(google.ask("billing", "projects", "describe", google.project, "--format=json"))
    except GcloudError as error:
        return warning("billing", f"cannot be asked: {_short(error)}", "somebody who runs the billing account can say")
    if not known.get("billingEnabled"):
        do = f"gcloud billing projects link {google.project} --billing-account=<account>"
        return failed("billing", f"{google.project} has no billing account", do)
    return ok("billing", "is on")


def _apis(google: Google) -> Finding:
    try:
        said = google.ask("services", "list", "--enabled", f"--project={google.project}", "--format=value(config.name)")
    except GcloudError as error:
        do = f"gcloud services enable serviceusage.googleapis.com --project={google.project}"
        return failed("APIs", f"cannot be asked: {_short(error)}", do)
    missing = [api for api in FIRST_APIS if api not in said.split()]
    if missing:
        do = f"gcloud services enable {' '.join(missing)} --project={google.project}"
        return failed("APIs", f"{', '.join(missing)} must be on before the program can enable the rest", do)
    declared = {entry["inputs"].get("service") for entry in google.inventory if entry["type"] == "gcp:projects/service:Service"}
    later = len(declared - set(said.split()))
    return ok("APIs", f"those that come first are on; `up` enables {later} more" if later else "all are on")


def _permissions(google: Google) -> Finding:
    here = [need for need in google.needs if need.at == PROJECT]
    try:
        has = google.allowed(google.project, [need.permission for need in here])
    except GcloudError as error:
        return failed("permissions", f"cannot be asked: {_short(error)}", "gcloud auth application-default login")
    lacking = [need for need in here if need.permission not in has]
    if lacking:
        says = ", ".join(f"{need.permission} ({' and '.join(need.roles)})" for need in lacking)
        do = f"ask for those roles; `python -m tools.access --env {google.environment}` prints who gets which"
        return failed("permissions", f"{len(lacking)} of {len(here)} are missing: {says}", do)
    elsewhere = [f"{', '.join(need.roles)} on the {need.at}" for need in google.needs if need.at != PROJECT]
    if elsewhere:
        return warning("permissions", f"not asked: {'; '.join(elsewhere)}", "whoever runs that can say")
    return ok("permissions", f"all {len(here)} that were asked for")


def _quotas(google: Google) -> Iterator[Finding]:
    wanted, untold = cpus_of(google.inventory)
    if untold:
        yield warning("quotas", f"not known of {', '.join(untold)}", f"gcloud alpha quotas info list --project={google.project}")
    for region, metrics in sorted(wanted.items()):
        try:
            said = google.ask("compute", "regions", "describe", region, f"--project={google.project}", "--format=json")
        except GcloudError as error:
            yield warning(f"quotas of {region}", f"cannot be asked: {_short(error)}", "run this again once the Compute API is on")
            continue
        known = {quota["metric"]: quota for quota in json.loads(said).get("quotas", [])}
        for metric, count in sorted(metrics.items()):
            quota = known.get(metric, {"limit": 0, "usage": 0})
            left = int(quota["limit"] - quota["usage"])
            says = f"{metric}: {count} vCPUs at the most, {left} of {int(quota['limit'])} are free"
            do = f"https://console.cloud.google.com/iam-admin/quotas?project={google.project}: ask for more {metric} in {region}"
            yield ok(f"quotas of {region}", says) if left >= count else warning(f"quotas of {region}", says, do)


def cpus_of(inventory: Inventory) -> tuple[dict[str, Counter[str]], list[str]]:
    """The vCPUs of all node pools at their largest, by region and quota; and the machine types that no quota is known of."""
    found: dict[str, Counter[str]] = {}
    untold: set[str] = set()
    for entry in inventory:
        if entry["type"] != "gcp:container/nodePool:NodePool":
            continue
        inputs: Mapping[str, Any] = entry["inputs"]
        type_ = str(inputs["nodeConfig"]["machineType"])
        metric, cpus = FAMILIES.get(type_.partition("-")[0]), _cpus(type_)
        if metric is None or not cpus:
            untold.add(type_)
            continue
        region = next(name for name in machine_data()["zones"] if f"/locations/{name}/" in inputs["cluster"])
        found.setdefault(region, Counter())[metric] += cpus * nodes_of(inputs, region)
    return found, sorted(untold)


def _cpus(machine_type: str) -> int:
    """The vCPUs of a machine type; 0 where they are not known."""
    try:
        return capacity(machine_type)[0]
    except LocalCloudError:
        return 0


def nodes_of(pool: Mapping[str, Any], region: str) -> int:
    """The nodes of a pool at its largest, in all of its zones."""
    scaling: Mapping[str, Any] = pool.get("autoscaling") or {}
    zones = len(pool.get("nodeLocations") or machine_data()["zones"][region])
    each = int(scaling.get("maxNodeCount") or pool.get("nodeCount") or 1)
    return int(scaling.get("totalMaxNodeCount") or each * zones)


def _state(google: Google) -> Iterator[Finding]:
    if not google.backend:
        yield failed(
            "state",
            "Pulumi is not logged in to a backend",
            f"pulumi login gs://<your state bucket>; make state-backend ENV={google.environment} BUCKET=<name> makes one",
        )
        return
    if not google.backend.startswith("gs://"):
        yield warning("state", f"is kept in {google.backend}, which is not asked", "a bucket keeps it for all: docs/deploying.md")
        return
    root = f"{google.backend.rstrip('/')}/.pulumi"
    stack = f"alphintra/{google.environment}"
    try:
        kept = google.ask("storage", "ls", f"{root}/**").split()
    except GcloudError as error:
        yield failed("state", f"{google.backend} cannot be read: {_short(error)}", "docs/deploying.md has how the bucket is made")
        return
    locks = [name for name in kept if f"/locks/organization/{stack}/" in name]
    release = f"wait for it to end; `pulumi cancel -s {google.environment}` if whoever held it is gone"
    yield machine.locked(google.environment, [name.rpartition("/")[2] for name in locks], release)
    file = f"{root}/stacks/{stack}.json"
    if file not in kept:
        yield failed("stack", f"'{google.environment}' is not in {google.backend}", f"pulumi stack init {google.environment}")
        return
    try:
        state = json.loads(google.ask("storage", "cat", file))
    except (GcloudError, ValueError) as error:
        yield failed("deployment", f"{file} cannot be read: {error}", "bring back an earlier version of the object")
        return
    yield machine.unfinished(google.environment, machine.pending_of(state))


def _short(error: Exception) -> str:
    text = str(error)
    return text if len(text) <= 160 else f"{text[:160]}…"
