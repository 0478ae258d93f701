"""The keywords of whole tables, which what spreads their rows over many machines hands on. For types alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

Reason = Literal["rules", "certain", "clauses", "basis", "obligations", "undecided", "missing"]


class Options(TypedDict, total=False):
    """As for `Policy.decide_batch`."""

    columns: Mapping[str, str] | None
    constants: Mapping[str, Any] | None
    ignore_unknown: bool
    on_error: Literal["raise", "null"]
