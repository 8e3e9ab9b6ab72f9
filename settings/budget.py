"""What may be spent before somebody is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from .section import Section, setting

DOCS = "https://cloud.google.com/billing/docs/how-to/budgets"
Share = Annotated[float, Field(gt=0, le=10)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[a-z0-9.-]+\.[a-z]+$")]


class Budget(Section):
    """An alert on the project's bill. Nothing is switched off: whoever gets the message decides."""

    billing_account: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$")] | None = setting(
        None, DOCS
    )
    """The billing account that pays for the project, such as 012345-6789AB-CDEF01; without one there is no alert."""
    amount: int = setting(15_000, "estimate of what the platform costs", unit="a month, in `currency`", ge=1, le=10_000_000)
    """What a month may cost."""
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = setting("USD", DOCS)
    """The billing account's currency: Google takes no other."""
    spent: tuple[Share, ...] = setting((0.5, 0.9, 1.0), DOCS, unit="share of the amount", min_length=1)
    """At which shares of the amount, once spent, a message goes out."""
    forecast: tuple[Share, ...] = setting((1.0,), DOCS, unit="share of the amount")
    """At which shares of the amount, once the forecast for the month reaches them, a message goes out."""
    emails: tuple[Email, ...] = setting((), DOCS, max_length=5)
    """Who is told beside the billing account's own administrators: at most five addresses."""
