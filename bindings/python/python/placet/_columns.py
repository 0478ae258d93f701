"""Adapters for table libraries: a class per library exports a table's needed columns to Arrow and builds the result.

The extension calls `kind` to find the class, and then `names`, `source`, and `decided` or `allowed`. No library is
imported to find the class: a library whose table is passed in is imported already.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from placet._effect import Effect
from placet._placet import Batches


class Other:
    """Any other table with the PyCapsule interface. The result is `Batches`, which decides a batch when it is read."""

    takes: ClassVar[str] = "rows"
    """The batches that `allowed` takes: the allowed rows, their keys, or a mask of all rows."""
    keeps_itself: ClassVar[bool] = False
    """True if `decided` takes the columns to keep from the table instead of the batches."""

    @staticmethod
    def names(table: Any) -> list[str] | None:
        """Returns the names of the columns; None if columns can't be read separately."""
        return None

    @staticmethod
    def source(table: Any, needed: list[int] | None, with_key: bool) -> Any:
        """Returns an object with the PyCapsule interface and only the needed columns; if none is needed, the number of
        rows."""
        return table

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool, keep: list[str] | None) -> Any:
        """Returns the decisions in the table's kind."""
        return batches

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        """Returns the allowed rows in the table's kind."""
        return batches


class Polars(Other):
    """DataFrames of polars, and Series of structs. Polars filters rows, since some of its types have no Arrow form."""

    takes = "mask"
    keeps_itself = True
    SHARED: ClassVar[int] = 1 << 20
    """The number of values from which threads that share the columns of a frame filter them sooner than one does."""

    @staticmethod
    def names(table: Any) -> list[str] | None:
        # A series with null structs can't be unnested without losing the difference to structs of nulls.
        return list(frame.columns) if (frame := Polars.frame(table)) is not None else None

    @staticmethod
    def frame(table: Any) -> Any:
        """Returns the table as a DataFrame; None for a series of other values or with null structs."""
        polars = sys.modules["polars"]
        if isinstance(table, polars.DataFrame):
            return table
        return table.struct.unnest() if table.dtype == polars.Struct and not table.null_count() else None

    @staticmethod
    def source(table: Any, needed: list[int] | None, with_key: bool) -> Any:
        if needed is None:
            return table
        if not needed:
            return len(table)
        polars = sys.modules["polars"]
        frame = Polars.frame(table)
        # Indexing is cheaper than `select`, which runs a query.
        frame = frame if needed == list(range(frame.width)) else frame[:, needed]
        # Arrow has no 128-bit integers, but 128-bit decimals. A set compares by hash first, unlike a tuple.
        wide_kinds = {polars.Int128, polars.UInt128}
        if wide := [name for name, kind in zip(frame.columns, frame.dtypes) if kind in wide_kinds]:
            frame = frame.with_columns(polars.col(wide).cast(polars.Decimal(38, 0)))
        return Polars.coded(frame)

    @staticmethod
    def coded(frame: Any) -> Any:
        """Returns the frame with the codes of categoricals beside their categories: polars exports categoricals row by
        row."""
        polars = sys.modules["polars"]
        categories = {}
        for index, kind in enumerate(frame.dtypes):
            known: Any = kind == polars.Categorical and getattr(kind, "categories", None)
            # In older versions of polars, a categorical doesn't know its categories.
            if hasattr(known, "to_series"):
                names = known.to_series()
                # The categories are those of all columns of the process: too many cost more than the rows.
                if len(names) < len(frame):
                    categories[index] = names.to_frame()
        if not categories:
            return frame
        columns = frame.get_columns()
        for index in categories:
            columns[index] = columns[index].to_physical()
        return Coded(polars.DataFrame(columns), categories)

    @staticmethod
    @functools.cache
    def empty() -> Any:
        """Returns a frame without rows, whose column lends the field metadata by which polars recognizes an Enum."""
        polars = sys.modules["polars"]
        return polars.DataFrame(schema={"effect": polars.Enum([effect.value for effect in Effect])})

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool, keep: list[str] | None) -> Any:
        """Returns the effects as an Enum."""
        frame = sys.modules["polars"].DataFrame(batches.collect(like=Polars.empty()))
        if keep is not None:
            return Polars.frame(table).select(keep).hstack(frame)
        return frame if with_reasons else frame.to_series()

    @staticmethod
    def is_shared(frame: Any) -> bool:
        """Returns true if threads should share the columns of a frame."""
        threads: int = sys.modules["polars"].thread_pool_size()
        width, height = frame.shape
        return threads > 1 and bool(width > 1 and width * height > Polars.SHARED)

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        polars = sys.modules["polars"]
        mask = polars.DataFrame(batches.collect()).to_series()
        # The filter of a frame is a query, whose start takes longer than filtering a small frame.
        if type(table) is polars.DataFrame and table.width and not Polars.is_shared(table):
            return polars.DataFrame([column.filter(mask) for column in table.get_columns()])
        return table.filter(mask)


