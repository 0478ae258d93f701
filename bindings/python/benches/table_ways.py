"""Random tables, and the candidates of each library that decide their rows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy
import pandas
import placet
import polars
import pyarrow
import pyarrow.compute as compute
import table_rules
from table_rules import Table

ROOT = Path(__file__).resolve().parents[3]

Array = Any
Rules = Callable[[Table], Any]


@dataclass
class Columns:
    """Random rows. Columns of words or sets are stored as codes, beside the values that the codes stand for."""

    flags: dict[str, Array]
    numbers: dict[str, Array]
    codes: dict[str, Array]
    words: dict[str, tuple[str, ...]]
    sets: list[list[str]]

    @functools.cached_property
    def bits(self) -> Array:
        """The sets as bit masks."""
        kind = numpy.uint16 if len(self.words["data"]) <= 16 else numpy.uint64
        masks = numpy.array([self.mask(set(members)) for members in self.sets], kind)
        return masks[self.codes["data"]]

    def mask(self, members: set[str]) -> int:
        return sum(1 << bit for bit, name in enumerate(self.words["data"]) if name in members)

    def others(self, members: set[str]) -> int:
        return self.mask(set(self.words["data"]) - members)

    def number(self, column: str, word: str) -> int:
        return self.words[column].index(word)


def columns(count: int, words: dict[str, tuple[str, ...]], flags: tuple[str, ...], age: str) -> Columns:
    """Returns random rows. Flags are true in a quarter of the rows, and sets have one to three members."""
    random = numpy.random.default_rng(10)
    names = words["data"]
    sizes = random.integers(1, 4, 200)
    sets = [sorted(random.choice(names, size, replace=False).tolist()) for size in sizes]
    return Columns(
        flags={name: random.random(count, numpy.float32) < 0.25 for name in flags},
        numbers={age: random.integers(0, 100, count, numpy.uint8)},
        codes={
            name: random.integers(0, len(sets if name == "data" else values), count, numpy.uint8)
            for name, values in words.items()
        },
        words=words,
        sets=sets,
    )


# ------------------------------------------------------------------------------------------- conditions


@dataclass
class Codes:
    """Conditions over columns of codes, for NumPy arrays and polars expressions."""

    columns: Columns
    of: Callable[[str], Any]

    def flag(self, column: str) -> Any:
        return self.of(column)

    def below(self, column: str, bound: int) -> Any:
        return self.of(column) < bound

    def one_of(self, column: str, *words: str) -> Any:
        return table_rules.any_of(*(self.of(column) == self.columns.number(column, word) for word in words))

    def within(self, column: str, members: set[str]) -> Any:
        return (self.of(column) & self.columns.others(members)) == 0

    def meets(self, column: str, members: set[str]) -> Any:
        return (self.of(column) & self.columns.mask(members)) != 0


@dataclass
class Computed:
    """Operators for pyarrow columns, whose functions have none."""

    array: Any

    def __and__(self, other: Any) -> Computed:
        if isinstance(other, Computed):
            return Computed(compute.and_(self.array, other.array))
        return Computed(compute.bit_wise_and(self.array, pyarrow.scalar(other, self.array.type)))

    def __or__(self, other: Computed) -> Computed:
        return Computed(compute.or_(self.array, other.array))

    def __invert__(self) -> Computed:
        return Computed(compute.invert(self.array))

    def __lt__(self, bound: int) -> Computed:
        return Computed(compute.less(self.array, pyarrow.scalar(bound, self.array.type)))

    def __eq__(self, other: object) -> Computed:  # type: ignore[override]
        return Computed(compute.equal(self.array, pyarrow.scalar(other, self.array.type)))

    def __ne__(self, other: object) -> Computed:  # type: ignore[override]
        return Computed(compute.not_equal(self.array, pyarrow.scalar(other, self.array.type)))


@dataclass
class ComputedTexts:
    """Conditions of pyarrow over strings and lists; NumPy reduces the results of list members to rows."""

    table: pyarrow.Table

    def flag(self, column: str) -> Computed:
        return Computed(self.table[column])

    def below(self, column: str, bound: int) -> Computed:
        return Computed(self.table[column]) < bound

    def one_of(self, column: str, *words: str) -> Computed:
        values = self.table[column]
        if not pyarrow.types.is_dictionary(values.type):
            return Computed(compute.is_in(values, pyarrow.array(words)))
        values = values.combine_chunks()
        return Computed(compute.is_in(values.dictionary, pyarrow.array(words)).take(values.indices))

    def _members(self, column: str, members: set[str], reduce: Any) -> Computed:
        lists = self.table[column].combine_chunks()
        found = compute.is_in(lists.flatten(), pyarrow.array(sorted(members))).to_numpy(zero_copy_only=False)
        return Computed(pyarrow.array(reduce.reduceat(found, lists.offsets.to_numpy()[:-1])))

    def within(self, column: str, members: set[str]) -> Computed:
        return self._members(column, members, numpy.logical_and)

    def meets(self, column: str, members: set[str]) -> Computed:
        return self._members(column, members, numpy.logical_or)


class PolarsTexts:
    """Expressions of polars over strings and lists."""

    def flag(self, column: str) -> Any:
        return polars.col(column)

    def below(self, column: str, bound: int) -> Any:
        return polars.col(column) < bound

    def one_of(self, column: str, *words: str) -> Any:
        return polars.col(column) == words[0] if len(words) == 1 else polars.col(column).is_in(words)

    def within(self, column: str, members: set[str]) -> Any:
        return polars.col(column).list.eval(polars.element().is_in(sorted(members))).list.all()

    def meets(self, column: str, members: set[str]) -> Any:
        return polars.col(column).list.eval(polars.element().is_in(sorted(members))).list.any()


@dataclass
class Pandas:
    """Conditions of pandas over strings or categoricals, and lists as Python objects."""

    frame: pandas.DataFrame

    def flag(self, column: str) -> Any:
        return self.frame[column]

    def below(self, column: str, bound: int) -> Any:
        return self.frame[column] < bound

    def one_of(self, column: str, *words: str) -> Any:
        return self.frame[column] == words[0] if len(words) == 1 else self.frame[column].isin(words)

    def within(self, column: str, members: set[str]) -> Any:
        return self.frame[column].map(members.issuperset)

    def meets(self, column: str, members: set[str]) -> Any:
        return ~self.frame[column].map(members.isdisjoint)


@dataclass
class Sql:
    """A condition in SQL."""

    text: str

    def __and__(self, other: Sql) -> Sql:
        return Sql(f"({self.text} and {other.text})")

    def __or__(self, other: Sql) -> Sql:
        return Sql(f"({self.text} or {other.text})")

    def __invert__(self) -> Sql:
        return Sql(f"(not {self.text})")


@dataclass
class SqlCodes:
    """Conditions in SQL over codes."""

    columns: Columns

    def flag(self, column: str) -> Sql:
        return Sql(f'"{column}"')

    def below(self, column: str, bound: int) -> Sql:
        return Sql(f'("{column}" < {bound})')

    def one_of(self, column: str, *words: str) -> Sql:
        return Sql(f'("{column}" in ({", ".join(str(self.columns.number(column, word)) for word in words)}))')

    def within(self, column: str, members: set[str]) -> Sql:
        return Sql(f'(("{column}" & {self.columns.others(members)}) = 0)')

    def meets(self, column: str, members: set[str]) -> Sql:
        return Sql(f'(("{column}" & {self.columns.mask(members)}) <> 0)')


class SqlTexts(SqlCodes):
    """Conditions in SQL over strings and lists."""

    def __init__(self) -> None:
        pass

    def one_of(self, column: str, *words: str) -> Sql:
        return Sql(f'("{column}" in ({", ".join(map(repr, words))}))')

    def within(self, column: str, members: set[str]) -> Sql:
        return Sql(f'list_has_all({sorted(members)}, "{column}")')

    def meets(self, column: str, members: set[str]) -> Sql:
        return Sql(f'list_has_any({sorted(members)}, "{column}")')


# ------------------------------------------------------------------------------------------------- ways

Way = tuple[str, Callable[[], Any], Callable[[Any], Any]]


@dataclass
class Group:
    name: str
    ways: list[Way]
    copied: list[Array] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        return sum(array.nbytes for array in self.copied)

    @functools.cached_property
    def _buffers(self) -> list[Array]:
        return [numpy.zeros_like(array) for array in self.copied]

    def copy(self) -> None:
        for buffer, array in zip(self._buffers, self.copied):
            numpy.copyto(buffer, array)


def is_allow(effects: Any) -> Any:
    """Returns a mask of the allow effects in a table's decisions."""
    if isinstance(effects, polars.Series):
        return (effects == "allow").to_numpy()
    effects = effects.combine_chunks() if isinstance(effects, pyarrow.ChunkedArray) else effects
    return effects.indices.to_numpy() == effects.dictionary.to_pylist().index("allow")


