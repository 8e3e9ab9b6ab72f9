"""Alerts."""

from __future__ import annotations

from ..checks.properties import must_be_set
from ..rule import EVERYWHERE, Rule
from ..tokens import ALERT

RULES = (
    Rule(
        id="alert-has-channel", types=(ALERT,), check=must_be_set("notificationChannels"),
        title="Alerts are told to somebody", why="An incident that nobody hears of is found by the customers.",
        fix="Name at least one channel under notificationChannels.", severity="high", levels=EVERYWHERE,
    ),
    Rule(
        id="alert-documented", types=(ALERT,), check=must_be_set("documentation.links"),
        title="Alerts say what to do", why="Whoever is woken at night needs the runbook, not a search.",
        fix="Link the runbook under documentation.links.", severity="low", levels=EVERYWHERE,
    ),
)  # fmt: skip