class Coded:
    """A table whose columns with these indices are the codes of categories. Each table of categories has one column."""

    def __init__(self, table: Any, categories: dict[int, Any]) -> None:
        self.__arrow_c_stream__ = table.__arrow_c_stream__
        self.categories = categories


class Pandas(Other):
    """DataFrames of pandas. The index is not an attribute; results keep it."""

    takes = "mask"
    keeps_itself = True

    @staticmethod
    def names(table: Any) -> list[str] | None:
        return [str(name) for name in table.columns]

    @staticmethod
    def source(table: Any, needed: list[int] | None, with_key: bool) -> Any:
        if not needed:
            return len(table)
        # The PyCapsule interface of pandas would export the index as a column, and `Table.from_pandas` describes the
        # frame in metadata that nobody reads.
        pyarrow = importlib.import_module("pyarrow")
        columns = [pyarrow.array(table.iloc[:, index], from_pandas=True) for index in needed]
        return pyarrow.Table.from_arrays(columns, [str(table.columns[index]) for index in needed])

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool, keep: list[str] | None) -> Any:
        """Returns the effects as a categorical Series; reasons are lists of Arrow types, not object columns."""
        pandas = importlib.import_module("pandas")
        columns = importlib.import_module("pyarrow").table(batches.collect())
        effect = columns["effect"].to_pandas()
        effect = pandas.Series(effect.array, index=table.index, name="effect")
        if keep is None and not with_reasons:
            return effect
        frame = columns.drop_columns("effect").to_pandas(types_mapper=pandas.ArrowDtype)
        if not with_reasons:
            frame = pandas.DataFrame(index=table.index)
        frame.index = table.index
        frame.insert(0, "effect", effect)
        return frame if keep is None else pandas.concat([table[keep], frame], axis="columns")

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        column = importlib.import_module("pyarrow").table(batches.collect())["allowed"]
        # Pyarrow converts bits one by one.
        numpy = importlib.import_module("numpy")
        masks = [numpy.zeros(0, bool)]
        for chunk in column.chunks:
            end = chunk.offset + len(chunk)
            bits = numpy.frombuffer(chunk.buffers()[1] or b"", numpy.uint8)
            masks.append(numpy.unpackbits(bits, count=end, bitorder="little")[chunk.offset :].view(bool))
        return table.loc[numpy.concatenate(masks)]


class Arrow(Other):
    """Tables and record batches of pyarrow, and (chunked) arrays of structs."""

    takes = "mask"
    keeps_itself = True

    @staticmethod
    def names(table: Any) -> list[str] | None:
        return list(table.schema.names) if hasattr(table, "schema") else None

    @staticmethod
    def source(table: Any, needed: list[int] | None, with_key: bool) -> Any:
        if needed is None:
            return table
        return table.select(needed) if needed else table.num_rows

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool, keep: list[str] | None) -> Any:
        pyarrow = sys.modules["pyarrow"]
        is_whole = isinstance(table, pyarrow.RecordBatch | pyarrow.Array)
        decided = batches.collect()
        columns = pyarrow.record_batch(next(iter(decided))) if is_whole else pyarrow.table(decided)
        if keep is None:
            return columns if with_reasons else columns["effect"]
        if not hasattr(table, "schema"):
            table = pyarrow.Table.from_struct_array(table) if not is_whole else pyarrow.RecordBatch.from_struct_array(table)
        kept = table.select(keep)
        return type(kept).from_arrays(
            [*kept.columns, *columns.columns], schema=pyarrow.schema([*kept.schema, *columns.schema])
        )

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        pyarrow = sys.modules["pyarrow"]
        mask = batches.collect()
        column = pyarrow.table(mask)["allowed"]
        if isinstance(table, pyarrow.RecordBatch | pyarrow.Array):
            column = column.combine_chunks()
        elif isinstance(table, pyarrow.Table) and not table.num_columns:
            # Pyarrow can't filter a table without columns.
            return table.slice(0, pyarrow.compute.sum(column).as_py() or 0)
        try:
            return table.filter(column)
        except pyarrow.ArrowNotImplementedError:
            # Pyarrow can't filter views and run-end encoded arrays; arrow-rs can.
            return Arrow.like(table, mask._of(table))

    @staticmethod
    def like(table: Any, batches: Batches) -> Any:
        """Returns rows in the kind of the table that they come from."""
        pyarrow = sys.modules["pyarrow"]
        if isinstance(table, pyarrow.Table):
            return pyarrow.table(batches)
        rows = [pyarrow.record_batch(batch) for batch in batches]
        if isinstance(table, pyarrow.RecordBatch):
            return rows[0]
        arrays = [batch.to_struct_array() for batch in rows]
        return arrays[0] if isinstance(table, pyarrow.Array) else pyarrow.chunked_array(arrays)


