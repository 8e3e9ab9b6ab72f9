"""Properties as rules read them: what is not known raises, as it does under the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from localcloud.values import UNKNOWN, is_list, is_object


def known_to_rules(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties behind the SDK's proxies; what was left unknown becomes what the engine sends for it."""
    return unknown_checking_proxy(_sent(properties))


def _sent(value: Any) -> Any:
    if is_object(value):
        return {key: _sent(inner) for key, inner in value.items()}
    if is_list(value):
        return [_sent(inner) for inner in value]
    return UNKNOWN_STRING_VALUE if value is UNKNOWN else value
