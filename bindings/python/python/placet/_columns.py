"""The tables of each library: which columns are read, how they give Arrow, and what is made of the answer.

Nothing is imported for a table of another library's: whose table it is has been imported.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from placet._effect import Effect
from placet._placet import Batches


class Other:
    """Whatever else gives Arrow: what comes back is Arrow too, and is decided when it is read."""

    takes: ClassVar[str] = "rows"
    """What `allowed` is given: the allowed rows, their keys, or a mask of all."""
    keeps_itself: ClassVar[bool] = False
    """Whether `decided` takes the columns to keep from the table, not from the batches."""

    @staticmethod
    def names(table: Any) -> list[str] | None:
        """The names of the columns, if some of them can be read without the others."""
        return None

    @staticmethod
    def source(table: Any, needed: list[int] | None, with_key: bool) -> Any:
        """What has the PyCapsule interface, with the needed columns alone; the number of rows, if no column is needed."""
        return table

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool, keep: list[str] | None) -> Any:
        """The decisions in the table's kind."""
        return batches

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        """The allowed rows in the table's kind."""
        return batches


class Polars(Other):
    """Polars' frames, and series of structs. Rows are left out by itself, which knows types that Arrow doesn't."""

    takes = "mask"
    keeps_itself = True

    @staticmethod
    def names(table: Any) -> list[str] | None:
        # A series with rows that are null as a whole is no table.
        return list(frame.columns) if (frame := Polars.frame(table)) is not None else None

    @staticmethod
    def frame(table: Any) -> Any:
        """The frame of a table; None for a series that is none."""
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
        frame = frame.select([frame.columns[index] for index in needed])
        # Arrow has no integers of 128 bits, but decimals.
        wide = [name for name, kind in frame.schema.items() if kind in (polars.Int128, polars.UInt128)]
        return frame.with_columns(polars.col(wide).cast(polars.Decimal(38, 0))) if wide else frame

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool, keep: list[str] | None) -> Any:
        """An enum of the effects."""
        polars = sys.modules["polars"]
        effects = polars.Enum([effect.value for effect in Effect])
        # Polars tells an enum by metadata of its own, which it is asked for.
        frame = polars.DataFrame(batches.collect(like=polars.DataFrame(schema={"effect": effects})))
        if keep is not None:
            return Polars.frame(table).select(keep).hstack(frame)
        return frame if with_reasons else frame.to_series()

    @staticmethod
    def allowed(table: Any, batches: Batches) -> Any:
        return table.filter(sys.modules["polars"].DataFrame(batches.collect()).to_series())


class Pandas(Other):
    """Pandas' frames: columns are attributes, the index is none, and stays with its rows."""

    takes = "mask"
    keeps_itself = True

    @staticmethod
    def names(table: Any) -> list[str] | None:
        return [str(name) for name in table.columns]

    @staticmethod
    def source(table: Any, needed: list[int] | None, with_key: bool) -> Any:
        if not needed:
            return len(table)
        # Pandas gives Arrow by pyarrow too, but with its index as a column.
        return importlib.import_module("pyarrow").Table.from_pandas(table.iloc[:, needed], preserve_index=False)

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool, keep: list[str] | None) -> Any:
        """A categorical of effects; reasons as lists of Arrow's types, not of objects."""
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
        return table.loc[importlib.import_module("pyarrow").table(batches.collect())["allowed"].to_numpy()]


class Arrow(Other):
    """Tables and record batches of pyarrow, chunked arrays and arrays of structs."""

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
            # Such a table can't be filtered by pyarrow.
            return table.slice(0, pyarrow.compute.sum(column).as_py() or 0)
        try:
            return table.filter(column)
        except pyarrow.ArrowNotImplementedError:
            # Views and runs, which pyarrow filters in no version so far.
            return Arrow.like(table, mask._of(table))

    @staticmethod
    def like(table: Any, batches: Batches) -> Any:
        """Rows in the kind of the table that they are of."""
        pyarrow = sys.modules["pyarrow"]
        if isinstance(table, pyarrow.Table):
            return pyarrow.table(batches)
        rows = [pyarrow.record_batch(batch) for batch in batches]
        if isinstance(table, pyarrow.RecordBatch):
            return rows[0]
        arrays = [batch.to_struct_array() for batch in rows]
        return arrays[0] if isinstance(table, pyarrow.Array) else pyarrow.chunked_array(arrays)


class ArrowStream(Other):
    """Readers of pyarrow: what comes back is one too, and reads on as it is read itself."""

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool, keep: list[str] | None) -> Any:
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

    Rows stay in DuckDB, with their types. A relation is a query, which DuckDB runs again when the result is read, perhaps
    in another order or with other rows. So rows aren't chosen by their numbers, but by a key: the values that the policy
    was given, as text. A row whose values were not decided is left out.
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
        """What tells apart the values of columns, as a binary value: compared so whatever the collation."""
        kinds = dict(zip(table.columns, map(str, table.types)))
        texts = []
        for name in names:
            nested = any(mark in kinds[name] for mark in ("[", "STRUCT", "MAP", "UNION"))
            column = within + quoted(name)
            texts.append(f"to_json({column})::varchar" if nested else f"{column}::varchar")
        return f"encode(to_json([{', '.join(texts)}]::varchar[])::varchar)"

    @staticmethod
    def decided(table: Any, batches: Batches, with_reasons: bool, keep: list[str] | None) -> Any:
        # Here and below: found by its name, the variable is held as long as the relation is.
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
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


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
        "RecordBatch": Arrow,
        "Array": Arrow,
        "RecordBatchReader": ArrowStream,
    },
    "duckdb": {"DuckDBPyRelation": DuckDB},
}
