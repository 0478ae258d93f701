"""The stub of the extension: its docstrings equal those of the module."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import placet
from conftest import ROOT
from placet import _placet

sys.path.insert(0, str(ROOT / "bindings" / "python"))
import stubs  # noqa: E402

if TYPE_CHECKING:
    import duckdb
    import polars
    from typing_extensions import assert_type

    class Stream:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...

    def typed(policy: placet.Policy, frame: polars.DataFrame, relation: duckdb.DuckDBPyRelation) -> None:
        """Checked by mypy: `filter` returns the type of its argument."""
        assert_type(policy.filter(frame), polars.DataFrame)
        assert_type(policy.filter(relation), duckdb.DuckDBPyRelation)
        assert_type(policy.filter(Stream()), placet.Batches)


def test_stub_has_the_docstrings_of_the_extension() -> None:
    stub = (Path(placet.__file__).parent / "_placet.pyi").read_text(encoding="utf-8")
    assert stubs.write(stub, _placet) == stub, "run `python stubs.py`"
    described = [name for name, _, doc in stubs.documented(stub, _placet) if doc]
    assert {"Policy", "Policy.decide", "Policy.filter", "Decision.rules", "watch"} <= set(described)