def numpy_of(column: Any) -> Any:
    return column.to_numpy() if isinstance(column, pyarrow.ChunkedArray) else column.to_numpy(zero_copy_only=False)


def queried(connection: Any, condition: Sql) -> Callable[[], Any]:
    query = f"select {condition.text} as allowed from rows"
    return lambda: connection.sql(query).to_arrow_table()["allowed"]


def database(table: pyarrow.Table, threads: int) -> Any:
    """Returns a DuckDB connection with the rows in a native in-memory table."""
    connection = duckdb.connect()
    connection.execute(f"set threads = {threads}")
    connection.register("given", table)
    connection.execute("create table rows as from given")
    connection.unregister("given")
    return connection


def codes(name: str, rows: Columns, rules: Rules, policy: placet.Policy, constants: dict[str, Any], threads: int) -> Group:
    """Returns the candidates on the column types that are fastest for each library."""
    plain = rows.flags | rows.numbers | rows.codes | {"data": rows.bits}
    arrays = pyarrow.table(plain)
    frame = polars.DataFrame(arrays)
    values = {name: pyarrow.array(words) for name, words in rows.words.items()} | {"data": pyarrow.array(rows.sets)}
    coded = {
        name: pyarrow.DictionaryArray.from_arrays(pyarrow.array(codes), values[name]) for name, codes in rows.codes.items()
    }
    table = pyarrow.table({name: arrays[name] for name in rows.flags | rows.numbers} | coded)
    connection = database(arrays, threads)
    expression = rules(Codes(rows, polars.col)).alias("allowed")
    ways: list[Way] = [
        ("polars, by hand", lambda: frame.select(expression), lambda came: came["allowed"].to_numpy()),
        (
            "placet: decide_batch",
            lambda: policy.decide_batch(table, constants=constants, threads=threads),
            is_allow,
        ),
        ("duckdb, by hand", queried(connection, rules(SqlCodes(rows))), numpy_of),
        (
            "pyarrow.compute, by hand",
            lambda: rules(Codes(rows, lambda name: Computed(arrays[name]))).array,
            numpy_of,
        ),
    ]
    if threads == 1:
        ways.insert(2, ("numpy, by hand", lambda: rules(Codes(rows, plain.__getitem__)), lambda came: came))
    return Group(name, ways, [*rows.flags.values(), *rows.numbers.values(), *rows.codes.values()])


