"""Spark with two workers: their decisions equal those of one process."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import placet
import pytest
from conftest import ROOT

pyspark = pytest.importorskip("pyspark", reason="needs tests/spark-requirements.txt")
pyarrow = pytest.importorskip("pyarrow")
if not (shutil.which("java") or "JAVA_HOME" in os.environ):
    pytest.skip("Spark needs Java 17", allow_module_level=True)

from placet import spark
from pyspark.errors import PythonException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import LongType, StructField, StructType
from spread import COLUMNS, CONSTANTS, policy, rows

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
COUNT = 20_000
OPTIONS: Any = {"columns": COLUMNS, "constants": CONSTANTS, "ignore_unknown": True}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A cluster of two workers, each with an executor process and its Python workers."""
    # Workers write into Spark's home folder, so the tests use a copy made of symbolic links.
    home = tmp_path_factory.mktemp("spark")
    for entry in Path(pyspark.__file__).parent.iterdir():
        (home / entry.name).symlink_to(entry)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_HOME", str(home))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        # Jobs wait until both workers are registered.
        settings = {
            "spark.cores.max": "2",
            "spark.scheduler.minRegisteredResourcesRatio": "1",
            "spark.scheduler.maxRegisteredResourcesWaitingTime": "180s",
            "spark.log.level": "ERROR",
            "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
            "spark.sql.shuffle.partitions": "2",
            "spark.task.maxFailures": "1",
            "spark.sql.session.timeZone": "Asia/Singapore",
            "spark.ui.enabled": "false",
        }
        builder = SparkSession.builder.master("local-cluster[2,1,1024]")
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        yield session
        session.stop()


@pytest.fixture(scope="module")
def table() -> Any:
    return rows(COUNT)


@pytest.fixture(scope="module")
def frame(session: SparkSession, table: Any) -> DataFrame:
    return session.createDataFrame(table).repartition(8).cache()


def equal(came: Any, expected: Any) -> bool:
    """Returns True if two columns have identical values; Spark's types may differ."""
    return bool(came.combine_chunks().equals(expected.cast(came.type).combine_chunks()))


def ordered(frame: DataFrame) -> Any:
    return frame.toArrow().sort_by("id")


def test_decide_on_two_workers_equals_one_process_and_loads_once(frame: DataFrame, table: Any) -> None:
    decide = spark.decide_in_arrow(policy(), reasons=True, **OPTIONS)

    def with_process(batches: Iterator[Any]) -> Iterator[Any]:
        """Adds the processes that made each decision, and their counts of loaded policies."""
        from placet import _placet

        for batch in decide(batches):
            process = [os.getppid(), os.getpid(), _placet._loads()]
            columns = [pyarrow.array([value] * batch.num_rows, pyarrow.int64()) for value in process]
            names = [*batch.schema.names, "executor", "worker", "loads"]
            yield pyarrow.RecordBatch.from_arrays([*batch.columns, *columns], names=names)

    decided = spark.decide(frame, policy(), reasons=True, **OPTIONS)
    process = [StructField(name, LongType()) for name in ("executor", "worker", "loads")]
    expected = policy().decide_batch(table, reasons=True, **OPTIONS)
    counts = expected["effect"].value_counts().to_pylist()
    assert len(counts) == 3 and min(count["counts"] for count in counts) > COUNT // 20, counts
    # In the second job, workers unpickle the policy again.
    jobs = [ordered(decided), ordered(frame.mapInArrow(with_process, StructType(decided.schema.fields + process)))]
    for came in jobs:
        assert came.num_rows == COUNT and came.column_names[: table.num_columns] == table.column_names
        assert all(equal(came[name], expected[name]) for name in expected.column_names)
        assert all(equal(came[name], table[name]) for name in table.column_names)
    assert len(came["executor"].unique()) == 2, "the workers of two executors took part"
    assert len(came["worker"].unique()) >= 2 and os.getpid() not in came["worker"].to_pylist()
    assert came["loads"].unique().to_pylist() == [1], "each process loaded the policy once"


def test_filter_returns_the_allowed_rows(frame: DataFrame, table: Any) -> None:
    came, expected = ordered(spark.filter(frame, policy(), **OPTIONS)), policy().filter(table, **OPTIONS)
    assert 0 < came.num_rows < COUNT and came.column_names == expected.column_names
    assert all(equal(came[name], expected[name]) for name in expected.column_names)


