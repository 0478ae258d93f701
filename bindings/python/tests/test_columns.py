"""Arrow types of columns for each attribute type, and rejected columns and values."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import placet
import pyarrow
import pytest

POLICY = placet.Policy.from_text("""
policy columns
taxonomy Purpose { deliver, marketing { newsletter, advertising } }
request {
  flag: bool
  age: int 0..150
  share: number 0..1
  name: string
  purpose: Purpose
  data: set of { email, phone }
  labels: set of string
  day: date
  at: time
  idle: duration
  subject.age: int 0..150
  subject.home.country: string
}
rule flagged { allow when flag }
rule aged { allow when age >= 18 }
rule shared { allow when share > 0.5 }
rule named { allow when name is "ada" }
rule sold { allow when purpose in marketing }
rule mailed { allow when any data in {email} }
rule labelled { allow when any labels in {"x"} }
rule dated { allow when day >= 2026-01-15 }
rule timed { allow when at >= 2026-01-15T00:00:00Z }
rule idle { allow when idle >= 1 minute }
rule grown { allow when subject.age >= 18 }
rule here { allow when subject.home.country is "SG" }
""")
# Values with which no rule allows.
NONE: dict[str, Any] = {
    "flag": False,
    "age": 3,
    "share": 0,
    "name": "",
    "purpose": "deliver",
    "data": ["phone"],
    "labels": ["y"],
    "day": "2020-01-01",
    "at": "2020-01-01T00:00:00Z",
    "idle": 0,
    "subject.age": 3,
    "subject.home.country": "",
}


def decided(attribute: str, column: Any) -> list[str | None]:
    """Returns the effects of rows that differ only in one column."""
    constants = {name: value for name, value in NONE.items() if name != attribute}
    table = pyarrow.table({attribute: column})
    effects: list[str | None] = POLICY.decide_batch(table, constants=constants).to_pylist()
    return effects


NEW, OLD = dt.datetime(2026, 1, 15, tzinfo=dt.timezone.utc), dt.datetime(2026, 1, 14, tzinfo=dt.timezone.utc)
TEXTS = ["ada", "bob", None]
TYPES = [
    ("flag", pyarrow.bool_(), [True, False, None]),
    *[("age", kind, [18, 17, None]) for kind in (pyarrow.int8(), pyarrow.int16(), pyarrow.int32(), pyarrow.int64())],
    *[("age", kind, [18, 17, None]) for kind in (pyarrow.uint8(), pyarrow.uint16(), pyarrow.uint32(), pyarrow.uint64())],
    ("age", pyarrow.decimal128(9, 0), [decimal.Decimal(18), decimal.Decimal(17), None]),
    ("age", pyarrow.dictionary(pyarrow.int8(), pyarrow.int32()), [18, 17, None]),
    ("share", pyarrow.float32(), [0.75, 0.5, None]),
    ("share", pyarrow.float64(), [0.51, 0.5, None]),
    ("share", pyarrow.float16(), [0.75, 0.5, None]),
    ("share", pyarrow.int8(), [1, 0, None]),
    ("share", pyarrow.decimal128(5, 2), [decimal.Decimal("0.51"), decimal.Decimal("0.50"), None]),
    *[("name", kind, TEXTS) for kind in (pyarrow.string(), pyarrow.large_string(), pyarrow.string_view())],
    ("name", pyarrow.dictionary(pyarrow.int32(), pyarrow.string()), TEXTS),
    ("name", pyarrow.dictionary(pyarrow.uint8(), pyarrow.large_string()), TEXTS),
    ("purpose", pyarrow.string(), ["newsletter", "deliver", None]),
    ("purpose", pyarrow.string_view(), ["marketing", "deliver", None]),
    ("purpose", pyarrow.dictionary(pyarrow.int8(), pyarrow.string()), ["advertising", "deliver", None]),
    *[
        ("data", kind(pyarrow.string()), [["email", "phone"], ["phone"], None])
        for kind in (pyarrow.list_, pyarrow.large_list, pyarrow.list_view, pyarrow.large_list_view)
    ],
    ("data", pyarrow.list_(pyarrow.dictionary(pyarrow.int8(), pyarrow.string())), [["email"], ["phone"], None]),
    ("data", pyarrow.list_(pyarrow.string(), 1), [["email"], ["phone"], None]),
    ("labels", pyarrow.list_(pyarrow.large_string()), [["x", "y"], ["y"], None]),
    ("day", pyarrow.date32(), [NEW.date(), OLD.date(), None]),
    ("day", pyarrow.date64(), [NEW.date(), OLD.date(), None]),
    ("day", pyarrow.string(), ["2026-01-15", "2026-01-14", None]),
    *[("at", pyarrow.timestamp(unit, "UTC"), [NEW, OLD, None]) for unit in ("s", "ms", "us", "ns")],
    *[("at", pyarrow.timestamp("us", zone), [NEW, OLD, None]) for zone in ("Asia/Singapore", "+05:30", "America/Lima")],
    ("at", pyarrow.string(), ["2026-01-15T08:00:00+08:00", "2026-01-14T23:59:59Z", None]),
    *[
        ("idle", pyarrow.duration(unit), [dt.timedelta(minutes=1), dt.timedelta(seconds=59), None])
        for unit in ("s", "ms", "us", "ns")
    ],
    ("idle", pyarrow.int32(), [60, 59, None]),
    ("idle", pyarrow.float64(), [60.0, 59.5, None]),
    ("idle", pyarrow.string(), ["PT1M", "PT59S", None]),
]


def named(value: Any) -> str | None:
    return None if isinstance(value, list) else str(value)


@pytest.mark.parametrize(("attribute", "kind", "values"), TYPES, ids=named)
def test_decide_batch_reads_every_column_type(attribute: str, kind: Any, values: list[Any]) -> None:
    # A slice, to test arrays with an offset.
    column = pyarrow.array(values[::-1] + values, kind)
    assert decided(attribute, column.slice(3)) == ["allow", "deny", "indeterminate"]
    assert decided(attribute, pyarrow.array([None, None], kind)) == ["indeterminate"] * 2


def test_decide_batch_reads_run_end_encoded_columns() -> None:
    runs = pyarrow.RunEndEncodedArray.from_arrays(pyarrow.array([2, 3], pyarrow.int32()), pyarrow.array(["ada", None]))
    assert decided("name", runs) == ["allow", "allow", "indeterminate"]


def test_decide_batch_treats_null_columns_as_unknown() -> None:
    for attribute in NONE:
        assert decided(attribute, pyarrow.nulls(2)) == ["indeterminate"] * 2


def test_decide_batch_reads_struct_fields_by_dotted_names() -> None:
    people = [
        {"age": 30, "home": {"country": "MY"}},
        {"age": 3, "home": {"country": "SG"}},
        {"age": 3, "home": {"country": "MY"}},
        {"age": 3, "home": None},
        None,
    ]
    constants = {name: value for name, value in NONE.items() if not name.startswith("subject.")}
    table = pyarrow.table({"subject": people})
    expected = ["allow", "allow", "deny", "indeterminate", "indeterminate"]
    assert POLICY.decide_batch(table, constants=constants).to_pylist() == expected
    columns = {"subject.age": "person.age", "subject.home.country": "person.home.country"}
    renamed = table.rename_columns(["person"])
    assert POLICY.decide_batch(renamed, columns=columns, constants=constants).to_pylist() == expected


@pytest.mark.parametrize(
    ("attribute", "column", "found"),
    [
        ("age", pyarrow.array([1.0]), "double"),
        ("age", pyarrow.array(["1"]), "Utf8"),
        ("flag", pyarrow.array([1]), "Int64"),
        ("name", pyarrow.array([1]), "Int64"),
        ("name", pyarrow.array([b"ada"]), "Binary"),
        ("data", pyarrow.array(["email"]), "Utf8"),
        ("at", pyarrow.array([dt.datetime(2026, 1, 15)]), "without a time zone"),
        ("day", pyarrow.array([NEW]), "Timestamp"),
        ("idle", pyarrow.array([True]), "Boolean"),
    ],
)
def test_decide_batch_rejects_columns_of_other_types(attribute: str, column: Any, found: str) -> None:
    with pytest.raises(placet.ColumnError) as raised:
        decided(attribute, column)
    error = raised.value
    assert (error.column, error.attribute, error.row) == (attribute, attribute, None)
    assert error.expected and found.replace("double", "Float64") in str(error)


@pytest.mark.parametrize(
    ("attribute", "column", "value", "code"),
    [
        ("age", pyarrow.array([3, 151]), "151", "outside_domain"),
        ("age", pyarrow.array([3, -1], pyarrow.int8()), "-1", "outside_domain"),
        ("age", pyarrow.array([3, 2**63], pyarrow.uint64()), "9223372036854775808", "outside_domain"),
        ("share", pyarrow.array([0.5, 1.5]), "1.5", "outside_domain"),
        ("share", pyarrow.array([0.5, float("nan")]), "NaN", "outside_domain"),
        ("purpose", pyarrow.array(["deliver", "resale"]), '"resale"', "outside_domain"),
        ("purpose", pyarrow.array(["deliver", "resale"]).dictionary_encode(), '"resale"', "outside_domain"),
        ("data", pyarrow.array([["phone"], ["email", "fax"]]), "fax", "outside_domain"),
        ("day", pyarrow.array(["2026-01-15", "15.1.2026"]), "15.1.2026", "outside_domain"),
        ("at", pyarrow.array(["2026-01-15T00:00:00Z", "2026-01-15T00:00:00"]), "2026-01-15T00:00:00", "outside_domain"),
    ],
)
def test_column_error_names_the_rejected_value(attribute: str, column: Any, value: str, code: str) -> None:
    with pytest.raises(placet.ColumnError) as raised:
        decided(attribute, column)
    error = raised.value
    assert (error.column, error.attribute, error.row) == (attribute, attribute, 1)
    assert value in (error.value or "") and error.expected == POLICY.attributes[attribute].type
    assert error.code in (code, "wrong_type") and f"row 1, column `{attribute}`" in str(error)


def test_column_error_counts_rows_from_the_start_of_a_stream() -> None:
    batches = [pyarrow.record_batch({"age": [3] * 10}), pyarrow.record_batch({"age": [3, 3, 151]})]
    reader = pyarrow.RecordBatchReader.from_batches(batches[0].schema, batches)
    with pytest.raises(placet.ColumnError) as raised:
        POLICY.tally(reader)
    assert raised.value.row == 12


def test_on_error_null_gives_null_decisions_and_counts_them() -> None:
    table = pyarrow.table({"age": [30, 200, 3, -1]})
    constants = {name: value for name, value in NONE.items() if name != "age"}
    decided = POLICY.decide_batch(table, constants=constants, on_error="null", reasons=["rules"])
    assert decided["effect"].to_pylist() == ["allow", None, "deny", None]
    assert decided["rules"].to_pylist() == [["aged"], None, [], None]
    assert POLICY.filter(table, constants=constants, on_error="null")["age"].to_pylist() == [30]
    tally = POLICY.tally(table, constants=constants, on_error="null")
    assert (tally.rows, tally.allowed, tally.denied, tally.errors) == (4, 1, 1, 2)
    assert [(fault.row, fault.value) for fault in tally.faults] == [(1, "200"), (3, "-1")]
    with pytest.raises(ValueError, match="on_error"):
        POLICY.tally(table, on_error="ignore")  # type: ignore[arg-type]


def test_decide_batch_rejects_wrong_columns_and_constants() -> None:
    table = pyarrow.table({"age": [3], "years": [3]})
    with pytest.raises(placet.ColumnError) as unknown:
        POLICY.decide_batch(pyarrow.table({"agee": [3]}))
    assert unknown.value.column == "agee" and "did you mean `age`" in str(unknown.value)
    with pytest.raises(placet.ColumnError) as no_such:
        POLICY.decide_batch(table, columns={"age": "year"}, ignore_unknown=True)
    assert (no_such.value.column, no_such.value.attribute) == ("year", "age")
    with pytest.raises((placet.ColumnError, placet.RequestError)) as typo:
        POLICY.decide_batch(table, columns={"agee": "years"}, ignore_unknown=True)
    assert "agee" in str(typo.value)
    with pytest.raises(placet.RequestError) as constant:
        POLICY.decide_batch(table, constants={"share": 2}, ignore_unknown=True)
    assert (constant.value.attribute, constant.value.code) == ("share", "outside_domain")
    # A constant replaces a column of its name, and `columns` replaces one column by another.
    alike = POLICY.decide_batch(table, constants={**NONE, "age": 30}, ignore_unknown=True)
    assert alike.to_pylist() == ["allow"]
    years = pyarrow.table({"age": [3], "years": [30]})
    constants = {name: value for name, value in NONE.items() if name != "age"}
    assert POLICY.filter(years, columns={"age": "years"}, constants=constants, ignore_unknown=True).num_rows == 1


def test_decide_batch_requires_required_attributes() -> None:
    policy = placet.Policy.from_text("policy p request { member: bool required  age: int } rule r { allow when member }")
    with pytest.raises(placet.ColumnError) as left_out:
        policy.decide_batch(pyarrow.table({"age": [3]}))
    assert left_out.value.attribute == "member" and "required" in str(left_out.value)
    with pytest.raises(placet.ColumnError) as null:
        policy.decide_batch(pyarrow.table({"member": [True, None]}))
    assert (null.value.row, null.value.code) == (1, "required_attribute")


def test_a_binding_serves_only_the_same_schema_and_options() -> None:
    policy = placet.Policy.from_text(
        "policy p request { a: int 0..9  b: int? 0..9 } rule r { allow when (a > 4 and b is none) or b > 7 }"
    )
    table = pyarrow.table({"a": [1, 5], "b": [8, 8]})
    for _ in range(2):
        assert policy.decide_batch(table).to_pylist() == ["allow", "allow"]
        assert policy.decide_batch(table, columns={"a": "b", "b": "a"}).to_pylist() == ["deny", "deny"]
        assert policy.decide_batch(table.select(["a"]), constants={"b": None}).to_pylist() == ["deny", "allow"]
        assert policy.decide_batch(table.select(["a"]), constants={"b": 9}).to_pylist() == ["allow", "allow"]
        wide = table.append_column("c", [[1, 2]])
        assert policy.filter(wide, ignore_unknown=True).num_rows == 2
        with pytest.raises(placet.ColumnError):
            policy.filter(wide)
        wrong = pyarrow.table({"a": [1, 50], "b": [8, 8]})
        assert policy.decide_batch(wrong, on_error="null").to_pylist() == ["allow", None]
        with pytest.raises(placet.ColumnError):
            policy.decide_batch(wrong)
        assert policy.filter(table.cast(pyarrow.schema([("a", pyarrow.uint8()), ("b", pyarrow.int8())]))).num_rows == 2
