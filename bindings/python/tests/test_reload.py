"""Watching a policy's files and reloading it."""

from __future__ import annotations

import datetime as dt
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import placet
import pytest

from asking import eventually


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "door.placet"
    path.write_text(door(18))
    yield path


def door(age: int, name: str = "age") -> str:
    rule = f"policy door request {{ age: int 0..150 }} rule adults {{ allow when {name} >= {age} }}"
    return rule + ' test "t" { given { age: 20 } expect allow }'


def test_reload_now_swaps_in_a_valid_policy(file: Path) -> None:
    engine = placet.Engine(placet.Policy.from_file(file))
    reports: list[placet.ReloadReport] = []
    with placet.watch(engine, file, on_report=reports.append, events=False) as reloader:
        report = reloader.reload_now()
        assert (report.cause, report.outcome, report.swap, report.error) == ("call", "unchanged", None, None)
        assert report.difference() is None and report.diagnostics == () == report.failed_tests
        old = engine.policy
        file.write_text(door(16))
        report = reloader.reload_now()
        assert (
            report.outcome == "swapped" and report.swap and (report.swap.old, report.swap.new) == (old, engine.policy)
        )
        assert engine.decide(age=17) and report.elapsed > 0 and report.unwatched == ()
        difference = report.difference()
        assert difference and difference["effects"][0]["when"][0]["is"] == "16..17"
        # A policy that does not compile, and one whose test fails.
        file.write_text(door(14, "aeg"))
        report = reloader.reload_now()
        assert report.outcome == "kept" and report.error and "unknown attribute `aeg`" in report.error
        assert report.diagnostics[0].code == "P0304" and str(report).startswith("kept the policy so far")
        file.write_text(door(30))
        report = reloader.reload_now()
        assert report.outcome == "kept" and len(report.failed_tests) == 1 and "`t`" in report.failed_tests[0]
        assert engine.decide(age=17)
        counts = reloader.counts()
        assert (counts.swapped, counts.unchanged, counts.failed) == (1, 2, 2)
        eventually(lambda: len(reports) == 5)
        assert [report.cause for report in reports] == ["start", *["call"] * 4]
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(reloader)
    reloader.close()
    with pytest.raises(RuntimeError, match="closed"):
        reloader.reload_now()


def test_watch_notices_changes(file: Path) -> None:
    engine = placet.Engine(placet.Policy.from_file(file))
    with placet.watch(engine, str(file), quiet=0.01, poll=dt.timedelta(milliseconds=20)):
        file.write_text(door(10))
        eventually(lambda: bool(engine.decide(age=12)))


def test_watch_begins_with_the_policy_of_the_file(file: Path) -> None:
    engine = placet.Engine(placet.Policy.from_text(door(1)))
    reloader = placet.watch(engine, file)
    assert not engine.decide(age=12)
    # Deleting the reloader stops it.
    del reloader
    with pytest.raises(TypeError, match="on_report"):
        placet.watch(engine, file, on_report=7)  # type: ignore[arg-type]


def test_exceptions_of_a_callback_are_unraisable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = placet.Engine(placet.Policy.from_file(file))
    raised: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: raised.append(unraisable.exc_value))

    def callback(report: placet.ReloadReport) -> None:
        raise ValueError(str(report))

    with placet.watch(engine, file, on_report=callback) as reloader:
        file.write_text(door(12))
        reloader.reload_now()
        assert engine.decide(age=12)
        eventually(lambda: len(raised) >= 2)
    assert all(isinstance(error, ValueError) for error in raised)
