"""Spark: the rows of its frames, decided where they are.

A policy travels as its bytes, and a worker process loads it once, however many tasks it runs. What does not fit is an
error before anything runs; a value that does not fit is one of the worker's, which fails the job.

`decide` and `filter` need Spark 4.0, PyArrow beside it; `effect_udf` needs Spark 4.1.

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

# The types that Spark gives the columns of decisions.
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
    """Decides each row of a frame, as `Policy.decide_batch` does.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        The rows.
    policy : Policy
        The policy.
    keep : iterable of str, optional
        Which columns stand beside the decisions; all of them, if it is left out. The fewer they are, the less travels.
    reasons : iterable of str, or bool, default ()
        Which reasons are told, as for `Policy.decide_batch`.
    **options
        ``columns``, ``constants``, ``ignore_unknown`` and ``on_error``, as for `Policy.decide_batch`.

    Returns
    -------
    pyspark.sql.DataFrame
        The columns that are kept, the text ``effect``, and a column of each reason.

    Raises
    ------
    ColumnError
        If the frame's columns do not fit the policy. A value that does not fit fails the job, with the same error.
    RequestError
        If a constant does not fit.
    ValueError
        If a column that is kept has the name of one of a decision.
    """
    from pyspark.sql.types import StructType

    reasons = _listed(reasons)
    # Nothing runs for no rows: this is the schema in Arrow, and its decisions say which columns there are.
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
    """The rows of a frame that are allowed, and no others.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        The rows.
    policy : Policy
        The policy.
    **options
        ``columns``, ``constants``, ``ignore_unknown`` and ``on_error``, as for `Policy.filter`.

    Returns
    -------
    pyspark.sql.DataFrame

    Raises
    ------
    ColumnError, RequestError
        As `decide`.
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
    """What `decide` gives to `DataFrame.mapInArrow`: a function of batches, to be part of another.

    Parameters
    ----------
    policy : Policy
        The policy.
    keep, reasons, **options
        As for `decide`.

    Returns
    -------
    callable
        From an iterator of pyarrow.RecordBatch to one, lazily. It can be pickled.
    """
    kept = None if keep is None else list(keep)
    return functools.partial(_decided, policy, kept, {"reasons": _listed(reasons), **options})


def filter_in_arrow(policy: Policy, **options: Unpack[Options]) -> InArrow:
    """What `filter` gives to `DataFrame.mapInArrow`: a function of batches, to be part of another.

    Parameters
    ----------
    policy : Policy
        The policy.
    **options
        As for `filter`.

    Returns
    -------
    callable
        From an iterator of pyarrow.RecordBatch to one, lazily. It can be pickled.
    """
    return functools.partial(_allowed, policy, options)


def effect_udf(
    policy: Policy,
    attribute: str,
    *attributes: str,
    constants: Mapping[str, Any] | None = None,
    on_error: Literal["raise", "null"] = "raise",
) -> UserDefinedFunctionLike:
    """The effect as a function of columns, for expressions and SQL.

    Parameters
    ----------
    policy : Policy
        The policy.
    attribute, *attributes : str
        The attributes that the function's columns give, in their order.
    constants, on_error
        As for `Policy.decide_batch`.

    Returns
    -------
    callable
        A user-defined function over Arrow, which `SparkSession.udf.register` takes too. It gives texts.

    Raises
    ------
    ColumnError
        If an attribute is not known, or a required one is left out.
    RequestError
        If a constant does not fit.
    ImportError
        If Spark is older than 4.1. What it has instead goes by way of pandas, where integers with a gap are floats.
    """
    import pyarrow

    from pyspark.sql.types import StringType

    try:
        from pyspark.sql.functions import arrow_udf
    except ImportError as error:
        raise ImportError("an effect as a function of columns needs Spark 4.1: take placet.spark.decide") from error

    names = [attribute, *attributes]
    options = {"constants": constants, "on_error": on_error}
    # What fits no row is an error now.
    _effects(policy, names, options, [pyarrow.nulls(0) for _ in names])

    def effects(*columns: Any) -> Any:
        return _effects(policy, names, options, columns)

    # By its types Spark sees that it takes Arrow.
    effects.__annotations__ = {"columns": pyarrow.Array, "return": pyarrow.Array}
    made: UserDefinedFunctionLike = arrow_udf(effects, StringType())
    return made


def _listed(reasons: Iterable[Reason] | bool) -> list[Reason] | bool:
    """Reasons that can be read twice."""
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
        # Spark has no dictionaries; the effect is the first.
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
