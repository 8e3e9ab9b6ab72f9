"""Sessions and revoked tokens, on a cluster and on a store that is none."""

from __future__ import annotations

import hashlib
import itertools
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

import pytest
from redis import ResponseError

from database.cache.keys import RevokedToken, Session, UserSessions
from database.cache.sessions import Sessions
from database.cache.store import Node, NotReplicatedError, Store

from .server import SHARDS, Cluster, Pair, until

pytestmark = pytest.mark.database

Begin = Callable[[UUID], str]


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


def begin(sessions: Sessions, user: UUID) -> str:
    return sessions.begin(user, "a@example.com", ["trader"], "192.0.2.1", "test")


@pytest.fixture
def sessions(store: Store) -> Sessions:
    return Sessions(store)


def test_a_session_says_who_it_is_and_ends_after_a_day(store: Store, sessions: Sessions) -> None:
    user = uuid4()
    session = begin(sessions, user)
    found = sessions.get(session)
    assert found is not None
    assert (found["user_id"], found["email"], found["roles"]) == (user, "a@example.com", ["trader"])
    for key in Session(session), UserSessions(user):
        assert 86_300_000 < store.run(key, "PTTL", str(key)) <= 86_400_000


def test_activity_is_noted_and_makes_a_session_no_longer(store: Store, sessions: Sessions) -> None:
    session = begin(sessions, uuid4())
    key = Session(session)
    before = sessions.get(session)
    store.run(key, "PEXPIRE", str(key), 5000)
    assert sessions.touch(session)
    after = sessions.get(session)
    assert before
    assert after
    assert after["last_activity"] > before["last_activity"]
    assert store.run(key, "PTTL", str(key)) <= 5000


def test_activity_does_not_bring_back_what_was_ended(store: Store, sessions: Sessions) -> None:
    session = begin(sessions, uuid4())
    sessions.end(session)
    assert not sessions.touch(session)
    assert sessions.get(session) is None
    assert store.run(Session(session), "EXISTS", str(Session(session))) == 0


def test_signing_out_everywhere_ends_the_users_sessions_and_no_others(sessions: Sessions) -> None:
    user = uuid4()
    mine, other = [begin(sessions, user) for _ in range(3)], begin(sessions, uuid4())
    assert sessions.end_all(user) == 3
    assert [sessions.get(session) for session in mine] == [None] * 3
    assert sessions.get(other) is not None
    assert sessions.end_all(user) == 0


def test_sessions_that_ended_are_forgotten_and_the_list_lives_as_long_as_the_last(store: Store) -> None:
    key = UserSessions(uuid4())
    store.run_script("remember", [key], "long", 60_000)
    store.run_script("remember", [key], "short", 20)
    assert 50_000 < store.run(key, "PTTL", str(key)) <= 60_000
    time.sleep(0.05)
    store.run_script("remember", [key], "next", 1000)
    assert set(store.run(key, "ZRANGE", str(key), 0, -1)) == {"long", "next"}


def test_a_token_is_revoked_until_it_expires_and_never_stored_itself(store: Store, sessions: Sessions) -> None:
    token = f"header.{uuid4()}.signature"
    assert not sessions.is_revoked(token)
    sessions.revoke(token, datetime.now(UTC) + timedelta(minutes=5))
    assert sessions.is_revoked(token)
    key = RevokedToken(hashlib.sha256(token.encode()).hexdigest())
    assert 300_000 < store.run(key, "PTTL", str(key)) <= 360_000, "a minute longer, for clocks that differ"
    old = f"{token}.old"
    sessions.revoke(old, datetime.now(UTC) - timedelta(minutes=2))
    assert not sessions.is_revoked(old), "what has expired is refused anyway"


def test_a_full_store_of_sessions_refuses_writes_and_throws_nothing_away(pair: Pair) -> None:
    sessions = Sessions(Store.standalone(pair.primary.client()))
    token = str(uuid4())
    sessions.revoke(token, soon())
    pair.primary.ask("CONFIG", "SET", "maxmemory", "1")
    try:
        with pytest.raises(ResponseError, match="^command not allowed when used memory > 'maxmemory'"):
            begin(sessions, uuid4())
        assert sessions.is_revoked(token)
    finally:
        pair.primary.ask("CONFIG", "SET", "maxmemory", "100mb")


