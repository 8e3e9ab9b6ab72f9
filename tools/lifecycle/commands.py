"""The commands, one function each; what they return is the exit code."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulumi.automation.errors import CommandError as EngineError
from pulumi.automation.errors import ConcurrentUpdateError

from localcloud.store import Store
from settings.profiles import overlay
from settings.section import NOT_LOOKED_UP, images, own_images

from . import adoption, disk, recovery
from . import plan as plans
from .errors import DRIFTED, FAILED, INTERRUPTED, CommandError
from .events import FATAL, Report, name_of
from .summary import summary
from .workspace import Workspace

Confirm = Callable[[str], bool]


def up(workspace: Workspace, confirm: Confirm, plan: Path | None = None) -> int:
    """Builds the environment, or brings it to what its settings say; with a plan, only as that says."""
    with ready(workspace, program=True), _allowed(workspace, plan) as allowed:
        if workspace.cloud == "gcp":
            if problems := unknown_digests(workspace):
                raise CommandError("\n".join([*problems, "Nothing was changed."]))
            _confirmed(workspace, confirm, plan)
        started = time.monotonic()
        report = Report("up")
        with at_work(workspace, report), workspace.changing() as stack:
            stack.up(
                on_event=report,
                plan=str(allowed) if allowed else None,
                policy_packs=workspace.policy_packs,
                policy_pack_configs=workspace.policy_pack_configs,
                show_secrets=False,
                suppress_outputs=True,
            )
        _result(summary(workspace, _resources(workspace), time.monotonic() - started))
    return 0


def unknown_digests(workspace: Workspace) -> list[str]:
    """What is wrong with images whose digest was never looked up: their pods would wait for them in vain."""
    return [
        f"{workspace.file.name}: {key} is {reference}, whose digest is no image's: look up that of its tag in the registry, "
        f"and put the whole reference under alphintra:{key.partition('.')[0]}; `make pin-images ENV={workspace.environment}` does"
        for key, reference in images(workspace.settings)
        if reference.endswith(NOT_LOOKED_UP)
    ] + [
        f"{workspace.file.name}: {key} is {reference}, which was never built: .github/workflows/images.yml pushes it to "
        f"the repository, and `make pin-images ENV={workspace.environment}` puts it in; until the first `up` has made that, "
        f"say `alphintra:{key.replace('.', ': {', 1)}: null}}`, which leaves out what runs it"
        for key, reference in own_images(workspace.settings)
        if reference.endswith(NOT_LOOKED_UP)
    ]


def preview(workspace: Workspace, _confirm: Confirm, plan: Path | None = None) -> int:
    """Shows what an update would change, and keeps it as a plan where asked to."""
    with _looking(workspace) as deployment, plans.saving(workspace, plan, deployment) as kept:
        adoption.check(workspace.adopts, deployment)
        report = _previewed(workspace, plan=kept)
        changes = report.changes
        _result("\n".join(change.line for change in changes.values()) or "nothing would change")
        _say(f"preview: {len(changes)} resource(s) would change{_undecided(report)}")
    return 0


def drift(workspace: Workspace, _confirm: Confirm) -> int:
    """Says whether anything would change: because the cloud differs from the state, or the program from both."""
    with _looking(workspace) as deployment:
        if not deployment.get("resources"):
            raise CommandError(f"'{workspace.environment}' is not up; `make up ENV={workspace.environment}` builds it")
        report = _previewed(workspace, refresh=True)
        changes = report.changes
        if not changes:
            _result(f"'{workspace.environment}' is as declared: nothing would change")
            return 0
        _told(workspace, deployment, report)
        env = f"ENV={workspace.environment}"
        first = f"`make refresh {env}` and then " if report.differences else ""  # an update looks at the state only
        _result(f"'{workspace.environment}' has drifted; {first}`make up {env}` would:")
        _result("\n".join(change.line for change in changes.values()))
    return DRIFTED


def refresh(workspace: Workspace, _confirm: Confirm) -> int:
    """Reads the cloud back into the state."""
    with ready(workspace):
        report = Report("refresh")
        with at_work(workspace, report), workspace.changing() as stack:
            stack.refresh(on_event=report, show_secrets=False)
        changes = report.changes.values()
        _result("\n".join(change.line for change in changes) or "the state agrees with the cloud")
    return 0


def destroy(workspace: Workspace, confirm: Confirm) -> int:
    """Removes everything, unless it is protected."""
    with ready(workspace):
        guarded = [name_of(r["urn"]) for r in _resources(workspace) if r.get("protect")]
        if guarded:
            raise CommandError(
                f"'{workspace.environment}' is protected: {len(guarded)} resources refuse to be deleted "
                f"({', '.join(guarded[:3])}…). "
                f"If it is meant, `make unprotect ENV={workspace.environment}` takes the guards off first."
            )
        if workspace.cloud == "gcp" and not confirm(f"destroy '{workspace.environment}' on Google Cloud"):
            raise CommandError("nothing was changed")
        report = Report("destroy")
        with at_work(workspace, report), workspace.changing() as stack:
            stack.destroy(on_event=report, show_secrets=False)
        if workspace.cloud == "local":
            workspace.stack.workspace.remove_stack(workspace.environment)
        workspace.forget()
        _result(f"'{workspace.environment}' is gone: {report.done} resources were removed.{_kept_names(workspace)}")
    return 0


def unprotect(workspace: Workspace, confirm: Confirm) -> int:
    """Takes the guards against deletion off, as an update of its own."""
    _only_local(workspace, "unprotect")
    if not workspace.settings.protected:
        _say(f"'{workspace.environment}' has no guards that are on; `make destroy ENV={workspace.environment}` removes it")
        return 0
    before = workspace.overrides
    workspace.override(overlay(before, {"protection": {"tear_down": workspace.environment}}))
    try:
        return up(workspace, confirm)
    except CommandError:
        workspace.override(before)
        raise


def protect(workspace: Workspace, confirm: Confirm) -> int:
    """Puts the guards against deletion back."""
    _only_local(workspace, "protect")
    workspace.override({key: value for key, value in workspace.overrides.items() if key != "protection"})
    return up(workspace, confirm)


# -- inside


@contextmanager
def _looking(workspace: Workspace) -> Generator[Mapping[str, Any]]:
    """Validated settings, no other command at work, and the state as it is; the program is run."""
    _ = workspace.settings
    with workspace.alone():
        workspace.expect_program()
        recovery.release_locks(workspace)
        deployment = _deployment(workspace)
        if pending := recovery.pending(workspace, deployment):
            _say(
                f"an earlier run was cut off while it created {', '.join(pending)}; "
                "`make up` or `make refresh` finds out what became of it"
            )
        yield deployment


@contextmanager
def ready(workspace: Workspace, *, program: bool = False) -> Generator[None]:
    """Validated settings, no other command at work, room on the disk, and a state without open questions.

    Args:
        program: whether the program will be run.
    """
    _ = workspace.settings
    with workspace.alone(), disk.guarded(workspace.home, workspace.engine.stop):
        if program:
            workspace.expect_program()
        for process in recovery.release_locks(workspace):
            _say(f"an earlier run was cut off (process {process}); going on from where it stopped")
        try:
            recovered = recovery.recover(workspace)
        except EngineError as error:
            raise _failure(workspace, error, Report("recover")) from None
        if recovered:
            found, absent = ", ".join(recovered.found) or "none", ", ".join(recovered.absent) or "none"
            _say(f"creations that were cut off: found and kept: {found}; not there: {absent}")
            if recovered.unknown:
                _say(
                    f"cannot be looked for, and may be there twice from now on: {', '.join(recovered.unknown)}; "
                    "only the cloud knows their ids, so look for them by their display names"
                )
        yield


@contextmanager
def at_work(workspace: Workspace, report: Report) -> Generator[None]:
    """Runs the engine, and turns its failure into what a person can act on."""
    report.on_fatal = workspace.engine.give_up
    try:
        yield
    except EngineError as error:
        recovery.note(workspace, report)
        raise _failure(workspace, error, report) from None


@contextmanager
def _allowed(workspace: Workspace, plan: Path | None) -> Generator[Path | None]:
    """The engine's plan where there is one: it holds for the state as it is, and so does what is adopted."""
    before: Mapping[str, Any] = _deployment(workspace) if plan or workspace.adopts else {}
    adoption.check(workspace.adopts, before)
    if workspace.adopts and (others := adoption.otherwise(workspace.adopts, _previewed(workspace).changes.values())):
        raise CommandError("\n".join(others))
    with plans.obeying(workspace, plan, before) as allowed:
        yield allowed