class ArrowStream(Other):
    """Readers of pyarrow. The result is a reader that decides a batch when it is read."""

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool, keep: list[str] | None) -> Any:
        return reader(batches)

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        return reader(batches)


def reader(batches: Batches) -> Any:
    """Returns a pyarrow reader of batches.

    It reads from a generator, which raises the original exceptions. A C stream would reduce them to their messages.
    """
    pyarrow = sys.modules["pyarrow"]

    def read() -> Iterator[Any]:
        for batch in batches:
            yield pyarrow.record_batch(batch)

    return pyarrow.RecordBatchReader.from_batches(pyarrow.schema(batches), read())


class DuckDB(Other):
    """Relations of DuckDB. The result is a relation of the same connection.

    Decisions are made eagerly: a connection runs one query at a time, so a relation can't be read during another query.

    Rows stay in DuckDB with their types. A relation is a query, and DuckDB runs it again when the result is read,
    perhaps in another order or with other rows. Row numbers would therefore select wrong rows. A join by key selects
    them instead; the key is the text of the values that the policy read. A row whose values were not decided is left
    out.
    """

    takes = "keys"
    KEY: ClassVar[str] = '"__placet_key__"'

    @staticmethod
    def names(table: Any) -> list[str] | None:
        return list(table.columns)

    @staticmethod
    def source(table: Any, needed: list[int] | None, with_key: bool) -> Any:
        names = [table.columns[index] for index in needed or ()]
        columns = [quoted(name) for name in names]
        if with_key or not columns:
            columns.append(f"{DuckDB.key(table, names)} as {DuckDB.KEY}")
        return table.project(", ".join(columns))

    @staticmethod
    def key(table: Any, names: Sequence[str], within: str = "") -> str:
        """Returns the SQL of a key that identifies the values of columns. It is binary, since a collation could make
        different strings equal."""
        kinds = dict(zip(table.columns, map(str, table.types)))
        texts = []
        for name in names:
            nested = any(mark in kinds[name] for mark in ("[", "STRUCT", "MAP", "UNION"))
            column = within + quoted(name)
            texts.append(f"to_json({column})::varchar" if nested else f"{column}::varchar")
        return f"encode(to_json([{', '.join(texts)}]::varchar[])::varchar)"

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool, keep: list[str] | None) -> Any:
        # DuckDB finds the local variable by its name in the query, and keeps it alive as long as the relation. Here and
        # below.
        __placet_batches__ = batches.collect()
        if keep is None:
            return table.query("__placet_table__", "from __placet_batches__")
        decisions = table.query(
            "__placet_table__", f"select distinct on ({DuckDB.KEY}) * from __placet_batches__"
        ).set_alias("__placet_decisions__")
        rows = table.set_alias("__placet_rows__")
        key = DuckDB.key(table, batches._needed, "__placet_rows__.")
        joined = rows.join(decisions, f"{key} = __placet_decisions__.{DuckDB.KEY}", how="left")
        columns = [f"__placet_rows__.{quoted(name)}" for name in keep]
        columns += [f"__placet_decisions__.{quoted(name)}" for name in decisions.columns if quoted(name) != DuckDB.KEY]
        return joined.project(", ".join(columns))

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        __placet_batches__ = batches.collect()
        keys = table.query("__placet_table__", "from __placet_batches__").set_alias("__placet_keys__")
        key = DuckDB.key(table, batches._needed, "__placet_rows__.")
        return table.set_alias("__placet_rows__").join(keys, f"{key} = __placet_keys__.{DuckDB.KEY}", how="semi")


def quoted(name: str) -> str:
    """Returns a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def kind(table: Any) -> type[Other]:
    """Returns the adapter class for a table."""
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
        "RecordBatch": Arrow,
        "Array": Arrow,
        "RecordBatchReader": ArrowStream,
    },
    "duckdb": {"DuckDBPyRelation": DuckDB},
}
