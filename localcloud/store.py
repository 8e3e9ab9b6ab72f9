"""The local cloud's memory: one SQLite file, shared by every plugin process.

Everything a request reads and writes happens in one transaction, so a process that is killed leaves the request
wholly done or not done at all.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import itertools
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import StoreError
from .values import Props, merge

SCHEMA_VERSION = "2"
LOCK_SECONDS = 60
DEPLOYER = "pulumi@local-cloud.iam.gserviceaccount.com"
"""Who does what the engine asks for."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE resources (
    name       TEXT PRIMARY KEY,  -- Google's full resource name
    type       TEXT NOT NULL,
    project    TEXT NOT NULL,
    id         TEXT NOT NULL,     -- what Pulumi calls it
    urn        TEXT NOT NULL,     -- who asked for it
    config     TEXT NOT NULL,     -- what was asked for, secrets as digests
    computed   TEXT NOT NULL,     -- what the cloud added
    created_at REAL NOT NULL,
    visible_at REAL NOT NULL,     -- eventual consistency: nobody else sees it before
    busy_until REAL NOT NULL      -- an operation is under way until then
);
CREATE UNIQUE INDEX resources_by_id ON resources (type, project, id);
CREATE TABLE links (
    source    TEXT NOT NULL REFERENCES resources (name) ON DELETE CASCADE,
    path      TEXT NOT NULL,
    target    TEXT NOT NULL,
    on_delete TEXT NOT NULL CHECK (on_delete IN ('restrict', 'cascade', 'ignore')),
    PRIMARY KEY (source, path, target)
);
CREATE INDEX links_by_target ON links (target);
CREATE TABLE kept (               -- what Google keeps after a deletion
    name   TEXT PRIMARY KEY,
    type   TEXT NOT NULL,
    until  REAL,                  -- null: for ever
    reason TEXT NOT NULL
);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE operations (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at      REAL NOT NULL,
    verb    TEXT NOT NULL,
    type    TEXT NOT NULL,
    name    TEXT NOT NULL,
    urn     TEXT NOT NULL,
    principal TEXT NOT NULL -- who did it
);
CREATE TABLE faults (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    verb      TEXT NOT NULL,
    type      TEXT NOT NULL,
    remaining INTEGER NOT NULL,
    effect    TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Row:
    """One resource as the cloud holds it."""

    name: str
    type: str
    project: str
    id: str
    urn: str
    config: Props
    computed: Props
    created_at: float
    visible_at: float
    busy_until: float

    @property
    def properties(self) -> Props:
        """What a reader sees: the configuration, and what the cloud added to it."""
        return merge(self.computed, self.config)


@dataclass(frozen=True)
class Link:
    """A reference of a resource to another one."""

    path: str
    target: str
    on_delete: str


@dataclass(frozen=True)
class Kept:
    """A name that Google keeps after its resource was deleted."""

    name: str
    type: str
    until: float | None
    reason: str


@dataclass(frozen=True)
class Fault:
    """A failure that someone asked for: the `remaining`-th matching operation has the `effect`."""

    number: int
    verb: str
    type: str
    remaining: int
    effect: str


class Store:
    """An open store. Every method but `transaction` and `awaits_faults` must be called inside a transaction."""

    def __init__(self, path: Path) -> None:
        """Opens the store, and creates it where it does not exist.

        Raises:
            StoreError: the file is damaged, of another version, or cannot be written.
        """
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(f"the local cloud's folder {path.parent} cannot be made: {error.strerror}") from error
        with self._guarded():
            self._db = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            if self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise self._damaged("the integrity check failed")
        with self.transaction():
            self._prepare()

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing for everything inside; other processes wait."""
        with self._lock, self._guarded():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # SQLite itself rolls back where the disk is full
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # -- resources

    def get(self, name: str) -> Row | None:
        """The resource of that full name."""
        return self._row(self._db.execute("SELECT * FROM resources WHERE name = ?", (name,)).fetchone())

    def by_id(self, type_: str, project: str | None, id_: str) -> Row | None:
        """The resource that Pulumi knows by that id: in a project, or in any where its id is global."""
        sql = "SELECT * FROM resources WHERE type = ?1 AND (?2 IS NULL OR project = ?2) AND id = ?3"
        return self._row(self._db.execute(sql, (type_, project, id_)).fetchone())

    def all(self, *types: str, project: str | None = None, inside: str | None = None) -> list[Row]:
        """Every resource, in the order of their creation; or those of the given types, of a project, inside another one."""
        conditions = {
            f"type IN ({', '.join('?' * len(types))})": types,
            "project = ?": (project,) if project is not None else (),
            "name > ? || '/' AND name < ? || '0'": (inside, inside) if inside is not None else (),  # a 0 follows a /
        }
        wanted = {condition: values for condition, values in conditions.items() if values}
        where = f"WHERE {' AND '.join(wanted)}" if wanted else ""
        sql = f"SELECT * FROM resources {where} ORDER BY created_at, name"  # noqa: S608 - no value is part of it
        rows = self._db.execute(sql, tuple(itertools.chain.from_iterable(wanted.values())))
        return [row for row in map(self._row, rows) if row]

    def put(self, row: Row, links: Mapping[tuple[str, str], str]) -> None:
        """Writes a resource and what it refers to: (path, target's name) -> on_delete."""
        self._db.execute(
            "INSERT INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
            "config = excluded.config, computed = excluded.computed, busy_until = excluded.busy_until",
            (
                *(row.name, row.type, row.project, row.id, row.urn, json.dumps(row.config), json.dumps(row.computed)),
                *(row.created_at, row.visible_at, row.busy_until),
            ),
        )
        self._db.execute("DELETE FROM links WHERE source = ?", (row.name,))
        entries = [(row.name, path, target, on_delete) for (path, target), on_delete in links.items()]
        self._db.executemany("INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?)", entries)

    def remove(self, name: str) -> None:
        """Removes a resource and, with it, what lives inside it."""
        inside = self._db.execute("SELECT source FROM links WHERE target = ? AND on_delete = 'cascade'", (name,)).fetchall()
        for child in inside:
            self.remove(child["source"])
        self._db.execute("DELETE FROM resources WHERE name = ?", (name,))

    def pointing_at(self, name: str, on_delete: str = "%") -> list[Row]:
        """The resources that refer to this one, or those whose reference says `on_delete`."""
        found = self._db.execute(
            "SELECT DISTINCT resources.* FROM resources JOIN links ON links.source = resources.name "
            "WHERE links.target = ? AND links.on_delete LIKE ? ORDER BY resources.name",
            (name, on_delete),
        )
        return [row for row in map(self._row, found) if row]

    def links(self, name: str) -> list[Link]:
        """The references of a resource."""
        rows = self._db.execute("SELECT path, target, on_delete FROM links WHERE source = ?", (name,))
        return [Link(**row) for row in rows]

    def targets(self, name: str) -> list[Row]:
        """The resources that this one refers to."""
        found = self._db.execute(
            "SELECT DISTINCT resources.* FROM resources JOIN links ON links.target = resources.name WHERE links.source = ?",
            (name,),
        )
        return [row for row in map(self._row, found) if row]

    # -- what stays after a deletion

    def keep(self, kept: Kept) -> None:
        """Remembers a name as taken."""
        values = (kept.name, kept.type, kept.until, kept.reason)
        self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", values)

    def release(self, name: str) -> None:
        """Forgets a reservation."""
        self._db.execute("DELETE FROM kept WHERE name = ?", (name,))

    def kept(self, name: str) -> Kept | None:
        """The reservation of a name, unless its time is over."""
        found = self._db.execute("SELECT * FROM kept WHERE name = ?", (name,)).fetchone()
        kept = Kept(**found) if found else None
        return kept if kept and (kept.until is None or kept.until > self.now()) else None

    def all_kept(self) -> list[Kept]:
        """Every reservation that still holds."""
        rows = [Kept(**row) for row in self._db.execute("SELECT * FROM kept ORDER BY name")]
        return [kept for kept in rows if kept.until is None or kept.until > self.now()]

    # -- clock, counters, settings

    def now(self) -> float:
        """The virtual time, in seconds since 1970: the wall clock, moved ahead by what operations took."""
        return time.time() + float(self.meta("clock_ahead") or 0)

    def advance(self, seconds: float) -> None:
        """Moves the virtual clock ahead."""
        self.set_meta("clock_ahead", str(float(self.meta("clock_ahead") or 0) + seconds))

    def next(self, counter: str) -> int:
        """Counts 1, 2, 3... and never gives a number twice."""
        sql = "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
        return int(self._db.execute(sql, (counter,)).fetchone()[0])

    def counted(self, counter: str) -> int:
        """The number that was given last, or 0."""
        found = self._db.execute("SELECT value FROM counters WHERE name = ?", (counter,)).fetchone()
        return int(found["value"]) if found else 0

    def meta(self, key: str) -> str | None:
        """A setting of the local cloud itself."""
        found = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(found["value"]) if found else None

    def set_meta(self, key: str, value: str) -> None:
        """Changes a setting of the local cloud itself."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def digest(self, value: object) -> str:
        """A keyed digest: tells whether two secrets are equal, and nothing else about them."""
        key = bytes.fromhex(self.meta("digest_key") or "")
        return "hmac-sha256:" + hmac.new(key, json.dumps(value, sort_keys=True).encode(), hashlib.sha256).hexdigest()

    # -- operations and faults

    def record(self, verb: str, type_: str, name: str, urn: str, principal: str = DEPLOYER) -> None:
        """Adds a line to the log of operations."""
        values = (self.now(), verb, type_, name, urn, principal)
        self._db.execute("INSERT INTO operations (at, verb, type, name, urn, principal) VALUES (?, ?, ?, ?, ?, ?)", values)

    def operations(self) -> list[dict[str, Any]]:
        """The log of operations, oldest first."""
        return [dict(row) for row in self._db.execute("SELECT * FROM operations ORDER BY number")]

    def add_fault(self, verb: str, type_: str, nth: int, effect: str) -> None:
        """Asks for a failure; `verb` and `type_` are patterns of the shell's kind."""
        values = (verb, type_, nth, effect)
        self._db.execute("INSERT INTO faults (verb, type, remaining, effect) VALUES (?, ?, ?, ?)", values)

    def faults(self) -> list[Fault]:
        """The failures that are waiting for their operation."""
        return [Fault(**row) for row in self._db.execute("SELECT * FROM faults ORDER BY number")]

    @property
    def awaits_faults(self) -> bool:
        """Whether a failure is waiting for its operation; to be asked outside of a transaction, too."""
        with self._lock, self._guarded():
            return self._db.execute("SELECT 1 FROM faults LIMIT 1").fetchone() is not None

    def count_down(self, fault: Fault) -> None:
        """One operation nearer to the fault; at the operation itself the fault is gone."""
        if fault.remaining <= 1:
            self._db.execute("DELETE FROM faults WHERE number = ?", (fault.number,))
        else:
            self._db.execute("UPDATE faults SET remaining = remaining - 1 WHERE number = ?", (fault.number,))

    # -- inside

    def _prepare(self) -> None:
        tables = self._db.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0]
        if not tables:
            for statement in SCHEMA.split(";\n"):
                self._db.execute(statement)
            self.set_meta("schema_version", SCHEMA_VERSION)
            self.set_meta("digest_key", secrets.token_hex(32))
        elif self.meta("schema_version") == "1":
            self._db.execute(f"ALTER TABLE operations ADD COLUMN principal TEXT NOT NULL DEFAULT '{DEPLOYER}'")
            self.set_meta("schema_version", SCHEMA_VERSION)
        elif (version := self.meta("schema_version")) != SCHEMA_VERSION:
            raise StoreError(
                f"the local cloud's store {self.path} has version {version}, this program needs {SCHEMA_VERSION}; "
                "`make clean-local` starts a new one"
            )

    @staticmethod
    def _row(found: sqlite3.Row | None) -> Row | None:
        if found is None:
            return None
        values: dict[str, Any] = dict(found)
        return Row(**{**values, "config": _decoded(values["config"]), "computed": _decoded(values["computed"])})

    @contextlib.contextmanager
    def _guarded(self) -> Generator[None]:
        """Turns what SQLite and the file system say into one sentence."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreError(f"another process has held the local cloud's store {self.path} for a minute") from error
            if "disk is full" in str(error) or "disk I/O" in str(error):
                raise StoreError(f"the disk that holds {self.path} is full; nothing was changed") from error
            raise StoreError(f"the local cloud's store {self.path} cannot be used: {error}") from error
        except sqlite3.IntegrityError:
            raise  # a defect of ours, not of the file
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, why: str) -> StoreError:
        return StoreError(
            f"the local cloud's store {self.path} is damaged ({why}). Put back a copy of it, "
            "or run `make clean-local` to start with an empty cloud; nothing at Google is touched by that"
        )


@functools.lru_cache(maxsize=8192)
def _decoded(text: str) -> Any:
    """A resource's properties; rules look at the same resources again and again. Who changes one writes another."""
    return json.loads(text)
