"""Types of the table options that `placet.dask` and `placet.spark` forward to `Policy.decide_batch`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

Reason = Literal["rules", "certain", "clauses", "basis", "obligations", "undecided", "missing"]


class Options(TypedDict, total=False):
    """The options of `Policy.decide_batch` that apply to every partition."""

    columns: Mapping[str, str] | None
    constants: Mapping[str, Any] | None
    ignore_unknown: bool
    on_error: Literal["raise", "null"]
