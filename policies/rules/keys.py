"""Cloud KMS and Secret Manager."""

from __future__ import annotations

from ..checks.keys import key_rotates, secret_is_replicated
from ..checks.properties import must_be, must_last, must_not_be_set
from ..remedy import set_to
from ..rule import EVERYWHERE, Rule
from ..tokens import KEY, SECRET, SECRET_VERSION

RULES = (
    Rule(
        id="kms-rotation", types=(KEY,), check=key_rotates,
        title="Keys rotate within 90 days", why="What one key version encrypts stays little.",
        fix="Set rotationPeriod to 7776000s or less, and a day or more.", severity="medium", frameworks=("CKV_GCP_43", "GCP-0065", "CIS 1.10"),
    ),
    Rule(
        id="secret-replicated-under-own-keys", types=(SECRET,), check=secret_is_replicated,
        title="Secrets are kept in two regions, under our own keys", why="The region that takes over needs the passwords too.",
        fix="List both regions under replication.userManaged.replicas, each with customerManagedEncryption.", severity="high",
    ),
    Rule(
        id="kms-destroy-delay", types=(KEY,), check=must_last("destroyScheduledDuration", 30 * 86400), levels="MAD",
        title="A key that is destroyed can be brought back for 30 days", why="With it goes everything that it encrypted.",
        fix="Set destroyScheduledDuration to 2592000s or more.", severity="medium",
    ),
    Rule(
        id="kms-protected", types=(KEY,), check=must_be("deletionPolicy", "PREVENT"), is_guard=True,
        title="Keys are never destroyed by a change", why="With a key goes everything that it encrypted.",
        fix="Set deletionPolicy to PREVENT.", severity="high", frameworks=("CKV_GCP_82",),
    ),
    Rule(
        id="kms-google-made", types=(KEY,), check=must_be("versionTemplate.algorithm", "GOOGLE_SYMMETRIC_ENCRYPTION"), levels=EVERYWHERE,
        title="Keys encrypt, and are made by Google", why="Services take no other, and an imported key was somewhere else before.",
        fix="Set versionTemplate.algorithm to GOOGLE_SYMMETRIC_ENCRYPTION.", severity="low",
    ),
    Rule(
        id="secret-destroy-delay", types=(SECRET,), check=must_last("versionDestroyTtl", 86400), levels="MAD",
        title="A destroyed version can be brought back for a day", why="A password that is still in use is missed at once.",
        fix="Set versionDestroyTtl to 86400s or more.", severity="low",
    ),
    Rule(
        id="secret-deletion-protection", types=(SECRET,), check=must_be("deletionProtection", True), levels="MMD", is_guard=True,
        remedy=set_to("deletionProtection", True),
        title="Secrets are not deleted by mistake", why="Every pod that needs one fails at its next start.",
        fix="Set deletionProtection to true; to take the environment down, set protection.tear_down.", severity="medium",
    ),
    Rule(
        id="secret-value-not-literal", types=(SECRET_VERSION,), check=must_not_be_set("secretData"), levels=EVERYWHERE,
        title="Values of secrets are not in the state", why="Whoever reads the state would have them.",
        fix="Use secretDataWo.", severity="critical", frameworks=("CIS 1.17",),
    ),
)  # fmt: skip
