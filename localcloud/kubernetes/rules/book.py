"""The rules of Kubernetes; `ready` rules say what keeps an object from working that the API server has accepted."""

from __future__ import annotations

from ...rulebook import Rulebook
from ..kinds import Kind, kinds
from ..view import Request

BOOK = Rulebook[Request]()
rule = BOOK.rule
DOCS = "https://kubernetes.io/docs"
CODE = "https://github.com/kubernetes/kubernetes/blob/v1.34.4"


def with_pods() -> tuple[str, ...]:
    """The kinds that have pods."""
    return tuple(token for token, kind in kinds().items() if _has_pods(kind))


def _has_pods(kind: Kind) -> bool:
    return kind.pods is not None
