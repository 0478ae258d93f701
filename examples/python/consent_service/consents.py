"""A store of people's statements in SQLite: an append-only log of events, which can be read as of an instant."""

from __future__ import annotations

import datetime as dt
import queue
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  subject TEXT NOT NULL,
  fact TEXT NOT NULL,
  value TEXT NOT NULL,
  instant INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS events_by_subject ON events (subject, fact, instant, seq);
CREATE TRIGGER IF NOT EXISTS events_stay BEFORE UPDATE ON events
  BEGIN SELECT RAISE(ABORT, 'events are only added to'); END;
CREATE TRIGGER IF NOT EXISTS events_remain BEFORE DELETE ON events
  BEGIN SELECT RAISE(ABORT, 'events are only added to'); END;
"""
SELECT_LATEST = "SELECT max(instant) FROM events WHERE subject = ?"
INSERT_EVENT = "INSERT INTO events (subject, fact, value, instant) VALUES (?, ?, ?, ?)"
SELECT_HISTORY = """
SELECT value, instant FROM events WHERE subject = ? AND fact = ? AND instant <= ?
ORDER BY instant DESC, seq DESC
"""

REGISTERED = "registered"
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
# The maximum number of concurrent read connections.
MAX_READERS = 8
# The maximum wait for a connection or a database lock, in seconds.
TIMEOUT = 2.0


class UnknownSubject(Exception):
    """No person of that name is registered."""


@dataclass(frozen=True)
class Fact:
    """The value of a fact, and the instant since which it has held."""

    value: str
    since: dt.datetime


class Clock:
    """A clock that never goes back.

    If it did, a decision after a withdrawal could be dated before it, and a policy may allow uses before a withdrawal.
    """

    def __init__(self, latest: dt.datetime) -> None:
        self._latest = latest
        self._lock = threading.Lock()

    def now(self) -> dt.datetime:
        return self.not_before(dt.datetime.now(dt.timezone.utc))

    def not_before(self, instant: dt.datetime) -> dt.datetime:
        with self._lock:
            self._latest = max(self._latest, instant)
            return self._latest


class Consents:
    """The store, in a file. Its methods block and are thread-safe."""

    def __init__(self, path: str | Path) -> None:
        self._path = str(path)
        self._write_lock = threading.Lock()
        self._writer = self._connect()
        (_, _, file) = self._writer.execute("PRAGMA database_list").fetchone()
        if not file:
            # A database in memory would lose all withdrawals with the process.
            raise ValueError(f"`{self._path}` names a database in memory; expected a file")
        # In WAL mode, readers and the writer don't wait for each other. Full synchronization puts commits on disk.
        self._writer.execute("PRAGMA journal_mode = wal")
        self._writer.execute("PRAGMA synchronous = full")
        self._writer.executescript(SCHEMA)
        self._readers: queue.LifoQueue[sqlite3.Connection | None] = queue.LifoQueue()
        for _ in range(MAX_READERS):
            self._readers.put(None)
        (latest,) = self._writer.execute("SELECT max(instant) FROM events").fetchone()
        self.clock = Clock(instant(latest or 0))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=TIMEOUT, isolation_level=None, check_same_thread=False)

    def record(self, subject: str, facts: Mapping[str, str], *, register: bool = False) -> dt.datetime:
        """Adds events of a subject atomically and returns their instant. They are on disk when it returns.

        With `register`, an unregistered subject is registered; otherwise it raises `UnknownSubject`. The instant is
        never before the subject's latest event, even if the clock went back.
        """
        with self._write_lock, self._transaction() as writer:
            (latest,) = writer.execute(SELECT_LATEST, (subject,)).fetchone()
            if latest is None:
                if not register:
                    raise UnknownSubject(subject)
                facts = {REGISTERED: "", **facts}
            at = max(microseconds(self.clock.now()), latest or 0)
            writer.executemany(INSERT_EVENT, [(subject, fact, value, at) for fact, value in facts.items()])
        return self.clock.not_before(instant(at))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield self._writer
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise

    def read(self, subject: str, fact: str, as_of: dt.datetime | None = None) -> Fact | None:
        """Returns the latest value of a fact, optionally as of an instant, and since when it has held uninterrupted."""
        last = (1 << 62) if as_of is None else microseconds(as_of)
        with self._reader() as reader:
            latest_fact = None
            for value, at in reader.execute(SELECT_HISTORY, (subject, fact, last)):
                if latest_fact is not None and latest_fact.value != value:
                    break
                latest_fact = Fact(value, instant(at))
            return latest_fact

    def is_registered(self, subject: str, as_of: dt.datetime | None = None) -> bool:
        return self.read(subject, REGISTERED, as_of) is not None

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        try:
            reader = self._readers.get(timeout=TIMEOUT)
        except queue.Empty:
            raise sqlite3.OperationalError("no connection was to be had in time") from None
        try:
            reader = reader or self._connect()
            yield reader
        finally:
            self._readers.put(reader)

    def close(self) -> None:
        """Closes the connections that are not in use."""
        self._writer.close()
        while not self._readers.empty():
            reader = self._readers.get_nowait()
            if reader is not None:
                reader.close()


def microseconds(at: dt.datetime) -> int:
    return (at - EPOCH) // dt.timedelta(microseconds=1)


def instant(count: int) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=count)


def age(born: dt.date, day: dt.date) -> int:
    """Returns the age in whole years. In years without 29 February, a person born on that day ages on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