def test_what_no_replica_has_is_not_taken_as_done(cluster: Cluster) -> None:
    """And it is indeed lost when the primary is: this is what waiting for the replica is for."""
    cluster.settle()
    session = Session("lost")
    primary, replica = cluster.of(str(session))
    replica.kill()
    store = Store.cluster(cluster.client(), patience_seconds=0.2, wait_milliseconds=50)
    with pytest.raises(NotReplicatedError, match="session:<session_id> is on 0 of 1 replicas") as told:
        store.durably(session, "HSET", str(session), "user_id", "x")
    assert "lost" not in str(told.value), "the id of a session is a secret"
    assert store.run(session, "EXISTS", str(session)) == 1
    primary.kill()
    replica.start()
    after = Store.cluster(cluster.client(), patience_seconds=20)
    assert after.run(session, "EXISTS", str(session)) == 0
    primary.start()
    cluster.settle()


class Load:
    """Users who sign in, work and sign out, all the time; and what they were told."""

    def __init__(self, connect: Callable[[], Store], workers: int = 4) -> None:
        self.alive: dict[str, UUID] = {}
        self.ended: set[str] = set()
        self.revoked: set[str] = set()
        self.refused = 0
        self._stop = threading.Event()
        self.failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._work, args=(connect(), seed)) for seed in range(workers)]
        for thread in self._threads:
            thread.start()

    def _work(self, store: Store, seed: int) -> None:
        dice, sessions, mine = random.Random(seed), Sessions(store), list[str]()
        try:
            for turn in itertools.count():
                if self._stop.is_set():
                    return
                try:
                    self._turn(dice, sessions, mine, f"token-{seed}-{turn}")
                except NotReplicatedError:
                    self.refused += 1
        except BaseException as error:
            self.failures.append(error)

    def _turn(self, dice: random.Random, sessions: Sessions, mine: list[str], token: str) -> None:
        choice = dice.random()
        if choice < 0.5 or not mine:
            user = uuid4()
            session = begin(sessions, user)
            self.alive[session] = user
            mine.append(session)
        elif choice < 0.7:
            sessions.revoke(token, soon())
            self.revoked.add(token)
        elif choice < 0.9:
            assert sessions.touch(dice.choice(mine))
        else:
            session = mine.pop(dice.randrange(len(mine)))
            del self.alive[session]
            sessions.end(session)
            self.ended.add(session)

    def wait(self, more: int = 50) -> None:
        """Lets it go on until so much more was acknowledged."""
        goal, deadline = self._done() + more, time.monotonic() + 60
        while self._done() < goal and not self.failures:
            assert time.monotonic() < deadline, "nothing is acknowledged any more"
            time.sleep(0.02)

    def _done(self) -> int:
        return len(self.alive) + len(self.ended) + len(self.revoked)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)
        assert self.failures == []

    def check(self, store: Store) -> None:
        """Everything that was acknowledged is so."""
        sessions = Sessions(store)
        lost = [session for session, user in self.alive.items() if (sessions.get(session) or {}).get("user_id") != user]
        back = [session for session in self.ended if sessions.get(session)]
        good_again = [token for token in self.revoked if not sessions.is_revoked(token)]
        assert (lost, back, good_again) == ([], [], [])


def test_each_primary_of_a_cluster_fails_in_turn_under_load(cluster: Cluster) -> None:
    cluster.settle()
    first = {process.port for process in cluster.primaries()}

    def connect() -> Store:
        return Store.cluster(cluster.client(), patience_seconds=30, wait_milliseconds=100)

    load = Load(connect)
    try:
        for port in sorted(first):
            load.wait()
            victim = next(process for process in cluster.processes if process.port == port)
            victim.kill()
            until(lambda: len(cluster.primaries()) == SHARDS, "no replica has taken over")
            victim.start()
            cluster.settle()
        load.wait()
    finally:
        load.stop()
    assert {process.port for process in cluster.primaries()}.isdisjoint(first), "every replica has taken over"
    load.check(connect())


def test_a_pair_fails_over_and_back_under_load(pair: Pair) -> None:
    def connect() -> Store:
        clients: dict[int, Node] = {}

        def locate(_: str) -> Node:  # as the store's address follows its primary
            port = pair.primary.port
            return clients.setdefault(port, cast("Node", pair.primary.client()))

        return Store(locate, patience_seconds=30, wait_milliseconds=100)

    load = Load(connect)
    try:
        for _ in range(2):
            load.wait()
            pair.fail_over()
            time.sleep(0.3)
            pair.heal()
        load.wait()
    finally:
        load.stop()
    load.check(connect())
