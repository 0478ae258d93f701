"""How each library's tables give Arrow, and what it makes of the Arrow that comes back.

Nothing is imported for a table of another library's: whose table it is has been imported.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any, ClassVar

from placet._effect import Effect
from placet._placet import Batches


class Other:
    """Whatever else gives Arrow: what comes back is Arrow too, and is decided when it is read."""

    takes_mask: ClassVar[bool] = False

    @staticmethod
    def source(table: Any) -> Any:
        """What has the PyCapsule interface."""
        return table

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool) -> Any:
        """The decisions in the table's kind."""
        return batches

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        """The allowed rows in the table's kind."""
        return batches


class Polars(Other):
    """Polars' frames, and series of structs. Rows are left out by itself, which knows types that Arrow doesn't."""

    takes_mask = True

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool) -> Any:
        """An enum of the effects."""
        polars = sys.modules["polars"]
        effects = polars.Enum([effect.value for effect in Effect])
        # Polars tells an enum by metadata of its own, which it is asked for.
        frame = polars.DataFrame(batches.collect(like=polars.DataFrame(schema={"effect": effects})))
        return frame if with_reasons else frame.to_series()

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        return table.filter(sys.modules["polars"].DataFrame(batches.collect()).to_series())


class Pandas(Other):
    """Pandas' frames: columns are attributes, the index is none, and stays with its rows."""

    takes_mask = True

    @staticmethod
    def source(table: Any) -> Any:
        # Pandas gives Arrow by pyarrow too, but with its index as a column.
        return importlib.import_module("pyarrow").Table.from_pandas(table, preserve_index=False)

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool) -> Any:
        """A categorical of effects; reasons as lists of Arrow's types, not of objects."""
        pandas = sys.modules["pandas"]
        columns = sys.modules["pyarrow"].table(batches.collect())
        effect = columns["effect"].to_pandas()
        effect = pandas.Series(effect.array, index=table.index, name="effect")
        if not with_reasons:
            return effect
        frame = columns.drop_columns("effect").to_pandas(types_mapper=pandas.ArrowDtype)
        frame.index = table.index
        frame.insert(0, "effect", effect)
        return frame

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        return table.loc[sys.modules["pyarrow"].table(batches.collect())["allowed"].to_numpy()]


class Arrow(Other):
    """Tables of pyarrow, and chunked arrays of structs."""

    takes_mask = True

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool) -> Any:
        columns = sys.modules["pyarrow"].table(batches.collect())
        return columns if with_reasons else columns["effect"]

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        return table.filter(sys.modules["pyarrow"].table(batches.collect())["allowed"])


class ArrowBatch(Other):
    """Record batches of pyarrow, and arrays of structs."""

    takes_mask = True

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool) -> Any:
        batch = sys.modules["pyarrow"].record_batch(next(iter(batches.collect())))
        return batch if with_reasons else batch["effect"]

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        return table.filter(sys.modules["pyarrow"].record_batch(next(iter(batches.collect())))["allowed"])


class ArrowStream(Other):
    """Readers of pyarrow: what comes back is one too, and reads on as it is read itself."""

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool) -> Any:
        return reader(batches)

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        return reader(batches)


def reader(batches: Batches) -> Any:
    """A reader of pyarrow. As a generator it raises errors with all they carry, which Arrow's streams make texts of."""
    pyarrow = sys.modules["pyarrow"]

    def read() -> Iterator[Any]:
        for batch in batches:
            yield pyarrow.record_batch(batch)

    return pyarrow.RecordBatchReader.from_batches(pyarrow.schema(batches), read())


class DuckDB(Other):
    """Relations of DuckDB: what comes back is one of the same connection.

    It is decided at once: a connection has one query under way, so a relation can't be read from within another's query.
    """

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool) -> Any:
        return relation(table, batches)

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        return relation(table, batches)


def relation(table: Any, batches: Batches) -> Any:
    """A relation of the connection of another: found by its name, the variable is held as long as the relation is."""
    __placet_batches__ = batches.collect()
    return table.query("__placet_table__", "from __placet_batches__")


def kind(table: Any) -> type[Other]:
    """The class for a table."""
    for library, classes in KINDS.items():
        module = sys.modules.get(library)
        if module is not None:
            for name, known in classes.items():
                cls = getattr(module, name, None)
                if cls is not None and isinstance(table, cls):
                    return known
    return Other


KINDS: dict[str, dict[str, type[Other]]] = {
    "polars": {"DataFrame": Polars, "Series": Polars},
    "pandas": {"DataFrame": Pandas},
    "pyarrow": {
        "Table": Arrow,
        "ChunkedArray": Arrow,
        "RecordBatch": ArrowBatch,
        "Array": ArrowBatch,
        "RecordBatchReader": ArrowStream,
    },
    "duckdb": {"DuckDBPyRelation": DuckDB},
}