def texts(name: str, rows: Columns, rules: Rules, policy: placet.Policy, constants: dict[str, Any], threads: int) -> Group:
    """Returns the candidates on the column types of Parquet files: strings, and lists of strings."""
    values = {name: pyarrow.array(words) for name, words in rows.words.items()} | {"data": pyarrow.array(rows.sets)}
    taken = {name: values[name].take(pyarrow.array(codes)) for name, codes in rows.codes.items()}
    table = pyarrow.table(rows.flags | rows.numbers | taken)
    frame = polars.DataFrame(table)
    connection = database(table, threads)
    expression = rules(PolarsTexts()).alias("allowed")
    decide = functools.partial(policy.decide_batch, constants=constants, threads=threads)
    ways: list[Way] = [
        ("polars, by hand", lambda: frame.select(expression), lambda came: came["allowed"].to_numpy()),
        ("placet: decide_batch, of a polars frame", lambda: decide(frame), is_allow),
        ("placet: decide_batch, of a pyarrow table", lambda: decide(table), is_allow),
        ("duckdb, by hand", queried(connection, rules(SqlTexts())), numpy_of),
        ("pyarrow.compute, by hand", lambda: rules(ComputedTexts(table)).array, numpy_of),
    ]
    buffers = [buffer for column in table.columns for buffer in column.combine_chunks().buffers() if buffer]
    return Group(name, ways, [numpy.frombuffer(buffer, numpy.uint8) for buffer in buffers])


