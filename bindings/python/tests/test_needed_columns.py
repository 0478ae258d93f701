"""Only needed columns are read, and each library filters its own rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pandas
import placet
import polars
import pyarrow
import pytest
from placet import _columns

POLICY = placet.Policy.from_text("""
policy needed
request {
  age: int 0..150
  name: string
  labels: set of string
  subject.age: int 0..150
  subject.trusted: bool default true
  subject.home.country: string default "SG"
}
rule adults { allow when age >= 18 and subject.trusted }
""")
ALLOW, DENY, OPEN = "allow", "deny", "indeterminate"


def test_unneeded_columns_may_have_any_type() -> None:
    wide = polars.DataFrame({"age": [18, 17]}).with_columns(
        nothing=polars.lit(None), wide=polars.lit(1).cast(polars.Int128), thing=polars.Series([object(), 1], dtype=polars.Object)
    )
    assert POLICY.decide_batch(wide, ignore_unknown=True).to_list() == [ALLOW, DENY]
    assert POLICY.filter(wide, ignore_unknown=True)["wide"].to_list() == [1]
    mixed = pandas.DataFrame({"age": [18, 17], "mixed": ["a", {3}], "place": [object(), object()]})
    assert POLICY.decide_batch(mixed, ignore_unknown=True).to_list() == [ALLOW, DENY]
    assert POLICY.filter(mixed, ignore_unknown=True)["mixed"].to_list() == ["a"]
    assert POLICY.tally(mixed, ignore_unknown=True).allowed == 1
    with pytest.raises(placet.ColumnError) as raised:
        POLICY.decide_batch(mixed.rename(columns={"mixed": "agee"}))
    assert raised.value.column == "agee" and "did you mean `age`" in str(raised.value)


def test_polars_null_column_is_unknown_in_every_row() -> None:
    assert POLICY.decide_batch(polars.DataFrame({"age": [None, None]})).to_list() == [OPEN, OPEN]
    nested = polars.DataFrame({"age": [18], "subject": [{"trusted": None}]})
    assert POLICY.decide_batch(nested, reasons=["missing"])["missing"].to_list() == [["subject.trusted"]]
    lists = polars.DataFrame({"age": [18], "labels": polars.Series([None], dtype=polars.List(polars.Null))})
    assert POLICY.decide_batch(lists).to_list() == [ALLOW]


def test_polars_128_bit_integers_are_read() -> None:
    frame = polars.DataFrame({"age": [18, 17, None]}).with_columns(polars.col("age").cast(polars.Int128))
    assert POLICY.decide_batch(frame).to_list() == [ALLOW, DENY, OPEN]


GROUPS: list[tuple[Any, list[str]]] = [
    ([{"age": 3}, None], [ALLOW, OPEN]),
    ([{"home": {"country": "MY"}}, None], [ALLOW, OPEN]),
    ([{"trusted": True}, {"trusted": None}], [ALLOW, OPEN]),
    ([None, None], [OPEN, OPEN]),
]


def test_polars_categoricals_are_read_by_their_codes() -> None:
    policy = placet.Policy.from_text(
        "policy p request { purpose: { deliver, improve }  word: string } "
        'rule r { allow when purpose is deliver and word is not "x" }'
    )
    own = polars.Categories("words", "test", polars.UInt8)
    columns = {
        "purpose": polars.Series([None, "deliver", "improve", None, "deliver"] * 9, dtype=polars.Categorical),
        "word": polars.Series(["y", "x", None, "y", "y"] * 9, dtype=polars.Categorical(own)),
    }
    frame = polars.DataFrame(columns)
    texts = frame.cast(polars.String)
    for rows in (slice(0, 45), slice(7, 31), slice(3, 4), slice(0, 0)):
        decided, expected = (
            policy.decide_batch(table[rows], reasons=["rules", "missing"]) for table in (frame, texts)
        )
        assert decided.equals(expected)
        assert policy.filter(frame[rows]).cast(polars.String).equals(policy.filter(texts[rows]))
        assert policy.tally(frame[rows]).allowed == policy.tally(texts[rows]).allowed
    unknown = frame.with_columns(purpose=polars.lit("sell").cast(polars.Categorical))
    with pytest.raises(placet.ColumnError, match='"sell" lies outside the domain'):
        policy.decide_batch(unknown)
    nulls = frame.with_columns(purpose=polars.lit(None).cast(polars.Categorical))
    assert policy.filter(nulls).is_empty()


class Coded:
    """A table of codes, beside their categories."""

    def __init__(self, codes: pyarrow.Array, categories: list[str]) -> None:
        self.table = pyarrow.table({"purpose": codes})
        self.categories = {0: pyarrow.table({"": categories})}

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize("kind", [pyarrow.uint8(), pyarrow.uint16(), pyarrow.uint32()], ids=str)
def test_codes_are_checked(kind: pyarrow.DataType, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = placet.Policy.from_text(
        "policy p request { purpose: { deliver, improve } } rule r { allow when purpose is deliver }"
    )

    def effects(codes: pyarrow.Array, *more: str) -> list[str]:
        coded = Coded(codes, ["improve", "deliver", *more])
        monkeypatch.setattr(_columns.Polars, "source", lambda *_: coded)
        decided: list[str] = policy.decide_batch(polars.DataFrame({"purpose": range(len(codes))})).to_list()
        return decided

    codes = pyarrow.array([1, 0, 200, 1], kind)
    with pytest.raises(placet.PlacetError, match="no category has the code 200"):
        effects(codes)
    # The code of a null is arbitrary.
    valid = pyarrow.py_buffer(bytes([0b1011]))
    assert effects(pyarrow.Array.from_buffers(kind, 4, [valid, codes.buffers()[1]])) == [ALLOW, DENY, OPEN, ALLOW]
    assert effects(codes.slice(3, 1)) == [ALLOW] and effects(codes.slice(0, 0)) == []
    wide = 2 ** (kind.bit_width - 1) + 1
    with pytest.raises(placet.PlacetError, match=f"no category has the code {wide}"):
        effects(pyarrow.array([1, wide], kind))
    assert effects(codes.slice(0, 2), *(f"other {number}" for number in range(300))) == [ALLOW, DENY]


@pytest.mark.parametrize(("subjects", "effects"), GROUPS, ids=repr)
def test_null_group_is_unknown_in_every_table(subjects: list[Any], effects: list[str]) -> None:
    assert [POLICY.effect(age=30, subject=subject) for subject in subjects] == effects
    data = {"age": [30, 30], "subject": subjects}
    for table in (pyarrow.table(data), polars.DataFrame(data), pandas.DataFrame(data)):
        assert list(POLICY.decide_batch(table).to_pylist() if hasattr(table, "schema") and isinstance(table, pyarrow.Table)
                    else POLICY.decide_batch(table).to_list()) == effects


def test_null_group_counts_as_giving_its_attributes() -> None:
    with pytest.raises(placet.RequestError) as twice:
        POLICY.decide({"subject.age": 3, "subject": None})
    assert (twice.value.code, twice.value.attribute) == ("duplicate_attribute", "subject.age")
    required = placet.Policy.from_text("policy p request { a.b: bool required } rule r { allow when a.b }")
    with pytest.raises(placet.RequestError) as left_out:
        required.decide(a=None)
    assert left_out.value.code == "required_attribute"


RELATION = """
    select uuid() as u, '12:00:00+01'::timetz as t, 'b'::enum('a', 'b') as e, '{"a": 1}'::json as j,
        170141183460469231731687303715884105727::hugeint as h, '101'::bit as b, 15 + i as age
    from range(6) as r(i)
