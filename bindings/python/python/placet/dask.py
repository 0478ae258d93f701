"""Decides Dask dataframes, partition by partition on the workers.

A policy is pickled as its bytes, and a worker process loads it once for all partitions. Columns and constants that
don't fit the policy raise an error before the computation starts; a value that doesn't fit raises an error on its worker.

A bag of requests does not need this module: ``bag.filter(policy.allows)``.

Examples
--------
::

    from placet import dask

    policy = placet.Policy.from_file("privacy.placet")
    effects = dask.decide(frame, policy, columns={"subject.age": "age"}, ignore_unknown=True)
    allowed = dask.filter(frame, policy, columns={"subject.age": "age"}, ignore_unknown=True)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from placet._placet import Policy

if TYPE_CHECKING:
    import pandas
    from dask.dataframe import DataFrame, Series
    from typing_extensions import Unpack

    from placet._options import Options, Reason

__all__ = ["decide", "filter"]


def decide(
    frame: DataFrame, policy: Policy, *, reasons: Iterable[Reason] | bool = (), **options: Unpack[Options]
) -> DataFrame | Series:
    """Decides each row of a dataframe like `Policy.decide_batch`.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        The rows.
    policy : Policy
        The policy.
    reasons : iterable of str, or bool, default ()
        The reasons to return, like for `Policy.decide_batch`.
    **options
        ``columns``, ``constants``, ``ignore_unknown`` and ``on_error``, like for `Policy.decide_batch`.

    Returns
    -------
    dask.dataframe.Series or dask.dataframe.DataFrame
        The categorical ``effect`` with the frame's index and partitions; with reasons, a frame with their columns too.

    Raises
    ------
    ColumnError
        If the frame's columns don't fit the policy. Workers raise it for a value that doesn't fit.
    RequestError
        If a constant does not fit the policy.
    """
    reasons = reasons if isinstance(reasons, bool) else list(reasons)
    return _mapped(frame, policy, "decide_batch", {"reasons": reasons, **options})


def filter(frame: DataFrame, policy: Policy, **options: Unpack[Options]) -> DataFrame:
    """Returns the allowed rows of a dataframe, and no others.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        The rows.
    policy : Policy
        The policy.
    **options
        ``columns``, ``constants``, ``ignore_unknown`` and ``on_error``, like for `Policy.filter`.

    Returns
    -------
    dask.dataframe.DataFrame
        The allowed rows, with the frame's index and partitions.

    Raises
    ------
    ColumnError, RequestError
        Like `decide`.
    """
    return _mapped(frame, policy, "filter", dict(options))


def _mapped(frame: DataFrame, policy: Policy, method: str, options: dict[str, Any]) -> Any:
    from dask import delayed

    # Deciding the frame without rows gives the result's types, and raises errors of columns and constants early.
    meta = getattr(policy, method)(frame._meta, **options)
    # As a task of its own, the policy is sent to a worker once and not with each partition.
    return frame.map_partitions(_called, delayed(policy, pure=True), method, options, meta=meta)


def _called(rows: pandas.DataFrame, policy: Policy, method: str, options: dict[str, Any]) -> Any:
    return getattr(policy, method)(rows, **options)
