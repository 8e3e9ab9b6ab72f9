"""TimescaleDB under Patroni on Kubernetes: its members, how they are reached, backups, and proofs that these can be restored."""

from .access import TimescaleDbAccess, TimescaleDbAccessArgs
from .backups import TimescaleDbBackups, TimescaleDbBackupsArgs
from .cluster import TimescaleDb, TimescaleDbArgs
from .places import ACCOUNT, NAMESPACE, PORT
from .proofs import JOBS, TimescaleDbProofs, TimescaleDbProofsArgs

__all__ = [
    "ACCOUNT",
    "JOBS",
    "NAMESPACE",
    "PORT",
    "TimescaleDb",
    "TimescaleDbAccess",
    "TimescaleDbAccessArgs",
    "TimescaleDbArgs",
    "TimescaleDbBackups",
    "TimescaleDbBackupsArgs",
    "TimescaleDbProofs",
    "TimescaleDbProofsArgs",
]