def _confirmed(workspace: Workspace, confirm: Confirm, plan: Path | None) -> None:
    """Asks before Google Cloud is changed: after what would change was shown, or with the plan that says it."""
    as_planned = f" as {plan} says" if plan else ""
    if not plan:
        changes = _previewed(workspace).changes
        _say("\n".join(change.line for change in changes.values()) or "nothing would change")
        if not changes:
            return
    if not confirm(f"update '{workspace.environment}' on Google Cloud{as_planned}"):
        raise CommandError("nothing was changed")


def _previewed(workspace: Workspace, *, refresh: bool = False, plan: Path | None = None) -> Report:
    report = Report("preview")
    with at_work(workspace, report):
        workspace.stack.preview(
            on_event=report,
            refresh=refresh,
            plan=str(plan) if plan else None,
            policy_packs=workspace.policy_packs,
            policy_pack_configs=workspace.policy_pack_configs,
        )
    return report


def _told(workspace: Workspace, deployment: Mapping[str, Any], report: Report) -> None:
    """Says what differs at the cloud from what was deployed: who changed it, and how it is adopted or taken back."""
    if not report.differences:
        return
    from ..drift import report as told  # noqa: PLC0415 - what it needs is loaded only where there is drift
    from ..drift import text  # noqa: PLC0415

    found = told.report(workspace, deployment, report.differences)
    _result(f"{len(found)} resource(s) of '{workspace.environment}' are not as they were deployed:")
    _result("\n".join([*text.lines(found, workspace.environment), ""]))


