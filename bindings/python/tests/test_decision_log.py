"""The decision log of an engine."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import placet
import pytest

from asking import ALL, KEYS, MARKETING, SHOP, ask, ask_async, resolver


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_log_records_answers_without_values(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    person, _ = resolver("person", ALL, time_to_live=60)
    with placet.DecisionLog(path) as log:
        engine = placet.Engine(SHOP, [person], keys=KEYS, log=log)
        assert engine.log is log
        assert ask(engine) and ask_async(engine)
        for request in ({"purpose": "fly"}, {"purpos": "deliver"}):
            with pytest.raises(placet.RequestError):
                ask(engine, request)
        log.flush()
        first, second, *errors = lines(path)
        assert (first["effect"], first["rules"], first["policy"]["hash"]) == ("allow", ["marketing"], SHOP.hash)
        assert {origin["source"] for origin in first["resolved"]} == {"fetched"}
        assert {origin["source"] for origin in second["resolved"]} == {"cached"}
        assert [error["error"]["code"] for error in errors] == ["outside_domain", "unknown_attribute"]
        assert "anna" not in path.read_text() and "30" not in json.dumps(first["resolved"])
        counts = log.counts()
        assert (counts.written, counts.dropped, counts.failed, counts.write_errors, log.trouble) == (4, 0, 0, 0, None)
        path.rename(tmp_path / "older.jsonl")
        log.reopen()
        ask(engine)
    assert len(lines(path)) == 1
    ask(engine)
    assert log.counts().dropped == 1, "it is closed"


def test_log_options_select_shares_and_values(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    log = placet.DecisionLog(
        path, values=["purpose"], classes=True, keep={"allow": 0.0, "deny": 1.0}, keep_errors=0
    )
    engine = placet.Engine(SHOP, log=log)
    assert engine.decide(purpose="deliver")
    assert not engine.decide({**MARKETING, "objected": True})
    with pytest.raises(placet.RequestError):
        engine.decide(purpose="fly")
    log.close()
    (line,) = lines(path)
    assert line["effect"] == "deny" and line["values"] == {"purpose": "marketing"}
    assert set(line["classes"]) >= {"purpose", "objected"}
    assert log.counts().sampled_out == 2
    with pytest.raises(OSError, match="can't be opened"):
        placet.DecisionLog(tmp_path / "nowhere" / "log")
    wrong: Any = {"perhaps": 1}
    with pytest.raises(ValueError, match="effect"):
        placet.DecisionLog(path, keep=wrong)
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(log)


LOGGING = """
import sys, placet
policy = placet.Policy.from_text("policy p request { a: bool } rule r { allow when a }")
log = placet.DecisionLog(sys.argv[1])
engine = placet.Engine(policy, log=log)
for _ in range(1000):
    engine.decide(a=True)
"""


def test_log_is_flushed_when_the_interpreter_exits(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", LOGGING, str(tmp_path / "log")], check=True, timeout=60)
    assert len(lines(tmp_path / "log")) == 1000
