"""Shared policies."""

from __future__ import annotations

from pathlib import Path

import placet
import pytest

ROOT = Path(__file__).resolve().parents[3]

EVERY_TYPE = """
policy every_type version "1"
taxonomy Data { contact { email, phone } clicks }
request {
  flag: bool
  count: int
  age: int 0..150
  score: number
  share: number 0..1
  name: string
  consent: { granted, refused }
  kind: Data
  data: set of Data
  some: set? of { x, y }
  labels: set of string
  day: date
  at: time
  since: duration
  subject.age: int 0..150
  subject.home.country: string
  must: bool required
  country: string default "SG"
}
rule always { allow when must }
rule adult { cite "§1" allow when subject.age >= 18 }
rule young { cite "§2" deny when age < 13 or subject.age < 13 oblige erase within 30 days }
"""


@pytest.fixture(scope="session")
def every_type() -> placet.Policy:
    return placet.Policy.from_text(EVERY_TYPE)


@pytest.fixture(scope="session")
def newsletter() -> placet.Policy:
    return placet.Policy.from_file(ROOT / "examples" / "newsletter.placet")
