"""Commands to a store, cluster or not, that go on through a failover; and writes that outlive one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, cast

from redis import Redis, exceptions
from redis.cluster import RedisCluster
from redis.crc import key_slot

from .contract import Key

Command = Sequence[str | int | float]

PASSING = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.MovedError,
    exceptions.AskError,
    exceptions.TryAgainError,
    exceptions.ClusterDownError,
    exceptions.MasterDownError,
    exceptions.ReadOnlyError,
    exceptions.SlotNotCoveredError,
)
"""What a failover makes clients see; all of it passes."""
PAUSE_SECONDS = 0.05


class Pipeline(Protocol):
    """Commands that go to a node together."""

    def execute_command(self, *command: str | float) -> Any: ...
    def execute(self, raise_on_error: bool) -> list[Any]: ...
    def __enter__(self) -> Pipeline: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> bool | None: ...


class Node(Protocol):
    """A node: what is used of redis-py's client, whose own types are open."""

    def execute_command(self, *command: str | float) -> Any: ...
    def pipeline(self, transaction: bool) -> Pipeline: ...


class NotReplicatedError(Exception):
    """A write is on one node only, and could be lost with it. It may be repeated, and must not be taken as done."""


class Store:
    """A store, and how to find the node that has a key."""

    def __init__(
        self,
        locate: Callable[[str], Node],
        refresh: Callable[[], None] = lambda: None,
        *,
        replicas: int = 1,
        patience_seconds: float = 10,
        wait_milliseconds: int = 500,
    ) -> None:
        """`replicas`: how many must have a durable write; 0 where there are none.

        `patience_seconds`: how long to go on trying. `wait_milliseconds`: how long replicas have for one write.
        """
        self._locate = locate
        self._refresh = refresh
        self._replicas = replicas
        self._patience = patience_seconds
        self._wait = wait_milliseconds

    @classmethod
    def standalone(cls, client: Redis, **options: Any) -> Store:
        """One primary behind one address."""
        node = cast("Node", client)
        return cls(lambda _: node, **options)

    @classmethod
    def cluster(cls, client: RedisCluster, **options: Any) -> Store:
        """Many, each with a part of the slots."""

        def locate(key: str) -> Node:
            node = client.nodes_manager.get_node_from_slot(key_slot(key.encode()))
            return cast("Node", client.get_redis_connection(node))

        return cls(locate, client.nodes_manager.initialize, **options)

    def run(self, key: Key, *command: str | float) -> Any:
        """A command to the node that has a key. It may be carried out twice, where an answer is lost."""
        return self._persistently(lambda: self._locate(str(key)).execute_command(*command))

    def run_script(self, script: str, keys: Sequence[Key], *arguments: str | float) -> Any:
        """A script of this package, by its name. The keys have one hash tag, or it is one key."""
        text, digest = _script(script)
        names = [str(key) for key in keys]

        def run() -> Any:
            node = self._locate(names[0])
            try:
                return node.execute_command("EVALSHA", digest, len(names), *names, *arguments)
            except exceptions.NoScriptError:
                return node.execute_command("EVAL", text, len(names), *names, *arguments)

        return self._persistently(run)

    def durably(self, key: Key, *command: str | float) -> Any:
        """A write that is on a replica too when this returns. It may be carried out twice.

        Raises:
            NotReplicatedError: no replica has it.
        """

        def run() -> Any:
            # WAIT speaks of what was written over its own connection.
            with self._locate(str(key)).pipeline(transaction=False) as pipeline:
                pipeline.execute_command(*command)
                pipeline.execute_command("WAIT", self._replicas, self._wait)
                answer, copies = _answers(pipeline)
            if copies < self._replicas:
                raise NotReplicatedError(f"{key.contract.pattern} is on {copies} of {self._replicas} replicas")
            return answer

        return self._persistently(run, NotReplicatedError)

    def durable_script(self, script: str, key: Key, *arguments: str | float) -> Any:
        """The same for a script."""
        return self.durably(key, "EVAL", _script(script)[0], 1, str(key), *arguments)

    def many(self, commands: Iterable[tuple[Key, Command]]) -> list[Any]:
        """Commands, each to the node of its key, in as few round trips as there are nodes; answers are in no order."""

        def run() -> list[Any]:
            by_node: dict[Node, list[Command]] = {}
            for key, command in wanted:
                by_node.setdefault(self._locate(str(key)), []).append(command)
            answers: list[Any] = []
            for node, its in by_node.items():
                with node.pipeline(transaction=False) as pipeline:
                    for command in its:
                        pipeline.execute_command(*command)
                    answers += _answers(pipeline)
            return answers

        wanted = list(commands)
        return self._persistently(run)

    def _persistently(self, action: Callable[[], Any], *more: type[Exception]) -> Any:
        deadline = time.monotonic() + self._patience
        for pause in _pauses():
            try:
                return action()
            except (*PASSING, *more):
                if time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause)
            try:
                self._refresh()
            except exceptions.RedisError:
                continue  # nobody answers yet
        raise AssertionError


def put_hash(key: Key, values: dict[str, Any], milliseconds: int) -> tuple[Key, Command]:
    """The command that replaces a hash and when it ends, for `Store.many`."""
    written = [part for pair in key.encode(values).items() for part in pair]
    return key, ("EVAL", _script("put_hash")[0], 1, str(key), milliseconds, *written)


def _answers(pipeline: Pipeline) -> list[Any]:
    """What the node answers; its first error is raised as it is, because redis-py adds the command, and with it secrets."""
    answers = pipeline.execute(raise_on_error=False)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def _pauses() -> Iterator[float]:
    pause = PAUSE_SECONDS
    while True:
        yield pause
        pause = min(1.0, pause * 1.5)


@cache
def _script(name: str) -> tuple[str, str]:
    text = (Path(__file__).parent / "scripts" / f"{name}.lua").read_text()
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
