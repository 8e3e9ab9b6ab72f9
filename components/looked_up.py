"""What is looked up at the cloud."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi


def needing(requires: Sequence[pulumi.Resource], found: pulumi.Output[str]) -> pulumi.Output[str]:
    """What was looked up, with what had to be there for that.

    Before those exist, the SDK asks nobody and forgets what it would have waited for. A plan made then would miss dependencies
    that the update has, which the engine refuses.
    """
    waited_for = [resource.id for resource in requires if isinstance(resource, pulumi.CustomResource)]
    return pulumi.Output.all(found, *waited_for).apply(lambda known: str(known[0]))
