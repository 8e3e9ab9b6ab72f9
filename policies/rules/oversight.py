"""Alerts."""

from __future__ import annotations

from ..checks.oversight import writer_is_granted
from ..checks.properties import both, must_be_set, must_not_be, must_not_be_set
from ..rule import EVERYWHERE, Rule, StackRule
from ..tokens import ALERT, CHANNEL, SINK

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
    Rule(
        id="alert-enabled", types=(ALERT,), check=must_not_be("enabled", False), levels=EVERYWHERE,
        title="Alerts are on", why="One that was turned off for a night stays off.", fix="Take enabled out.", severity="medium",
    ),
    Rule(
        id="channel-secret-not-literal", types=(CHANNEL,), levels=EVERYWHERE,
        check=both(must_not_be_set("labels.auth_token"), must_not_be_set("labels.service_key"), must_not_be_set("labels.password")),
        title="Channels keep their secrets apart", why="Labels are in the state and in every listing.",
        fix="Use sensitiveLabels.", severity="high",
    ),
    StackRule(
        id="log-sink-writer-granted", types=(SINK,), check=writer_is_granted, levels=EVERYWHERE,
        title="Exports of logs may write", why="Without the grant nothing arrives, and Google says so by mail to nobody.",
        fix="Grant the sink's writerIdentity on its destination.", severity="high", frameworks=("CIS 2.2",),
    ),
    Rule(
        id="log-sink-own-identity", types=(SINK,), check=must_not_be("uniqueWriterIdentity", False), levels=EVERYWHERE,
        title="Each export writes as itself", why="The shared identity is every project's.", fix="Set uniqueWriterIdentity to true.",
        severity="medium",
    ),
)  # fmt: skip