"""


def test_duckdb_rows_keep_their_types() -> None:
    relation = duckdb.connect().sql(RELATION)
    allowed = POLICY.filter(relation, ignore_unknown=True)
    assert list(map(str, allowed.types)) == list(map(str, relation.types)) and allowed.columns == relation.columns
    rows = allowed.project("age, h, e, b::varchar").fetchall()
    assert rows == [(age, 2**127 - 1, "b", "101") for age in (18, 19, 20)]
    kept = POLICY.decide_batch(relation, ignore_unknown=True, keep=["u", "age"], reasons=["rules"])
    assert kept.columns == ["u", "age", "effect", "rules"] and str(kept.types[0]) == "UUID"
    assert kept.project("age, effect").fetchall() == [(15 + i, ALLOW if i >= 3 else DENY) for i in range(6)]


def test_duckdb_filter_selects_rows_by_their_values() -> None:
    connection = duckdb.connect()
    first = POLICY.filter(connection.sql("select 18 + i as age from range(3) r(i)"))
    second = POLICY.filter(connection.sql("select 17 + i as age from range(3) r(i)"))
    assert (first.fetchall(), second.fetchall()) == ([(18,), (19,), (20,)], [(18,), (19,)])
    # DuckDB runs the query again, with other rows: only rows with decided values are returned.
    connection.execute("create table people as select 20 as age")
    allowed = POLICY.filter(connection.sql("from people"))
    connection.execute("insert into people values (20), (3), (40)")
    assert allowed.fetchall() == [(20,), (20,)]
    named = placet.Policy.from_text('policy p request { name: string } rule r { allow when name is "ada" }')
    people = connection.sql("select n collate nocase as name from (values ('ada'), ('ADA'), (null)) v(n)")
    assert named.filter(people).fetchall() == [("ada",)]


@pytest.mark.parametrize(
    "column",
    [
        pyarrow.array(["a", None, "b"], pyarrow.string_view()),
        pyarrow.array([["a"], None, ["b"]], pyarrow.list_(pyarrow.string_view())),
        pyarrow.RunEndEncodedArray.from_arrays(pyarrow.array([2, 3], pyarrow.int32()), pyarrow.array(["a", "b"])),
    ],
    ids=["view", "list of views", "runs"],
)
def test_filter_handles_pyarrow_views_and_runs(column: Any) -> None:
    batch = pyarrow.record_batch({"x": column, "age": [18, 17, 19]})
    expected = [batch.to_pylist()[0], batch.to_pylist()[2]]
    for table in (batch, pyarrow.Table.from_batches([batch, batch.slice(1)]), batch.to_struct_array()):
        allowed: Any = POLICY.filter(table, ignore_unknown=True)
        assert type(allowed) is type(table) and allowed.to_pylist()[:2] == expected
        allowed.validate(full=True)


def test_filter_handles_tables_without_columns() -> None:
    for age, rows in ((18, 3), (17, 0)):
        constants = {"age": age}
        assert len(POLICY.filter(pandas.DataFrame(index=range(3)), constants=constants)) == rows
        table = pyarrow.table({"x": [1, 2, 3]}).select([])
        assert POLICY.filter(table, constants=constants).num_rows == rows
        assert POLICY.filter(polars.DataFrame({"x": [1, 2, 3]}), constants=constants, ignore_unknown=True).height == rows
        relation = duckdb.connect().sql("select i from range(3) r(i)")
        filtered = POLICY.filter(relation, constants=constants, ignore_unknown=True)
        assert len(filtered.fetchall()) == rows


def test_keep_returns_columns_before_the_decisions() -> None:
    data = {"age": [18, 17], "x": ["a", "b"]}
    table = pyarrow.table(data)
    expected = [{"x": "a", "effect": ALLOW}, {"x": "b", "effect": DENY}]
    options: Any = {"ignore_unknown": True, "keep": ["x"]}
    assert POLICY.decide_batch(table, **options).to_pylist() == expected
    assert POLICY.decide_batch(table.to_batches()[0], **options).to_pylist() == expected
    assert POLICY.decide_batch(table.to_reader(), **options).read_all().to_pylist() == expected
    assert POLICY.decide_batch(polars.DataFrame(data), **options).to_dicts() == expected
    kept = POLICY.decide_batch(pandas.DataFrame(data, index=["p", "q"]), **options)
    assert list(kept.index) == ["p", "q"] and kept.to_dict("list") == {"x": ["a", "b"], "effect": [ALLOW, DENY]}
    for renamed in (table.rename_columns(["age", "effect"]), table.rename_columns(["age", "effect"]).to_reader()):
        with pytest.raises(ValueError, match="a decision has a column `effect` too"):
            POLICY.decide_batch(renamed, ignore_unknown=True, keep=["effect"])
    with pytest.raises(ValueError, match="no column `y` to keep"):
        POLICY.decide_batch(table.to_reader(), ignore_unknown=True, keep=["y"])


def test_reasons_include_basis_and_undecided() -> None:
    policy = placet.Policy.from_text(
        "policy p request { a: bool  b: bool } rule r { basis consent allow when a } rule s { deny when b }"
    )
    decided = policy.decide_batch(pyarrow.table({"a": [True, True], "b": [False, None]}), reasons=["basis", "undecided"])
    whole = [policy.decide(a=True, b=b) for b in (False, None)]
    assert decided["basis"].to_pylist() == [list(decision.basis) for decision in whole] == [["consent"], []]
    assert decided["undecided"].to_pylist() == [list(decision.undecided) for decision in whole]
    assert decided["undecided"].to_pylist()[1]


def test_column_errors_suggest_a_fix() -> None:
    policy = placet.Policy.from_text("policy p request { day: date  share: number } rule r { allow when share > 1 }")
    with pytest.raises(placet.ColumnError, match="cast it to a date"):
        policy.decide_batch(pandas.DataFrame({"day": [dt.datetime(2026, 1, 1)]}))
    with pytest.raises(placet.ColumnError, match="give null for a value that is missing"):
        policy.decide_batch(pyarrow.table({"share": [float("nan")]}))
    with pytest.raises(ValueError, match="threads is 1 or more, not 0"):
        policy.decide_batch(pyarrow.table({"share": [1.0]}), threads=0)
