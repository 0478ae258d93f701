"""A policy that uses every kind of column, and random rows. Distributed decisions on them must equal local ones."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import placet
import pyarrow

POLICY = """
policy spread version "1"
taxonomy Data { contact { email, phone } clicks }
taxonomy Purpose { deliver, marketing { newsletter, advertising } }
request {
  purpose: Purpose
  data: set of Data
  opted_in: bool
  subject.age: int 0..150
  subject.country: string
  score: number 0..1
  born: date
  at: time
  asked_at: time
  idle: duration
  channel: { app, post }
}
rule delivery { cite "§1" allow when purpose is deliver and channel is app basis contract oblige log }
rule letters {
  cite "§2" cite "§3"
  allow when purpose in marketing and all data in contact and opted_in
    except stale when at - asked_at > 200 days { except asked_again when idle < 5 days }
  oblige tell within 30 days "Tell them that they can say no."
}
rule children { cite "§9" deny when subject.age < 13 oblige erase within 7 days when born < 2015-01-01 }
rule risky { deny when score >= 0.9 and not (subject.country like "S*") }
"""
CONSTANTS = {"channel": "app"}
COLUMNS = {"opted_in": "yes"}


def policy() -> placet.Policy:
    return placet.Policy.from_text(POLICY)


def rows(count: int) -> pyarrow.Table:
    """Returns random rows, numbered by `id`. A tenth of the values in each column are null."""
    chosen = random.Random(5)
    start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)

    def column(kind: pyarrow.DataType, value: Any) -> pyarrow.Array:
        return pyarrow.array([value() if chosen.random() > 0.1 else None for _ in range(count)], kind)

    def instant() -> dt.datetime:
        return start + dt.timedelta(microseconds=chosen.randrange(400 * 86_400_000_000))

    time = pyarrow.timestamp("us", "UTC")
    subject = {
        "age": column(pyarrow.int32(), lambda: chosen.randint(0, 60)),
        "country": column(pyarrow.string(), lambda: chosen.choice(["SG", "DE", "S", "Österreich", ""])),
    }
    columns = {
        "id": pyarrow.array(range(count), pyarrow.int64()),
        "purpose": column(pyarrow.string(), lambda: chosen.choice(["deliver", "newsletter", "marketing", "advertising"])),
        "data": column(
            pyarrow.list_(pyarrow.string()),
            lambda: chosen.choices(["email", "phone", "contact", "clicks"], [4, 4, 2, 1], k=chosen.randint(1, 3)),
        ),
        "yes": column(pyarrow.bool_(), lambda: chosen.random() < 0.8),
        "subject": pyarrow.StructArray.from_arrays(list(subject.values()), names=list(subject)),
        "score": column(pyarrow.float64(), chosen.random),
        "born": column(pyarrow.date32(), lambda: start.date() - dt.timedelta(days=chosen.randint(0, 30_000))),
        "at": column(time, instant),
        "asked_at": column(time, instant),
        "idle": column(pyarrow.duration("us"), lambda: dt.timedelta(seconds=chosen.randint(0, 900_000))),
    }
    return pyarrow.table(columns)