def groups(count: int, threads: int) -> Iterator[Group]:
    """Yields all groups of candidates."""
    twelve = placet.Policy.from_file(ROOT / "benches" / "privacy_12" / "policy.placet")
    example = placet.Policy.from_file(ROOT / "examples" / "zai" / "privacy.placet")
    for form in (codes, texts):
        rows = columns(count, table_rules.TWELVE, table_rules.TWELVE_FLAGS, "age")
        yield form(f"Twelve rules, {form.__name__}", rows, table_rules.twelve, twelve, {}, threads)
        rows = columns(count, table_rules.EXAMPLE, table_rules.EXAMPLE_FLAGS, "subject.age")
        constants: dict[str, Any] = dict(table_rules.EXAMPLE_CONSTANTS)
        yield form(f"The example policy, {form.__name__}", rows, table_rules.example, example, constants, threads)


# ---------------------------------------------------------------------------------------------- filters

Filter = tuple[str, str, str, Callable[[], Any], Callable[[], Any]]


def filters(count: int) -> Iterator[Filter]:
    """Yields the policy, the encoding, the library, the filter by hand and Placet's, for all of them."""
    text = placet.Policy.from_text
    rows = columns(count, table_rules.TWELVE, table_rules.TWELVE_FLAGS, "age")
    rows.numbers["amount"] = numpy.roll(rows.numbers["age"], 1)
    uses = columns(count, table_rules.EXAMPLE, table_rules.EXAMPLE_FLAGS, "subject.age")
    twelve = placet.Policy.from_file(ROOT / "benches" / "privacy_12" / "policy.placet")
    example = placet.Policy.from_file(ROOT / "examples" / "zai" / "privacy.placet")
    constants: dict[str, Any] = dict(table_rules.EXAMPLE_CONSTANTS)
    words, every = ("text", "categorical", "enum"), ("text and lists", "categorical and lists", "enum and lists")
    cases: list[tuple[str, tuple[str, ...], Columns, placet.Policy, Rules, dict[str, Any]]] = [
        ("1 rule", ("ints",), rows, text(table_rules.ONE_INTS), table_rules.one_ints, {}),
        ("1 rule", words, rows, text(table_rules.ONE_WORDS), table_rules.one_words, {}),
        ("1 rule", ("lists",), rows, text(table_rules.ONE_LISTS), table_rules.one_lists, {}),
        ("3 rules", ("ints",), rows, text(table_rules.THREE_INTS), table_rules.three_ints, {}),
        ("3 rules", words, rows, text(table_rules.THREE_WORDS), table_rules.three_words, {}),
        ("3 rules", every, rows, text(table_rules.THREE_LISTS), table_rules.three_lists, {}),
        ("13 rules", every, rows, twelve, table_rules.twelve, {}),
        ("52 rules", every, uses, example, table_rules.example, constants),
    ]
    for name, encodings, given, policy, rules, fixed in cases:
        for encoding in encodings:
            for library, table, by_hand in tables(given, set(policy.attributes) - set(fixed), encoding, rules):
                yield name, encoding, library, by_hand, functools.partial(policy.filter, table, constants=fixed or None)


def tables(rows: Columns, wanted: set[str], encoding: str, rules: Rules) -> Iterator[tuple[str, Any, Callable[[], Any]]]:
    """Yields each library's table of the wanted columns, with its filter by hand."""
    values = {name: pyarrow.array(words) for name, words in rows.words.items()} | {"data": pyarrow.array(rows.sets)}
    is_coded = not encoding.startswith("text")
    plain: dict[str, Any] = rows.flags | rows.numbers
    for name, codes in rows.codes.items():
        coded = is_coded and name != "data"
        keys = pyarrow.array(codes)
        plain[name] = pyarrow.DictionaryArray.from_arrays(keys, values[name]) if coded else values[name].take(keys)
    table = pyarrow.table({name: column for name, column in plain.items() if name in wanted})
    frame = polars.DataFrame(table)
    if is_coded:
        kind = polars.Categorical if encoding.startswith("categorical") else polars.Enum
        names = [name for name in table.column_names if name in rows.words and name != "data"]
        typed = {name: kind(rows.words[name]) if kind is polars.Enum else kind() for name in names}
        frame = frame.with_columns(polars.col(name).cast(polars.String).cast(kind) for name, kind in typed.items())
    expression = rules(PolarsTexts())
    yield "polars", frame, lambda: frame.filter(expression)
    if not encoding.startswith("enum"):
        yield "pyarrow", table, lambda: table.filter(rules(ComputedTexts(table)).array)
        pandas_frame = table.to_pandas()
        yield "pandas", pandas_frame, lambda: pandas_frame[rules(Pandas(pandas_frame))]