def test_decide_keep_selects_columns(frame: DataFrame, table: Any) -> None:
    came = spark.decide(frame, policy(), keep=["id"], reasons=["rules"], **OPTIONS)
    assert came.columns == ["id", "effect", "rules"]
    alone = spark.decide(frame, policy(), keep=(), **OPTIONS).groupBy("effect").count().collect()
    counts = policy().decide_batch(table, **OPTIONS).value_counts().to_pylist()
    assert dict(map(tuple, alone)) == {count["values"]: count["counts"] for count in counts}


def test_effect_udf_works_in_expressions_and_sql(session: SparkSession, frame: DataFrame, table: Any) -> None:
    effect = spark.effect_udf(policy(), "purpose", "data", "opted_in", "subject.age", "score", constants=CONSTANTS)
    given = {name: table[name] for name in ("purpose", "data", "score")}
    given |= {"opted_in": table["yes"], "subject.age": pyarrow.compute.struct_field(table["subject"], "age")}
    expected = policy().decide_batch(pyarrow.table(given), constants=CONSTANTS)
    came = ordered(frame.select("id", effect("purpose", "data", "yes", "subject.age", "score").alias("effect")))
    assert equal(came["effect"], expected)
    session.udf.register("effect", effect)
    frame.createOrReplaceTempView("people")
    query = "select id from people where effect(purpose, data, yes, subject.age, score) = 'allow'"
    assert session.sql(query).count() == expected.to_pylist().count("allow") > 0


def test_decide_rejects_columns_and_constants_before_running(frame: DataFrame) -> None:
    with pytest.raises(placet.ColumnError) as unknown:
        spark.decide(frame, policy(), columns=COLUMNS, constants=CONSTANTS)
    assert unknown.value.column == "id"
    with pytest.raises(placet.ColumnError, match="no column `age`"):
        spark.filter(frame, policy(), columns={"subject.age": "age"}, ignore_unknown=True)
    with pytest.raises(placet.RequestError):
        spark.decide(frame, policy(), columns=COLUMNS, constants={"channel": "pigeon"}, ignore_unknown=True)
    with pytest.raises(placet.ColumnError) as typo:
        spark.effect_udf(policy(), "purpos")
    assert typo.value.column == "purpos"
    with pytest.raises(ValueError, match="effect"):
        spark.decide(frame.withColumn("Effect", frame.id), policy(), **OPTIONS)
    with pytest.raises(TypeError):
        spark.decide(frame, policy(), ignore_unkown=True)  # type: ignore[call-arg]


def test_erroneous_rows_fail_the_job_or_give_null(session: SparkSession, frame: DataFrame) -> None:
    wrong = frame.withColumn("score", frame.score + 0.5)
    with pytest.raises(PythonException, match="placet.ColumnError: row .*, column `score`: .* expected number 0..1"):
        spark.filter(wrong, policy(), **OPTIONS).count()
    decided = spark.decide(wrong, policy(), on_error="null", **OPTIONS)
    assert decided.where("effect is null and score <= 1").count() == 0
    assert decided.where("effect is null").count() == wrong.where("score > 1").count() > 0
    assert spark.filter(wrong, policy(), on_error="null", **OPTIONS).where("score > 1").count() == 0


def test_decide_accepts_an_empty_frame(frame: DataFrame) -> None:
    assert spark.decide(frame.limit(0), policy(), reasons=True, **OPTIONS).collect() == []


def test_arrow_functions_can_be_pickled() -> None:
    (batch,) = rows(50).to_batches()
    for function in (spark.decide_in_arrow(policy(), **OPTIONS), spark.filter_in_arrow(policy(), **OPTIONS)):
        (here,), (there,) = function(iter([batch])), pickle.loads(pickle.dumps(function))(iter([batch]))
        assert here.equals(there)


def test_readme_snippets_run(session: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "bindings" / "python" / "README.md").read_text()
    snippets = re.findall(r"^```python spark\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert snippets
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for snippet in snippets:
        exec(snippet, names)


def test_import_placet_imports_no_table_library() -> None:
    script = "import placet, sys; assert not {'pyspark', 'pyarrow', 'dask', 'pandas'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", script], check=True)
