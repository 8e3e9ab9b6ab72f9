"""What the signals of the automatic failover say together, and what is lost by then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from database.failover.decision import SOURCES, Reading, Round, Sign, Streak, followed, loss, too_much, verdict

from .failover_world import DOWN, RULES


def seen(**signs: Sign) -> Round:
    return Round(0, {name: Reading(sign) for name, sign in signs.items()})


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        (dict.fromkeys(SOURCES, "alive"), "well"),
        (DOWN, "lost"),
        ({**DOWN, "instance": "alive"}, "lost"),  # Google's word is not the last one
        ({**DOWN, "instance": "meant"}, "meant"),
        ({**DOWN, "instance": "unknown"}, "lost"),
        ({**DOWN, "metric": "unknown"}, "lost"),
        ({**DOWN, "metric": "unknown", "instance": "alive"}, "doubt"),
        ({**DOWN, "query": "alive"}, "partial"),
        ({**DOWN, "replication": "alive"}, "partial"),
        ({**DOWN, "metric": "alive"}, "partial"),
        ({**DOWN, "region": "alive"}, "partial"),
        ({"query": "down", "replication": "down", "metric": "unknown", "instance": "unknown", "region": "unknown"}, "doubt"),
        ({}, "doubt"),
    ],
)
def test_what_signals_say_together(signs: dict[str, Sign], expected: str) -> None:
    assert verdict(seen(**signs), RULES) == expected


def test_what_one_path_says_alone_is_not_enough_whatever_the_quorum() -> None:
    lenient = replace(RULES, quorum=2)
    unknown: dict[str, Sign] = dict.fromkeys(SOURCES, "unknown")
    for path in ("network", "google"):
        signs: dict[str, Sign] = {name: "down" if source.path == path else "unknown" for name, source in SOURCES.items()}
        assert verdict(seen(**signs), lenient) == "doubt"
    both: dict[str, Sign] = {**unknown, "query": "down", "metric": "down"}
    assert verdict(seen(**both), lenient) == "lost"


def test_a_streak_ends_with_a_round_that_is_not_lost_or_with_a_time_at_which_nobody_looked() -> None:
    def down(at: float) -> Round:
        return Round(at, seen(**DOWN).readings)

    assert followed(None, down(5), RULES) == Streak(5, 5)
    assert followed(Streak(5, 20), down(200), RULES) == Streak(5, 200)
    assert followed(Streak(5, 20), down(201), RULES) == Streak(201, 201)
    assert followed(Streak(5, 20), down(10), RULES) == Streak(10, 10), "a clock that was set back"
    assert followed(Streak(5, 20), Round(30, {**down(30).readings, "metric": Reading("alive")}), RULES) is None


def test_what_is_lost_is_counted_from_what_the_replica_has_to_when_the_primary_was_gone() -> None:
    assert loss(Streak(1000, 1900), 940) == 60
    assert loss(Streak(1000, 1900), 1100) == 0
    assert loss(Streak(1000, 1900), None) is None
    assert not too_much(900, RULES)
    assert too_much(901, RULES)
    assert too_much(None, RULES), "what nobody knows is too much"
    assert not too_much(9999, replace(RULES, rpo_seconds=None))
