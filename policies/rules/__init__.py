"""The rules, by subject: what each asserts, why, and what to do about it. What they assert is written in policies/checks/."""

from ..rule import About
from . import gke, identity, keys, memory, network, oversight, services, sql, storage

RULES: tuple[About, ...] = (
    *sql.RULES,
    *storage.RULES,
    *gke.RULES,
    *memory.RULES,
    *network.RULES,
    *keys.RULES,
    *identity.RULES,
    *oversight.RULES,
    *services.RULES,
)
