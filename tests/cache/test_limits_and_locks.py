"""The rate limiter and the locks, on a cluster and on a store that is none."""

from __future__ import annotations

import random
import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest

from database.cache.keys import ApiRate, Fence, Lock, TradeRate
from database.cache.limits import RateLimit
from database.cache.locks import extend, free, take
from database.cache.store import Store

pytestmark = pytest.mark.database

SECOND = timedelta(seconds=1)


def test_so_many_are_taken_and_the_next_is_told_when_to_come_back(store: Store) -> None:
    limit, key = RateLimit(5, timedelta(milliseconds=400)), TradeRate(uuid4())
    verdicts = [limit.take(store, key) for _ in range(6)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False]
    assert [verdict.left for verdict in verdicts] == [4, 3, 2, 1, 0, 0]
    wait = verdicts[-1].retry_after
    assert timedelta(0) < wait <= timedelta(milliseconds=441)
    time.sleep(wait.total_seconds() + 0.002)
    assert limit.take(store, key).allowed


def test_what_is_refused_counts_nothing(store: Store) -> None:
    limit, key = RateLimit(3, SECOND), TradeRate(uuid4())
    assert limit.take(store, key, 2).allowed
    for _ in range(10):
        assert not limit.take(store, key, 2).allowed
    assert limit.take(store, key, 1).allowed


def test_users_and_endpoints_have_limits_of_their_own(store: Store) -> None:
    limit, user = RateLimit(1, SECOND), uuid4()
    keys = [ApiRate(user, "orders"), ApiRate(user, "positions"), ApiRate(uuid4(), "orders"), TradeRate(user)]
    assert [limit.take(store, key).allowed for key in keys] == [True] * 4
    assert [limit.take(store, key).allowed for key in keys] == [False] * 4


@pytest.mark.parametrize("seed", range(3))
def test_no_stretch_of_a_window_ever_sees_more_than_the_limit(store: Store, seed: int) -> None:
    """By the server's own clock, from several clients, in bursts that begin anywhere in a window."""
    window, key = timedelta(milliseconds=200), ApiRate(uuid4(), "orders")
    limit, taken, lock = RateLimit(20, window), list[float](), threading.Lock()

    def ask(number: int) -> None:
        dice, deadline = random.Random(seed * 10 + number), time.monotonic() + 1.2
        while time.monotonic() < deadline:
            verdict = limit.take(store, key)
            if verdict.allowed:
                with lock:
                    taken.append(verdict.moment)
            time.sleep(dice.choice((0, 0, 0.003, 0.05)))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.sort()
    most = max(sum(1 for other in taken[i:] if other - moment < 0.2) for i, moment in enumerate(taken))
    assert most <= 20
    assert len(taken) >= 60, "and it is not stricter than need be: 1.2 s are six windows, each up to a tenth longer"


def test_a_limit_leaves_nothing_behind(store: Store) -> None:
    key = TradeRate(uuid4())
    for _ in range(30):
        RateLimit(1000, timedelta(milliseconds=100)).take(store, key)
        time.sleep(0.01)
    assert store.run(key, "HLEN", str(key)) <= 11
    time.sleep(0.15)
    assert store.run(key, "EXISTS", str(key)) == 0


@pytest.mark.parametrize(
    ("limit", "window", "message"), [(0, SECOND, "0 in 0:00:01 is no limit"), (1, timedelta(0), "at least 10 ms")]
)
def test_a_limit_that_is_none_is_refused(limit: int, window: timedelta, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RateLimit(limit, window)


@pytest.mark.parametrize("cost", [0, -1, 6])
def test_a_cost_that_can_never_be_paid_is_refused(store: Store, cost: int) -> None:
    with pytest.raises(ValueError, match=f"cost is {cost}; between 1 and the limit, 5, is possible"):
        RateLimit(5, SECOND).take(store, TradeRate(uuid4()), cost)


def test_a_lock_is_one_holders_at_a_time_and_its_fence_grows(store: Store) -> None:
    lock = Lock(uuid4().hex)
    first = take(store, lock, SECOND)
    assert first
    assert take(store, lock, SECOND) is None
    assert free(store, first)
    second = take(store, lock, SECOND)
    assert second
    assert (first.fence, second.fence) == (1, 2)


def test_a_holder_whose_lock_ran_out_neither_keeps_nor_frees_the_next_ones(store: Store) -> None:
    lock = Lock(uuid4().hex)
    late = take(store, lock, timedelta(milliseconds=30))
    assert late
    time.sleep(0.05)
    current = take(store, lock, SECOND)
    assert current
    assert current.fence > late.fence
    assert not extend(store, late, SECOND)
    assert not free(store, late)
    assert take(store, lock, SECOND) is None
    assert extend(store, current, timedelta(seconds=5))
    assert store.run(lock, "PTTL", str(lock)) > 4000


def test_an_answer_that_was_lost_may_be_asked_for_again(store: Store) -> None:
    lock = Lock(uuid4().hex)
    asked = [store.run_script("lock_take", [lock, Fence(lock.name)], "word", 1000, 1000) for _ in range(3)]
    assert asked == [1, 1, 1]


def test_many_who_want_it_never_have_it_together(store: Store) -> None:
    lock, inside, most, fences, mutex = Lock(uuid4().hex), 0, 0, list[int](), threading.Lock()

    def work() -> None:
        nonlocal inside, most
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            held = take(store, lock, timedelta(seconds=5))
            if held is None:
                continue
            with mutex:
                inside += 1
                most = max(most, inside)
                fences.append(held.fence)
            with mutex:
                inside -= 1
            assert free(store, held)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert fences == list(range(1, len(fences) + 1))


def test_scripts_are_found_again_after_the_server_forgot_them(store: Store) -> None:
    key = TradeRate(uuid4())
    RateLimit(5, SECOND).take(store, key)
    store.run(key, "SCRIPT", "FLUSH", "SYNC")
    assert RateLimit(5, SECOND).take(store, key).left == 3
