"""Whole tables: results have the kind of the table, and each row has the decision of its request."""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pandas
import placet
import polars
import pyarrow
import pytest
from conftest import ROOT
from spread import COLUMNS, CONSTANTS, policy, rows

PEOPLE = pyarrow.table(
    {
        "name": ["ada", "bob", "eve", "kim"],
        "age": pyarrow.array([36, 12, None, 40], pyarrow.int16()),
        "consent": ["granted", "granted", "granted", None],
    }
)
EFFECTS = ["allow", "deny", "indeterminate", "indeterminate"]
OPTIONS: Any = {"columns": {"subject.age": "age"}, "constants": {"purpose": "newsletter"}, "ignore_unknown": True}
WORDS = pyarrow.dictionary(pyarrow.int8(), pyarrow.string())


class Stream:
    """A table of an unknown library."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


class Array:
    """A batch of an unknown library."""

    def __init__(self, batch: Any) -> None:
        self.batch = batch

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return self.batch.__arrow_c_array__(requested_schema)


def batch(table: Any) -> Any:
    (batch,) = table.combine_chunks().to_batches()
    return batch


def relation(table: Any) -> Any:
    return duckdb.connect().from_arrow(table)


KINDS: dict[str, Callable[[Any], Any]] = {
    "polars": polars.DataFrame,
    "polars structs": lambda table: polars.DataFrame(table).to_struct("people"),
    "pandas": lambda table: table.to_pandas(types_mapper=pandas.ArrowDtype).set_axis(list("wxyz")),
    "pyarrow table": lambda table: pyarrow.concat_tables([table.slice(0, 3), table.slice(3)]),
    "pyarrow batch": batch,
    "pyarrow structs": lambda table: batch(table).to_struct_array(),
    "pyarrow reader": lambda table: pyarrow.RecordBatchReader.from_batches(table.schema, table.to_batches(2)),
    "duckdb": relation,
    "stream": Stream,
    "array": lambda table: Array(batch(table)),
}


def plain(table: Any) -> Any:
    """Converts a table or a column to a list."""
    if isinstance(table, duckdb.DuckDBPyRelation | placet.Batches):
        table = pyarrow.table(table if isinstance(table, placet.Batches) else table.arrow())
    if isinstance(table, pyarrow.RecordBatchReader):
        table = table.read_all()
    if isinstance(table, pandas.DataFrame):
        return pyarrow.Table.from_pandas(table, preserve_index=False).to_pylist()
    if isinstance(table, polars.DataFrame):
        return table.to_dicts()
    return table.to_list() if hasattr(table, "to_list") else table.to_pylist()


def effects(decided: Any) -> list[str | None]:
    return [row["effect"] if isinstance(row, dict) else row for row in plain(decided)]


@pytest.mark.parametrize("kind", KINDS)
def test_decide_batch_returns_the_tables_kind(kind: str, newsletter: placet.Policy) -> None:
    table = KINDS[kind](PEOPLE)
    decided = newsletter.decide_batch(table, **OPTIONS)
    match kind:
        case "polars" | "polars structs":
            assert isinstance(decided, polars.Series) and decided.name == "effect"
            assert decided.dtype == polars.Enum(["allow", "deny", "indeterminate"])
        case "pandas":
            assert isinstance(decided, pandas.Series) and decided.name == "effect"
            assert list(decided.index) == list("wxyz") and isinstance(decided.dtype, pandas.CategoricalDtype)
        case "pyarrow table":
            assert isinstance(decided, pyarrow.ChunkedArray) and decided.type == WORDS
        case "pyarrow batch" | "pyarrow structs":
            assert isinstance(decided, pyarrow.DictionaryArray) and decided.type == WORDS
        case "pyarrow reader":
            assert isinstance(decided, pyarrow.RecordBatchReader)
        case "duckdb":
            assert isinstance(decided, duckdb.DuckDBPyRelation)
        case _:
            assert isinstance(decided, placet.Batches) and repr(decided) == "<Batches of effect>"
            assert effects(decided) == EFFECTS, "it can be read as often as its table"
    assert effects(decided) == EFFECTS


@pytest.mark.parametrize("kind", KINDS)
def test_decide_batch_returns_reasons_as_columns(kind: str, newsletter: placet.Policy) -> None:
    decided = newsletter.decide_batch(KINDS[kind](PEOPLE), reasons=["missing", "rules"], **OPTIONS)
    assert plain(decided) == [
        {"effect": "allow", "rules": ["marketing"], "missing": []},
        {"effect": "deny", "rules": ["children"], "missing": []},
        {"effect": "indeterminate", "rules": [], "missing": ["subject.age"]},
        {"effect": "indeterminate", "rules": [], "missing": ["consent"]},
    ]
    everything = plain(newsletter.decide_batch(KINDS[kind](PEOPLE), reasons=True, **OPTIONS))
    assert list(everything[1]) == ["effect", "rules", "certain", "clauses", "basis", "obligations", "undecided", "missing"]
    erase = {"name": "erase", "within_seconds": 30 * 86_400, "text": None, "certain": True}
    assert everything[1]["clauses"] == ["§9"] and everything[1]["obligations"] == [erase]


@pytest.mark.parametrize("kind", KINDS)
def test_filter_returns_the_tables_kind(kind: str, newsletter: placet.Policy) -> None:
    table = KINDS[kind](PEOPLE)
    allowed: Any = newsletter.filter(table, **OPTIONS)
    assert isinstance(allowed, placet.Batches if kind in ("stream", "array") else type(table))
    if kind == "pandas":
        assert isinstance(allowed, pandas.DataFrame) and list(allowed.index) == ["w"]
    assert plain(allowed) == PEOPLE.slice(0, 1).to_pylist()


@pytest.mark.parametrize("kind", KINDS)
def test_empty_tables_are_accepted(kind: str, newsletter: placet.Policy) -> None:
    def none() -> Any:
        return KINDS[kind](PEOPLE).iloc[:0] if kind == "pandas" else KINDS[kind](PEOPLE.slice(0, 0).combine_chunks())

    if kind in ("pyarrow batch", "pyarrow structs", "array"):
        empty = pyarrow.RecordBatch.from_pylist([], PEOPLE.schema)
        table = {"pyarrow batch": empty, "array": Array(empty)}.get(kind, empty.to_struct_array())
    else:
        table = none()
    assert plain(newsletter.decide_batch(table, reasons=True, **OPTIONS)) == []
    if kind == "pyarrow reader":
        table = none()
    assert plain(newsletter.filter(table, **OPTIONS)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_tally_counts_rows(kind: str, newsletter: placet.Policy) -> None:
    tally = newsletter.tally(KINDS[kind](PEOPLE), rules=True, **OPTIONS)
    assert (tally.rows, tally.allowed, tally.denied, tally.indeterminate, tally.errors) == (4, 1, 1, 2, 0)
    assert tally.rules == {"children": 1, "marketing": 1} and tally.faults == ()
    assert repr(tally) == "<Tally of 4 rows: 1 allowed, 1 denied, 2 indeterminate, 0 erroneous>"


def test_polars_effects_work_as_a_column(newsletter: placet.Policy) -> None:
    frame = polars.DataFrame(PEOPLE)
    frame = frame.with_columns(effect=newsletter.decide_batch(frame, **OPTIONS))
    assert frame.filter(polars.col("effect") == "allow")["name"].to_list() == ["ada"]
    counts = frame.group_by("effect").len().rows()
    assert sorted(counts) == [("allow", 1), ("deny", 1), ("indeterminate", 2)]
    with pytest.raises(polars.exceptions.PolarsError):
        frame["effect"].cast(polars.Enum(["allow", "deny"]))


def test_duckdb_results_can_be_queried(newsletter: placet.Policy) -> None:
    connection = duckdb.connect()
    people = connection.from_arrow(PEOPLE)
    allowed = newsletter.filter(people.filter("age > 10"), **OPTIONS)
    assert allowed.aggregate("count(*)").fetchall() == [(1,)]
    # The result keeps its decisions alive, even without the relation.
    del people
    gc.collect()
    assert allowed.project("name").fetchall() == [("ada",)]


def test_decide_batch_rejects_other_objects(newsletter: placet.Policy) -> None:
    for thing in (None, 3, {"age": [3]}, [{"age": 3}]):
        with pytest.raises(TypeError, match="PyCapsule"):
            newsletter.decide_batch(thing)  # type: ignore[arg-type]
    with pytest.raises(placet.PlacetError):
        newsletter.decide_batch(pyarrow.array([1, 2]))
    holes = pyarrow.StructArray.from_arrays([pyarrow.array([1, 2])], ["subject.age"], mask=pyarrow.array([False, True]))
    with pytest.raises(placet.PlacetError, match="row 1 of the table is null as a whole"):
        newsletter.decide_batch(holes)
    with pytest.raises(ValueError, match="no reason is called"):
        newsletter.decide_batch(PEOPLE, reasons=["because"], **OPTIONS)  # type: ignore[list-item]
    with pytest.raises(TypeError, match="not one text"):
        newsletter.decide_batch(PEOPLE, reasons="rules", **OPTIONS)  # type: ignore[arg-type]


def test_streams_are_read_lazily(newsletter: placet.Policy) -> None:
    given = 0

    def batches() -> Iterator[Any]:
        nonlocal given
        while True:
            given += 1
            yield batch(PEOPLE)

    reader = newsletter.decide_batch(pyarrow.RecordBatchReader.from_batches(PEOPLE.schema, batches()), **OPTIONS)
    assert given == 0
    for count in range(1, 4):
        assert reader.read_next_batch()["effect"].to_pylist() == EFFECTS
        assert given == count
    stream = Stream(pyarrow.RecordBatchReader.from_batches(PEOPLE.schema, batches()))
    for count, came in zip(range(4, 7), newsletter.filter(stream, **OPTIONS)):
        assert given == count and len(came) == 1 and pyarrow.record_batch(came)["name"].to_pylist() == ["ada"]


def test_failing_source_raises(newsletter: placet.Policy) -> None:
    def batches() -> Iterator[Any]:
        yield batch(PEOPLE)
        raise RuntimeError("the line is dead")

    def reader() -> Any:
        return pyarrow.RecordBatchReader.from_batches(PEOPLE.schema, batches())

    decided = newsletter.decide_batch(reader(), **OPTIONS)
    assert decided.read_next_batch().num_rows == 4
    with pytest.raises(placet.PlacetError, match="the line is dead"):
        decided.read_next_batch()
    with pytest.raises(placet.PlacetError, match="the line is dead"):
        newsletter.tally(reader(), **OPTIONS)


def test_threads_do_not_change_decisions() -> None:
    table = rows(50_000)
    options: Any = {"columns": COLUMNS, "constants": CONSTANTS, "ignore_unknown": True}
    one = policy().decide_batch(table, reasons=True, **options)
    assert one.equals(policy().decide_batch(table, reasons=True, threads=3, **options))
    assert policy().filter(table, **options).equals(policy().filter(table, threads=2, **options))
    with pytest.raises(ValueError):
        policy().decide_batch(table, threads=0, **options)


def test_decide_batch_releases_the_gil() -> None:
    table = rows(2_000)
    table = pyarrow.concat_tables([table] * 500).combine_chunks()
    decided = policy()
    options: Any = {"columns": COLUMNS, "constants": CONSTANTS, "ignore_unknown": True}
    interval = sys.getswitchinterval()
    started = threading.Event()

    def decide() -> None:
        started.set()
        decided.decide_batch(table, **options)

    # With this interval, a thread that holds the GIL is not interrupted.
    sys.setswitchinterval(1_000)
    try:
        thread = threading.Thread(target=decide)
        thread.start()
        started.wait()
        # This thread runs, so the GIL was released; the decisions are still running.
        assert thread.is_alive()
        thread.join()
    finally:
        sys.setswitchinterval(interval)


TYPES: dict[str, Any] = {
    "bool": pyarrow.bool_(),
    "int": pyarrow.int64(),
    "number": pyarrow.float64(),
    "set": pyarrow.list_(pyarrow.string()),
}


def column(kind: str, values: list[Any]) -> Any:
    """Converts an attribute's JSON values to a column."""
    word = kind.split(" ")[0].rstrip("?")
    return pyarrow.array(values, TYPES.get(word, pyarrow.string()))


