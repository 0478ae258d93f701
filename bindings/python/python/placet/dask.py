"""Dask: the partitions of its frames, decided where they are.

A policy travels as its bytes, and a worker process loads it once, however many partitions it decides. What does not fit
is an error before anything runs; a value that does not fit is one of the worker's.

A bag of requests needs nothing of this: ``bag.filter(policy.allows)``.

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
    """Decides each row of a frame, as `Policy.decide_batch` does.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        The rows.
    policy : Policy
        The policy.
    reasons : iterable of str, or bool, default ()
        Which reasons are told, as for `Policy.decide_batch`.
    **options
        ``columns``, ``constants``, ``ignore_unknown`` and ``on_error``, as for `Policy.decide_batch`.

    Returns
    -------
    dask.dataframe.Series or dask.dataframe.DataFrame
        The categorical ``effect`` with the frame's index and partitions; with reasons a frame, with their columns too.

    Raises
    ------
    ColumnError
        If the frame's columns do not fit the policy. Workers raise it where a value does not fit.
    RequestError
        If a constant does not fit.
    """
    reasons = reasons if isinstance(reasons, bool) else list(reasons)
    return _mapped(frame, policy, "decide_batch", {"reasons": reasons, **options})


def filter(frame: DataFrame, policy: Policy, **options: Unpack[Options]) -> DataFrame:
    """The rows of a frame that are allowed, and no others.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        The rows.
    policy : Policy
        The policy.
    **options
        ``columns``, ``constants``, ``ignore_unknown`` and ``on_error``, as for `Policy.filter`.

    Returns
    -------
    dask.dataframe.DataFrame
        With the frame's index and partitions.

    Raises
    ------
    ColumnError, RequestError
        As `decide`.
    """
    return _mapped(frame, policy, "filter", dict(options))


def _mapped(frame: DataFrame, policy: Policy, method: str, options: dict[str, Any]) -> Any:
    from dask import delayed

    # The frame without rows: its decisions have the types of all, and what does not fit is an error now.
    meta = getattr(policy, method)(frame._meta, **options)
    # A task of its own, so that it travels to a worker once and not with each partition.
    return frame.map_partitions(_called, delayed(policy, pure=True), method, options, meta=meta)


def _called(rows: pandas.DataFrame, policy: Policy, method: str, options: dict[str, Any]) -> Any:
    return getattr(policy, method)(rows, **options)
