"""Names that must stand for something. Each raises ValueError where one does not."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..environment import Environment
    from ..storage import Bucket


def require_known(where: str, name: str, names: Collection[str], kind: str) -> None:
    """Refuses a name that stands for nothing."""
    if name not in names:
        raise ValueError(f"{where} names '{name}', which is no {kind}; there are {', '.join(names)}")


def known_bucket(env: Environment, where: str, bucket: str) -> Bucket:
    """The bucket of that name."""
    found = env.storage.buckets.get(bucket)
    if found is None:
        raise ValueError(f"{where} is {bucket}, which is none of storage.buckets: {', '.join(env.storage.buckets)}")
    return found


def known_folder(env: Environment, where: str, bucket: str, folder: str, field: str = "folder") -> Bucket:
    """The bucket of that name, which has the folder among its own."""
    found = known_bucket(env, f"{where}.bucket", bucket)
    if not folder.startswith(found.folders):
        raise ValueError(f"{where}.{field} is {folder}, which is in none of the folders of {bucket}: {', '.join(found.folders)}")
    return found
