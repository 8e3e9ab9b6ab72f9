"""A review as an example: a change of production that grows the database, adds a bucket, and by mistake replaces the key ring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..inventory import entries, recorded
from ..recorder import Recorder
from .comment import comment
from .made import reviewed

CHANGE: Mapping[str, Any] = {
    "database": {"tier": "db-custom-8-32768"},
    "storage": {"buckets": {"reports": {}}},
    "encryption": {"key_ring": "alphintra-keys"},
}
SETTINGS = """```yaml
alphintra:database: {tier: db-custom-8-32768}      # meant: twice the processors and the memory
alphintra:storage: {buckets: {reports: {}}}        # meant: one more bucket
alphintra:encryption: {key_ring: alphintra-keys}   # a better name, somebody thought
```"""


def parts(prod: Recorder) -> Iterator[str]:
    """The page, from its beginning.

    Args:
        prod: production as it stands.
    """
    yield (
        "`make review ENV=prod AGAINST=main` compares what the program declares with what it declared at another revision, and "
        "writes one comment for a pull request. Replacements are judged by the providers' own schemas, as the local cloud knows "
        "them; as in the engine, what depends on something that is deleted before its replacement is made goes with it. It exits "
        "with 3 where a policy fails. `make preview` asks the engine."
    )
    yield "What follows is the comment on this change of `Pulumi.prod.yaml`:"
    yield SETTINGS
    yield "---"
    yield comment(reviewed(entries(prod), recorded("prod", CHANGE), "prod", "main"))
