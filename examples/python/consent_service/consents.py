"""A store of what people said, in SQLite: events, which are only added to and read as of an instant."""

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
LATEST = "SELECT max(instant) FROM events WHERE subject = ?"
ADD = "INSERT INTO events (subject, fact, value, instant) VALUES (?, ?, ?, ?)"
READ = """
SELECT value, instant FROM events WHERE subject = ? AND fact = ? AND instant <= ?
ORDER BY instant DESC, seq DESC
"""

REGISTERED = "registered"
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
# Connections that read at the same time, at most.
READERS = 8
# How long a connection, or a lock of the database, is waited for: seconds.
PATIENCE = 2.0


class UnknownSubject(Exception):
    """Nobody of that name is registered."""


@dataclass(frozen=True)
class Said:
    """What holds, and since when."""

    value: str
    since: dt.datetime


class Clock:
    """Tells the time, and never an earlier one than before.

    Else a decision could be dated before a withdrawal that it comes after, and what is dated before may be lawful.
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
    """The store, in a file. Its methods block, and may be called by many threads."""

    def __init__(self, path: str | Path) -> None:
        self._path = str(path)
        self._write_lock = threading.Lock()
        self._writer = self._connect()
        (_, _, file) = self._writer.execute("PRAGMA database_list").fetchone()
        if not file:
            # It would be gone with the process, and so would every withdrawal.
            raise ValueError(f"`{self._path}` names a database in memory; expected a file")
        # Readers don't wait for the writer, nor it for them; and what is committed is on the disk.
        self._writer.execute("PRAGMA journal_mode = wal")
        self._writer.execute("PRAGMA synchronous = full")
        self._writer.executescript(SCHEMA)
        self._readers: queue.LifoQueue[sqlite3.Connection | None] = queue.LifoQueue()
        for _ in range(READERS):
            self._readers.put(None)
        (latest,) = self._writer.execute("SELECT max(instant) FROM events").fetchone()
        self.clock = Clock(instant(latest or 0))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)

    def record(self, subject: str, facts: Mapping[str, str], *, new: bool = False) -> dt.datetime:
        """Adds events of a subject, all or none; what returned is on the disk.

        If new, who is not registered is. The instant is the clock's, or the subject's latest where that went back.
        """
        with self._write_lock, self._transaction() as writer:
            (latest,) = writer.execute(LATEST, (subject,)).fetchone()
            if latest is None:
                if not new:
                    raise UnknownSubject(subject)
                facts = {REGISTERED: "", **facts}
            at = max(microseconds(self.clock.now()), latest or 0)
            writer.executemany(ADD, [(subject, fact, value, at) for fact, value in facts.items()])
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

    def read(self, subject: str, fact: str, as_of: dt.datetime | None = None) -> Said | None:
        """What was said last by an instant, or so far, and since when without another word in between."""
        last = (1 << 62) if as_of is None else microseconds(as_of)
        with self._reader() as reader:
            said = None
            for value, at in reader.execute(READ, (subject, fact, last)):
                if said is not None and said.value != value:
                    break
                said = Said(value, instant(at))
            return said

    def is_registered(self, subject: str, as_of: dt.datetime | None = None) -> bool:
        return self.read(subject, REGISTERED, as_of) is not None

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        try:
            reader = self._readers.get(timeout=PATIENCE)
        except queue.Empty:
            raise sqlite3.OperationalError("no connection was to be had in time") from None
        try:
            reader = reader or self._connect()
            yield reader
        finally:
            self._readers.put(reader)

    def close(self) -> None:
        """Closes what nobody uses any more."""
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
    """Whole years; who is born on 29 February is a year older on 1 March where there is no such day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