def test_decide_batch_equals_decide_on_random_tables() -> None:
    command = ["cargo", "run", "--quiet", "-p", "placet-samples", "--example", "samples", "2", "36", "40"]
    written = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    random.seed(2)
    counts: dict[str, int] = {}
    for line in written.stdout.splitlines():
        sample = json.loads(line)
        policy = placet.Policy.from_text(sample["policy"])
        requests = [case["request"] for case in sample["cases"]]
        # An attribute that no row gives has no column. If a row gives it, it is null in the others, despite a default.
        names = [name for name in policy.attributes if any(name in request for request in requests)]
        if not names:
            continue
        table = pyarrow.table(
            {
                name: column(policy.attributes[name].type, [request.get(name) for request in requests])
                for name in names
            }
        )
        table = pyarrow.concat_tables([table.slice(0, 7), table.slice(7)])
        decided = policy.decide_batch(table, reasons=["rules", "clauses", "missing"], on_error="null", threads=2)
        for request, came in zip(requests, decided.to_pylist()):
            whole = {name: request.get(name) for name in names}
            try:
                decision = policy.decide(whole)
            except placet.RequestError:
                assert came["effect"] is None, whole
                counts["null"] = counts.get("null", 0) + 1
                continue
            assert came["effect"] == decision.effect, f"{sample['policy']}\n{whole}"
            reasons = [tuple(came[reason] or ()) for reason in ("rules", "clauses", "missing")]
            assert reasons == [decision.rules, decision.clauses, decision.missing], f"{sample['policy']}\n{whole}"
            counts[came["effect"]] = counts.get(came["effect"], 0) + 1
        allowed = policy.filter(table, on_error="null")
        assert allowed.num_rows == decided["effect"].to_pylist().count("allow")
    assert all(counts.get(effect, 0) > 100 for effect in ("allow", "deny", "indeterminate")), counts
