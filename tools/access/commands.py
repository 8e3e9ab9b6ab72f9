"""The commands that let a repository's workflows look at an environment and change it, without a key that could be lost.

Each of a GitHub environment's jobs is an identity of its own at Google: workload identity federation takes GitHub's word for
which repository and which environment a job runs in. `<env>-plan` may look, `<env>` may change, `<env>-images` may push images.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .needs import PROJECT, Need

POOL, PROVIDER = "github", "repository"
ISSUER = "https://token.actions.githubusercontent.com"
LOOKER, CHANGER, PUSHER = "looker", "changer", "pusher"
SUBJECTS = {LOOKER: "-plan", CHANGER: "", PUSHER: "-images"}
"""The GitHub environment in which one acts as an account, after the environment's name."""
LOOKS = ("roles/viewer", "roles/iam.securityReviewer", "roles/logging.viewer")
"""What a preview and a search for drift need: resources, who may do what with them, and who changed what; no data, no secrets."""

PUSHES = ("roles/artifactregistry.writer",)
"""Of the project, whose only repository that takes images is ours."""


@dataclass(frozen=True, kw_only=True)
class Federation:
    """Who is let in, to what."""

    environment: str
    project: str
    repository: str
    """owner/name on GitHub."""
    state: str
    """The bucket of Pulumi's state, without gs://."""
    key: str | None = None
    """The key that secrets in the state are encrypted with, by its full name; none where it is a passphrase."""
    needs: Sequence[Need] = ()


def commands(wanted: Federation) -> Iterator[str]:
    """The commands, one a line, and what cannot be granted in the project as comments."""
    project = f"--project={wanted.project}"
    yield f"# Who may look at {wanted.environment} ({wanted.project}) and who may change it: {wanted.repository} on GitHub."
    yield f"NUMBER=$(gcloud projects describe {wanted.project} '--format=value(projectNumber)')"
    yield f"POOL=projects/$NUMBER/locations/global/workloadIdentityPools/{POOL}"
    yield _line("iam", "workload-identity-pools", "create", POOL, "--location=global", project)
    yield _line(
        *("iam", "workload-identity-pools", "providers", "create-oidc", PROVIDER, f"--workload-identity-pool={POOL}"),
        *("--location=global", project, f"--issuer-uri={ISSUER}"),
        "--attribute-mapping=google.subject=assertion.sub,attribute.repository=assertion.repository",
        f"--attribute-condition=assertion.repository == '{wanted.repository}' && assertion.ref == 'refs/heads/main'",
    )
    changes = [role for need in wanted.needs if need.at == PROJECT for role in need.roles]
    yield from _identity(wanted, LOOKER, LOOKS)
    yield from _state(wanted, LOOKER, "roles/storage.objectViewer")
    yield from _identity(wanted, CHANGER, list(dict.fromkeys([*LOOKS, *changes])))
    yield from _state(wanted, CHANGER, "roles/storage.objectUser")
    yield from _identity(wanted, PUSHER, PUSHES)
    for need in wanted.needs:
        if need.at != PROJECT:
            yield f"# {need.of}: whoever runs the {need.at} grants {', '.join(need.roles)} to {_email(wanted, CHANGER)}"


def _identity(wanted: Federation, account: str, roles: Sequence[str]) -> Iterator[str]:
    """An account, what it may do, who acts as it, and where the workflow finds it."""
    email, project, subject = _email(wanted, account), f"--project={wanted.project}", f"{wanted.environment}{SUBJECTS[account]}"
    member = f"--member=serviceAccount:{email}"
    yield _line("iam", "service-accounts", "create", _id(wanted, account), project, f"--display-name={subject} on GitHub")
    for role in roles:
        yield _line("projects", "add-iam-policy-binding", wanted.project, member, f"--role={role}", "--condition=None")
    grant = _line("iam", "service-accounts", "add-iam-policy-binding", email, project, "--role=roles/iam.workloadIdentityUser")
    yield f'{grant} "--member=principal://iam.googleapis.com/$POOL/subject/repo:{wanted.repository}:environment:{subject}"'
    yield f"gh api --silent --method PUT repos/{wanted.repository}/environments/{subject}"
    known = {
        "WORKLOAD_IDENTITY_PROVIDER": f'"$POOL/providers/{PROVIDER}"',
        "SERVICE_ACCOUNT": email,
    }
    for variable, value in known.items():
        yield _variable(wanted, account, variable, value)


def _state(wanted: Federation, account: str, role: str) -> Iterator[str]:
    """Where an account finds Pulumi's state, and what it may do there."""
    member = f"--member=serviceAccount:{_email(wanted, account)}"
    yield _line("storage", "buckets", "add-iam-policy-binding", f"gs://{wanted.state}", member, f"--role={role}")
    if wanted.key:
        yield _line("kms", "keys", "add-iam-policy-binding", wanted.key, member, "--role=roles/cloudkms.cryptoKeyDecrypter")
    yield _variable(wanted, account, "PULUMI_BACKEND_URL", f"gs://{wanted.state}")


def _variable(wanted: Federation, account: str, variable: str, value: str) -> str:
    subject = f"{wanted.environment}{SUBJECTS[account]}"
    return f"gh variable set {variable} --repo {wanted.repository} --env {subject} --body {value}"


def _id(wanted: Federation, account: str) -> str:
    return f"github-{wanted.environment}-{account}"


def _email(wanted: Federation, account: str) -> str:
    return f"{_id(wanted, account)}@{wanted.project}.iam.gserviceaccount.com"


def _line(*words: str) -> str:
    return shlex.join(["gcloud", *words])
