"""The answers of `Policy.query`, `query_changes`, `matrix`, `timeline` and `next_change`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from placet import _html
from placet._sequence import Items

if TYPE_CHECKING:
    import polars
    import pyarrow

_LETTERS = {("allow", False): "A", ("allow", True): "a", ("deny", False): "D", ("deny", True): "d"}


@dataclass(frozen=True)
class RegionAnswer:
    """The answer to all requests of a region.

    Attributes
    ----------
    effect : str
        ``"allow"``, ``"deny"`` or ``"indeterminate"``.
    rules : tuple of str
        The rules that determine the effect of some request of the region.
    certain : tuple of str
        Those that determine the effect of every request of the region.
    cites, basis : tuple of str
        The clauses and the legal bases of the rules.
    obligations : tuple of mapping
        The obligations of the rules, as in the JSON of a decision.
    missing : tuple of str
        For indeterminate: the attributes that the effect depends on.
    approximate : bool
        True if a search ended at a limit, so that the answer may be indeterminate although it could be decided.
    """

    effect: str
    rules: tuple[str, ...]
    certain: tuple[str, ...]
    cites: tuple[str, ...]
    basis: tuple[str, ...]
    obligations: tuple[Mapping[str, Any], ...]
    missing: tuple[str, ...]
    approximate: bool = False

    @property
    def letter(self) -> str:
        """The letter of the effect: ``A`` or ``D``, in lower case if an obligation goes with it; ``?`` for indeterminate."""
        return _LETTERS.get((self.effect, bool(self.obligations)), "?")


def _answer(data: Mapping[str, Any]) -> RegionAnswer:
    def texts(name: str) -> tuple[str, ...]:
        return tuple(data[name])

    return RegionAnswer(
        data["effect"],
        texts("rules"),
        texts("certain"),
        texts("cites"),
        texts("basis"),
        tuple(data["obligations"]),
        texts("missing"),
        data.get("approximate", False),
    )


def _answer_columns(answers: Sequence[RegionAnswer]) -> list[tuple[str, list[str]]]:
    """Returns the columns of a table of answers."""
    columns = [("effect", [answer.effect for answer in answers])]
    for heading, name in (("rules", "rules"), ("clauses", "cites"), ("basis", "basis")):
        columns.append((heading, [_html.listed(getattr(answer, name)) for answer in answers]))
    columns.append(("obligations", [_html.listed(due["name"] for due in answer.obligations) for answer in answers]))
    columns.append(("depends on", [_html.listed(answer.missing) for answer in answers]))
    return columns


_INCOMPLETE = "Incomplete: the question ended at its limit."


@dataclass(frozen=True)
class Region:
    """Requests with one answer.

    Attributes
    ----------
    where : mapping of str to mapping
        The values of each attribute of the query, in the form of the JSON; an attribute that may have any value is left
        out.
    answer : RegionAnswer
        The answer; of `Policy.query_changes`, the one after.
    before : RegionAnswer or None
        Of `Policy.query_changes`, the answer before.
    classes : int
        The number of combinations of classes of values.
    example : mapping of str to object
        A request of the region, as in JSON.
    words : mapping of str to str
        The values of `where`, in words.
    """

    where: Mapping[str, Any]
    answer: RegionAnswer
    before: RegionAnswer | None
    classes: int
    example: Mapping[str, Any]
    words: Mapping[str, str]


class Regions(Items[Region]):
    """The regions of a query, in the order of the first values in them. Notebooks show them as a table.

    Attributes
    ----------
    over : tuple of str
        The attributes of the query.
    complete : bool
        True if every combination of values is in a region.
    """

    over: tuple[str, ...]
    complete: bool

    def __init__(self, over: Sequence[str], regions: Sequence[Region], complete: bool) -> None:
        super().__init__(regions)
        self.over = tuple(over)
        self.complete = complete

    def __repr__(self) -> str:
        return f"<Regions of {len(self)} over {', '.join(self.over)}>"

    def _repr_html_(self) -> str:
        columns = [(name, [region.words.get(name, "any value") for region in self]) for name in self.over]
        if any(region.before is not None for region in self):
            columns.append(("before", [region.before.effect if region.before else "" for region in self]))
        columns += _answer_columns([region.answer for region in self])
        return _html.page(
            _html.table("", columns),
            _html.paragraph("" if self else "No regions."),
            _html.paragraph("" if self.complete else _INCOMPLETE),
        )

    def _columns(self) -> dict[str, list[Any]]:
        """Returns the columns of a table: the values as JSON, then the answer."""
        columns: dict[str, list[Any]] = {}
        for name in self.over:
            values = (region.where.get(name) for region in self)
            columns[name] = [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
        if any(region.before is not None for region in self):
            columns["before"] = [region.before.effect if region.before else None for region in self]
        columns["effect"] = [region.answer.effect for region in self]
        for name in ("rules", "cites", "basis", "missing"):
            columns[name] = [list(getattr(region.answer, name)) for region in self]
        columns["obligations"] = [[due["name"] for due in region.answer.obligations] for region in self]
        return columns

    def to_arrow(self) -> pyarrow.Table:
        """Returns a pyarrow table: a row for each region, values as JSON, null for any value."""
        import pyarrow as pa

        texts = pa.list_(pa.string())
        columns = self._columns()
        lists = {"rules", "cites", "basis", "missing", "obligations"}
        types = {name: texts if name in lists and name not in self.over else pa.string() for name in columns}
        return pa.table({name: pa.array(column, types[name]) for name, column in columns.items()})

    def to_polars(self) -> polars.DataFrame:
        """Returns a polars frame with the columns of `to_arrow`."""
        import polars as pl

        frame = pl.from_arrow(self.to_arrow())
        assert isinstance(frame, pl.DataFrame)
        return frame


@dataclass(frozen=True)
class MatrixHeader:
    """The header of a row or a column of a matrix.

    Attributes
    ----------
    title : str
        The values in words; of a node of a taxonomy, its name.
    depth : int
        The number of opened nodes above it.
    is_open : bool
        True if the headers below it follow; it then has no answers of its own.
    """

    title: str
    depth: int
    is_open: bool


@dataclass(frozen=True, repr=False)
class Matrix:
    """The answers for the values of two attributes. Notebooks show it as a table.

    Attributes
    ----------
    row_attribute, column_attribute : str
        The attributes.
    rows, columns : tuple of MatrixHeader
        The headers.
    cells : tuple of tuple of RegionAnswer or None
        For each row an answer for each column; None for a header that only opens a node.
    complete : bool
        True if the rows and columns stand for all values.
    """

    row_attribute: str
    column_attribute: str
    rows: tuple[MatrixHeader, ...]
    columns: tuple[MatrixHeader, ...]
    cells: tuple[tuple[RegionAnswer | None, ...], ...]
    complete: bool

    def _titles(self) -> list[tuple[int, str]]:
        """Returns the columns with answers, each with the opened nodes above it."""
        path: list[str] = []
        out = []
        for index, column in enumerate(self.columns):
            path[column.depth :] = [column.title]
            if not column.is_open:
                out.append((index, "/".join(path)))
        return out

    def __repr__(self) -> str:
        titles = self._titles()
        corner = f"{self.row_attribute} \\ {self.column_attribute}"
        lines = [[corner, *(title for _, title in titles)]]
        for row, cells in zip(self.rows, self.cells, strict=True):
            answers = (cells[index] for index, _ in titles)
            letters = ("" if answer is None else answer.letter for answer in answers)
            lines.append([f"{'  ' * row.depth}{row.title}", *letters])
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join(line.rstrip() for line in padded)

    def _repr_html_(self) -> str:
        rows = [_html.Cell(row.title, depth=row.depth) for row in self.rows]
        columns: list[tuple[str, list[_html.Cell]]] = [(f"{self.row_attribute} \\ {self.column_attribute}", rows)]
        for index, title in self._titles():
            columns.append((title, [_cell(cells[index]) for cells in self.cells]))
        return _html.page(_html.table("", columns), _html.paragraph("" if self.complete else _INCOMPLETE))


def _cell(answer: RegionAnswer | None) -> _html.Cell:
    if answer is None:
        return _html.Cell("")
    return _html.Cell(answer.effect, title=_html.listed(answer.missing or answer.rules or ("by default",)))


@dataclass(frozen=True)
class Segment:
    """A range of values of an attribute with one answer.

    Attributes
    ----------
    values : mapping or None
        The values in the form of the JSON, such as ``{"ranges": [[13, 17]]}``; None for every value.
    words : str
        The values in words.
    answer : RegionAnswer
        The answer.
    """

    values: Mapping[str, Any] | None
    words: str
    answer: RegionAnswer

    def _range(self) -> tuple[Any, Any]:
        ranges = (self.values or {}).get("ranges")
        return (ranges[0][0], ranges[-1][1]) if ranges else (None, None)

    @property
    def first(self) -> Any:
        """The first value, as in JSON: a time and a date are text. None if nothing bounds the values, or if `is_none`."""
        return self._range()[0]

    @property
    def last(self) -> Any:
        """The last value, as in JSON. None if nothing bounds the values, or if `is_none`."""
        return self._range()[1]

    @property
    def is_none(self) -> bool:
        """True if the only value is the ``none`` of an optional attribute."""
        return self.values == {"in": [None]}


class Timeline(Items[Segment]):
    """The answers along the values of an ordered attribute, in ascending order. Notebooks show them as a table.

    Neighbours have different answers. ``none`` of an optional attribute comes last.

    Attributes
    ----------
    attribute : str
        The attribute.
    complete : bool
        True if every value is in a segment.
    """

    attribute: str
    complete: bool

    def __init__(self, attribute: str, segments: Sequence[Segment], complete: bool) -> None:
        super().__init__(segments)
        self.attribute = attribute
        self.complete = complete

    def __repr__(self) -> str:
        return f"<Timeline of {self.attribute}: {'; '.join(f'{one.words}: {one.answer.effect}' for one in self)}>"

    def _repr_html_(self) -> str:
        columns = [(self.attribute, [segment.words for segment in self])]
        columns += _answer_columns([segment.answer for segment in self])
        return _html.page(_html.table("", columns), _html.paragraph("" if self.complete else _INCOMPLETE))


@dataclass(frozen=True)
class NextChange:
    """The next change of an answer, all else as it is. Notebooks show it as a table.

    Attributes
    ----------
    attribute : str
        The attribute that grows.
    at : object
        The first value at which the effect changes, as in JSON: a time and a date are text.
    before, after : RegionAnswer
        The answers until then, and from then on.
    """

    attribute: str
    at: Any
    before: RegionAnswer
    after: RegionAnswer

    def _repr_html_(self) -> str:
        at = self.at if isinstance(self.at, str) else _html.written(self.at)
        columns = [(self.attribute, [f"before {at}", f"from {at} on"])]
        return _html.page(_html.table("", columns + _answer_columns([self.before, self.after])))


def regions(text: str) -> Regions:
    """Reads the JSON of regions."""
    data = json.loads(text)
    found = [
        Region(
            region["where"],
            _answer(region.get("after", region)),
            _answer(region["before"]) if "before" in region else None,
            region["classes"],
            region["example"],
            region["words"],
        )
        for region in data["regions"]
    ]
    return Regions(data["over"], found, data["complete"])


def matrix(text: str) -> Matrix:
    """Reads the JSON of a matrix."""
    data = json.loads(text)

    def headers(name: str) -> tuple[MatrixHeader, ...]:
        return tuple(MatrixHeader(one["title"], one["depth"], one["is_open"]) for one in data[name])

    cells = (tuple(None if cell is None else _answer(cell) for cell in row) for row in data["cells"])
    return Matrix(
        data["row_attribute"],
        data["column_attribute"],
        headers("rows"),
        headers("columns"),
        tuple(cells),
        data["complete"],
    )


def timeline(text: str) -> Timeline:
    """Reads the JSON of a timeline."""
    data = json.loads(text)
    segments = [Segment(one["values"], one["words"] or "any value", _answer(one)) for one in data["segments"]]
    return Timeline(data["attribute"], segments, data["complete"])


def next_change(text: str) -> NextChange:
    """Reads the JSON of a next change."""
    data = json.loads(text)
    return NextChange(data["attribute"], data["at"], _answer(data["before"]), _answer(data["after"]))
