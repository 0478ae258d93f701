"""Engines and processes: pickling, forks, interpreter exit, and garbage collection."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import os
import pickle
import subprocess
import sys
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from asking import ALL, ask, eventually, faulty, gives


def test_engine_cannot_be_pickled_or_copied() -> None:
    engine = faulty(gives(ALL))
    for act in (lambda: pickle.dumps(engine), lambda: copy.copy(engine), lambda: copy.deepcopy(engine)):
        with pytest.raises(TypeError, match="an engine can't be pickled"):
            act()
    with pytest.raises(AttributeError):
        engine.other = 1  # type: ignore[attr-defined]
    assert repr(engine) == "<Engine shop [faulty]>"


FORK = """
import os, placet
policy = placet.Policy.from_text("policy p request { a: bool  b: bool } rule r { allow when a and b }")
make = lambda: placet.Engine(policy, [placet.Resolver("a", lambda _: {"a": True}, serves=["a"], time_to_live=60)])
def child(work):
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(work())
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(9)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
def refused():
    assert engine.decide(b=True), "cached facts are available"
    engine.invalidate_all()
    try:
        engine.decide(b=True)
    except RuntimeError as error:
        assert "forked" in str(error)
        return 7
engine = make()
assert child(lambda: 5 if engine.decide(b=True) else 6) == 5, "nothing has run before the fork"
assert engine.decide(b=True)
assert child(refused) == 7
assert engine.decide(b=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_fork_after_fetching_cannot_fetch() -> None:
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", FORK], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr


ENDING = """
import sys, threading, time, placet
policy = placet.Policy.from_text("policy p request { a: bool } rule r { allow when a }")
def slow(key):
    time.sleep(0.3)
    print("ended", flush=True)
    return {"a": True}
engine = placet.Engine(policy, [placet.Resolver("a", slow, serves=["a"], timeout=0.01)])
assert engine.decide().failures[0].why == "late"
reloader = placet.watch(engine, sys.argv[1], on_report=lambda report: None)
"""


def test_interpreter_exits_cleanly_while_a_resolver_runs(tmp_path: Path) -> None:
    (tmp_path / "p.placet").write_text("policy p request { a: bool } rule r { allow when a }")
    command = [sys.executable, "-W", "error", "-c", ENDING, str(tmp_path / "p.placet")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ended\n", "")


def test_engine_in_a_reference_cycle_is_collected() -> None:
    class Service:
        def __init__(self) -> None:
            self.engine = faulty(self.fetch)

        def fetch(self, _: dict[str, Any]) -> Mapping[str, Any]:
            return ALL

    service = Service()
    assert ask(service.engine)
    gone = weakref.ref(service)
    del service

    def is_gone() -> bool:
        gc.collect()
        return gone() is None

    # A resolver's thread may hold the last reference for a moment.
    eventually(is_gone)


def in_a_worker(number: int) -> bool:
    return bool(ask(faulty(gives(ALL)))) and number >= 0


def test_spawned_processes_create_their_own_engines() -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert all(pool.map(in_a_worker, range(4)))
