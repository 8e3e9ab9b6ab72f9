"""The rules, by subject: what each asserts, why, and what to do about it. What they assert is written in policies/checks/."""

from ..rule import About
from . import gke, identity, keys, kubernetes, memory, network, options, oversight, pods, services, sql, stack, storage

SUBJECTS: dict[str, tuple[About, ...]] = {
    "Cloud SQL": sql.RULES,
    "Cloud Storage": storage.RULES,
    "GKE": gke.RULES,
    "Memorystore": memory.RULES,
    "Network": network.RULES,
    "Keys and secrets": keys.RULES,
    "Identities and audit": identity.RULES,
    "Logs and alerts": oversight.RULES,
    "Other services": services.RULES,
    "Pods": pods.RULES,
    "Kubernetes objects": kubernetes.RULES,
    "Every resource": options.RULES,
    "The stack as a whole": stack.RULES,
}
RULES: tuple[About, ...] = tuple(rule for rules in SUBJECTS.values() for rule in rules)
