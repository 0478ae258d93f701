"""Decides Spark dataframes, batch by batch on the executors.

A policy is pickled as its bytes, and a worker process loads it once for all tasks. Columns and constants that don't fit
the policy raise an error before a job starts; a value that doesn't fit raises an error on its worker and fails the job.

`decide` and `filter` need Spark 4.0 and PyArrow; `effect_udf` needs Spark 4.1.

Examples
--------
::

    from placet import spark

    policy = placet.Policy.from_file("privacy.placet")
    decided = spark.decide(rows, policy, columns={"subject.age": "age"}, reasons=["rules"], ignore_unknown=True)
    allowed = spark.filter(rows, policy, columns={"subject.age": "age"}, ignore_unknown=True)
    effect = spark.effect_udf(policy, "purpose", "subject.age")
    rows.where(effect("purpose", "age") == "allow")
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from placet._placet import Policy

if TYPE_CHECKING:
    import pyarrow
    from pyspark.sql import DataFrame
    from pyspark.sql._typing import UserDefinedFunctionLike
    from typing_extensions import Unpack

    from placet._options import Options, Reason

    InArrow = Callable[[Iterator[pyarrow.RecordBatch]], Iterator[pyarrow.RecordBatch]]

__all__ = ["decide", "decide_in_arrow", "effect_udf", "filter", "filter_in_arrow"]

# The Spark types of decision columns.
TYPES = {
    "effect": "string",
    "rules": "array<string>",
    "certain": "array<string>",
    "clauses": "array<string>",
    "obligations": "array<struct<name: string, within_seconds: bigint, text: string, certain: boolean>>",
    "basis": "array<string>",
    "undecided": "array<string>",
    "missing": "array<string>",
}


def decide(
    frame: DataFrame,
    policy: Policy,
    *,
    keep: Iterable[str] | None = None,
    reasons: Iterable[Reason] | bool = (),
    **options: Unpack[Options],
) -> DataFrame:
    """Decides each row of a dataframe like `Policy.decide_batch`.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        The rows.
    policy : Policy
        The policy.
    keep : iterable of str, optional
        The columns to return beside the decisions; all by default. Fewer columns mean less data to transfer.
    reasons : iterable of str, or bool, default ()
        The reasons to return, like for `Policy.decide_batch`.
    **options
        ``columns``, ``constants``, ``ignore_unknown`` and ``on_error``, like for `Policy.decide_batch`.

    Returns
    -------
    pyspark.sql.DataFrame
        The columns to keep, the string column ``effect``, and a column for each reason.

    Raises
    ------
    ColumnError
        If the frame's columns don't fit the policy. A value that doesn't fit fails the job with the same error.
    RequestError
        If a constant does not fit the policy.
    ValueError
        If a column to keep has the name of a decision's column.
    """
    from pyspark.sql.types import StructType

    reasons = _listed(reasons)
    # Converting no rows runs no job. It gives the Arrow schema, and deciding it gives the names of the result columns.
    decisions = policy.decide_batch(frame.limit(0).toArrow(), reasons=reasons, **options)
    names = decisions.column_names if reasons else ["effect"]
    kept = frame.columns if keep is None else list(keep)
    taken = {name.lower() for name in kept}.intersection(names)
    if taken:
        raise ValueError(f"a decision has columns of the frame's names, {sorted(taken)}: rename these, or do not keep them")
    added = StructType.fromDDL(", ".join(f"{name} {TYPES[name]}" for name in names))
    schema = StructType([frame.schema[name] for name in kept] + added.fields)
    return frame.mapInArrow(decide_in_arrow(policy, keep=kept, reasons=reasons, **options), schema)


def filter(frame: DataFrame, policy: Policy, **options: Unpack[Options]) -> DataFrame:
    """Returns the allowed rows of a dataframe, and no others.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        The rows.
    policy : Policy
        The policy.
    **options
        ``columns``, ``constants``, ``ignore_unknown`` and ``on_error``, like for `Policy.filter`.

    Returns
    -------
    pyspark.sql.DataFrame

    Raises
    ------
    ColumnError, RequestError
        Like `decide`.
    """
    policy.filter(frame.limit(0).toArrow(), **options)
    return frame.mapInArrow(filter_in_arrow(policy, **options), frame.schema)


def decide_in_arrow(
    policy: Policy,
    *,
    keep: Iterable[str] | None = None,
    reasons: Iterable[Reason] | bool = (),
    **options: Unpack[Options],
) -> InArrow:
    """Returns the function that `decide` passes to `DataFrame.mapInArrow`, for use in a larger function.

    Parameters
    ----------
    policy : Policy
        The policy.
    keep, reasons, **options
        Like for `decide`.

    Returns
    -------
    callable
        A lazy function from an iterator of pyarrow.RecordBatch to another. It can be pickled.
    """
    kept = None if keep is None else list(keep)
    return functools.partial(_decided, policy, kept, {"reasons": _listed(reasons), **options})


def filter_in_arrow(policy: Policy, **options: Unpack[Options]) -> InArrow:
    """Returns the function that `filter` passes to `DataFrame.mapInArrow`, for use in a larger function.

    Parameters
    ----------
    policy : Policy
        The policy.
    **options
        Like for `filter`.

    Returns
    -------
    callable
        A lazy function from an iterator of pyarrow.RecordBatch to another. It can be pickled.
    """
    return functools.partial(_allowed, policy, options)


def effect_udf(
    policy: Policy,
    attribute: str,
    *attributes: str,
    constants: Mapping[str, Any] | None = None,
    on_error: Literal["raise", "null"] = "raise",
) -> UserDefinedFunctionLike:
    """Returns the effect as a function of columns, for expressions and SQL.

    Parameters
    ----------
    policy : Policy
        The policy.
    attribute, *attributes : str
        The attributes of the function's arguments, in their order.
    constants, on_error
        Like for `Policy.decide_batch`.

    Returns
    -------
    callable
        A user-defined function over Arrow that returns strings; `SparkSession.udf.register` accepts it too.

    Raises
    ------
    ColumnError
        If the policy does not declare an attribute, or a required attribute is missing.
    RequestError
        If a constant does not fit the policy.
    ImportError
        If Spark is older than 4.1. Its functions go through pandas, which turns integers with nulls into floats.
    """
    import pyarrow

    from pyspark.sql.types import StringType

    try:
        from pyspark.sql.functions import arrow_udf
    except ImportError as error:
        raise ImportError("an effect as a function of columns needs Spark 4.1: take placet.spark.decide") from error

    names = [attribute, *attributes]
    options = {"constants": constants, "on_error": on_error}
    # Deciding no rows raises errors of attributes and constants early.
    _effects(policy, names, options, [pyarrow.nulls(0) for _ in names])

    def effects(*columns: Any) -> Any:
        return _effects(policy, names, options, columns)

    # Spark detects an Arrow function by these annotations.
    effects.__annotations__ = {"columns": pyarrow.Array, "return": pyarrow.Array}
    made: UserDefinedFunctionLike = arrow_udf(effects, StringType())
    return made


def _listed(reasons: Iterable[Reason] | bool) -> list[Reason] | bool:
    """Returns reasons in a form that can be read twice."""
    return reasons if isinstance(reasons, bool) else list(reasons)


def _decided(
    policy: Policy, keep: list[str] | None, options: Mapping[str, Any], batches: Iterator[pyarrow.RecordBatch]
) -> Iterator[pyarrow.RecordBatch]:
    import pyarrow

    for batch in batches:
        decisions = policy.decide_batch(batch, **options)
        if isinstance(decisions, pyarrow.RecordBatch):
            names, columns = decisions.schema.names, decisions.columns
        else:
            names, columns = ["effect"], [decisions]
        kept = batch if keep is None else batch.select(keep)
    # Spark can't read dictionaries, and the effect, the first column, is one.
        columns = [*kept.columns, columns[0].dictionary_decode(), *columns[1:]]
        yield pyarrow.RecordBatch.from_arrays(columns, names=[*kept.schema.names, *names])


def _allowed(
    policy: Policy, options: Mapping[str, Any], batches: Iterator[pyarrow.RecordBatch]
) -> Iterator[pyarrow.RecordBatch]:
    for batch in batches:
        yield policy.filter(batch, **options)


def _effects(
    policy: Policy, attributes: list[str], options: Mapping[str, Any], columns: Sequence[pyarrow.Array]
) -> pyarrow.Array:
    import pyarrow

    batch = pyarrow.RecordBatch.from_arrays(list(columns), names=attributes)
    return policy.decide_batch(batch, **options).dictionary_decode()
