"""Dask with two worker processes: their decisions equal those of one process."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import placet
import pytest

distributed = pytest.importorskip("distributed")
pandas = pytest.importorskip("pandas")
pyarrow = pytest.importorskip("pyarrow")

import dask.bag
import dask.dataframe
from conftest import ROOT
from placet import dask as placet_dask
from spread import COLUMNS, CONSTANTS, policy, rows

COUNT = 20_000
OPTIONS: Any = {"columns": COLUMNS, "constants": CONSTANTS, "ignore_unknown": True}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    settings: Any = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def table() -> Any:
    return rows(COUNT).to_pandas(types_mapper=pandas.ArrowDtype).set_index("id")


@pytest.fixture(scope="module")
def frame(table: Any) -> Any:
    return dask.dataframe.from_pandas(table, npartitions=8)


def test_decide_on_two_workers_equals_one_process_and_loads_once(client: Any, frame: Any, table: Any) -> None:
    def loads() -> int:
        from placet import _placet

        return _placet._loads()

    def with_process(decided: Any) -> Any:
        """Adds the process that made each decision."""
        return decided.assign(worker=os.getpid())

    decided = placet_dask.decide(frame, policy(), reasons=True, **OPTIONS)
    expected = policy().decide_batch(table, reasons=True, **OPTIONS)
    # Twice, so that workers unpickle the policy again.
    for _ in range(2):
        came = client.compute(decided.map_partitions(with_process)).result()
        assert set(came.pop("worker")) == set(client.run(os.getpid).values()), "both took part"
        pandas.testing.assert_frame_equal(came, expected, check_exact=True)
        assert list(client.run(loads).values()) == [1, 1], "each process loaded the policy once"
    counts = expected["effect"].value_counts()
    assert len(counts) == 3 and counts.min() > COUNT // 20


def test_decide_returns_a_series_of_the_frame(client: Any, frame: Any, table: Any) -> None:
    effects = placet_dask.decide(frame, policy(), **OPTIONS)
    expected = policy().decide_batch(table, **OPTIONS)
    assert effects.dtype == expected.dtype and effects.npartitions == 8 and effects.known_divisions
    pandas.testing.assert_series_equal(effects.compute(), expected)
    counts = frame.assign(effect=effects).groupby("effect", observed=False).size().compute()
    assert counts.to_dict() == expected.value_counts().to_dict()


def test_filter_returns_the_allowed_rows(client: Any, frame: Any, table: Any) -> None:
    came = placet_dask.filter(frame, policy(), **OPTIONS).compute()
    assert 0 < len(came) < COUNT
    pandas.testing.assert_frame_equal(came, policy().filter(table, **OPTIONS), check_exact=True)


def test_decide_rejects_columns_and_constants_before_running(frame: Any) -> None:
    with pytest.raises(placet.ColumnError) as unknown:
        placet_dask.decide(frame, policy(), constants=CONSTANTS)
    assert unknown.value.column == "yes"
    with pytest.raises(placet.RequestError):
        placet_dask.filter(frame, policy(), columns=COLUMNS, constants={"channel": "pigeon"}, ignore_unknown=True)


def test_erroneous_rows_raise_on_workers_or_give_null(client: Any, frame: Any) -> None:
    wrong = frame.assign(score=frame.score + 0.5)
    with pytest.raises(placet.ColumnError) as raised:
        placet_dask.filter(wrong, policy(), **OPTIONS).compute()
    assert (raised.value.column, raised.value.code) == ("score", "outside_domain")
    effects = placet_dask.decide(wrong, policy(), on_error="null", **OPTIONS).compute()
    assert effects.isna().sum() == (wrong.score > 1).sum().compute() > 0


def test_bag_accepts_the_policy_methods(client: Any, newsletter: placet.Policy) -> None:
    requests = [{"purpose": "newsletter", "subject": {"age": age}, "consent": "granted"} for age in range(40)]
    bag = dask.bag.from_sequence(requests, npartitions=4)
    assert bag.filter(newsletter.allows).compute() == requests[13:]
    assert bag.map(newsletter.effect).compute() == [newsletter.effect(request) for request in requests]


def test_decide_gives_deterministic_task_names(frame: Any) -> None:
    first, second = (placet_dask.decide(frame, policy(), **OPTIONS) for _ in range(2))
    assert first.__dask_tokenize__() == second.__dask_tokenize__()


def test_readme_snippet_runs(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "bindings" / "python" / "README.md").read_text()
    (snippet,) = re.findall(r"^```python dask\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(ROOT)
    exec(snippet, {})