def _undecided(report: Report) -> str:
    if not report.undecided:
        return ""
    return f"; {report.undecided} policy check(s) wait for values that are not known yet, and are decided by `make up`"


def _failure(workspace: Workspace, error: EngineError, report: Report) -> CommandError:
    if isinstance(error, ConcurrentUpdateError):
        return CommandError(f"the stack '{workspace.environment}' is locked by another update:\n{error}")
    advised = [found for found in report.policy if found not in report.reasons()]
    messages = [*advised, *(report.reasons() or [_last_lines(str(error))])]
    again = "run the command again to go on from here"
    if workspace.engine.interrupts:
        return CommandError(f"interrupted; what was under way has ended, and {again}", INTERRUPTED)
    listed = "\n".join(f"  - {message}" for message in messages)
    kept = f"What was done is kept; {again}." if report.begun else "Nothing was changed."
    advice = _advice(workspace, listed) or kept
    return CommandError(f"{report.verb} of '{workspace.environment}' failed:\n{listed}\n{advice}", FAILED)


def _advice(workspace: Workspace, listed: str) -> str:
    """What to do about a failure that has a known way out."""
    if re.search(r"instanceAlreadyExists|(KeyRing|CryptoKey) \S+ already exists", listed):
        local = "; or forget the whole local cloud with `make clean-local`" if workspace.cloud == "local" else ""
        return (
            "Google keeps the names of deleted Cloud SQL instances for a week, and of key rings for ever. "
            f"Set alphintra:generation to {workspace.settings.generation + 1} in {workspace.file.name}{local}."
        )
    if FATAL in listed:
        return "Pulumi's state could not be written. Free the disk, and run the command again: what was created is found again."
    return ""


def _last_lines(text: str) -> str:
    """What the engine printed last; it ended before it could report events."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("code:")]
    return " ".join(line for line in lines[-4:] if line not in {"stdout:", "stderr:"}) or "the engine ended without a word"


def _resources(workspace: Workspace) -> list[Mapping[str, Any]]:
    return _deployment(workspace).get("resources", [])


def _deployment(workspace: Workspace) -> Mapping[str, Any]:
    return workspace.exported()["deployment"] or {}


def _kept_names(workspace: Workspace) -> str:
    """What Google would keep, which the next `up` will meet."""
    if workspace.cloud != "local":
        return ""
    store = Store(workspace.store / "cloud.db")
    with store.transaction():
        project = f"/projects/{workspace.settings.project.id}/"
        taken = [kept for kept in store.all_kept() if project in kept.name and "serviceusage" not in kept.name]
        names = [f"  {kept.name.split('/', 5)[-1]} ({kept.reason})" for kept in taken]
    store.close()
    if not names:
        return ""
    generation = workspace.settings.generation + 1
    return (
        "\nAs at Google, some names stay taken:\n"
        + "\n".join(names)
        + f"\nBefore the next `make up`, set alphintra:generation to "
        f"{generation} in {workspace.file.name}; or forget the whole local cloud with `make clean-local`."
    )


def _only_local(workspace: Workspace, verb: str) -> None:
    if workspace.cloud != "local":
        name, file = workspace.environment, workspace.file.name
        raise CommandError(
            f"`{verb}` changes the local cloud only. On Google Cloud set alphintra:protection.tear_down to {name} in {file}, "
            f"have it reviewed, and run `make up CLOUD=gcp ENV={name}`."
        )


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _result(message: str) -> None:
    print(message, flush=True)
