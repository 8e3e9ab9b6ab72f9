"""Who may do what, and who sees it."""

from __future__ import annotations

from ..checks.identity import audit_is_whole, no_primitive_role, no_public_member, no_single_person
from ..rule import EVERYWHERE, Rule
from ..tokens import AUDIT, GRANTS

RULES = (
    Rule(
        id="iam-no-primitive-roles", types=GRANTS, check=no_primitive_role,
        title="Nobody is granted owner, editor or viewer", why="Such a role reaches every store, whoever needed one of them.",
        fix="Grant the narrowest role on the resource itself.", severity="critical",
        levels=EVERYWHERE, frameworks=("CKV_GCP_117", "GCP-0007", "CIS 1.5"),
    ),
    Rule(
        id="iam-no-public-members", types=GRANTS, check=no_public_member,
        title="Nothing is granted to everybody", why="allUsers is the internet.", fix="Name who needs it.",
        severity="critical", levels=EVERYWHERE, frameworks=("CKV_GCP_47",),
    ),
    Rule(
        id="iam-no-single-persons", types=GRANTS, check=no_single_person,
        title="Rights go to groups, not to persons", why="A person who changes teams keeps what nobody remembers to take back.",
        fix="Grant it to a group of identities.groups.", severity="medium",
        levels=EVERYWHERE, frameworks=("GCP-0003",),
    ),
    Rule(
        id="audit-everything", types=(AUDIT,), check=audit_is_whole,
        title="Every access to personal data is logged", why="Without it nobody can say whose documents a thief has read.",
        fix="List ADMIN_READ, DATA_READ and DATA_WRITE under auditLogConfigs, without exemptedMembers.", severity="high",
        frameworks=("CKV2_GCP_5", "GCP-0079", "CIS 2.1"),
    ),
)  # fmt: skip
