from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from os import PathLike
from typing import Any, Literal, NoReturn, Protocol, TypeVar, final, overload

from placet._effect import Effect
from placet._errors import ColumnError
from typing_extensions import Self, disjoint_base

__all__ = [
    "Answer",
    "Attribute",
    "Batch",
    "BatchIterator",
    "Batches",
    "Decision",
    "DecisionLog",
    "Diagnostic",
    "Engine",
    "Failure",
    "LogCounts",
    "Dependency",
    "Obligation",
    "Origin",
    "Policy",
    "IncrementalDecision",
    "ReloadCounts",
    "ReloadReport",
    "Reloader",
    "Resolver",
    "ResolverCounts",
    "Strategy",
    "Swap",
    "Tally",
    "__version__",
    "_answer",
    "_decision",
    "_diagnostic",
    "_failure",
    "_loads",
    "_obligation",
    "_origin",
    "_restore",
    "_tally",
    "watch",
]

class _Stream(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> object: ...

class _Array(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[object, object]: ...

class _Filterable(Protocol):
    """A table of polars, pandas, pyarrow or DuckDB. Their classes are not named: without their library they would be Any."""

    @property
    def filter(self) -> Callable[..., Any]: ...

class _Reader(Protocol):
    """A reader of pyarrow."""

    def read_next_batch(self) -> Any: ...

_Table = TypeVar("_Table", bound=_Filterable | _Reader)

__version__: str

@final
class Policy:
    """A policy, compiled: immutable, and safe to share between threads.

    It is made by `from_file`, `from_text` or `from_bytes`. Policies are equal where they decide alike to the letter: where
    their `hash` is the same. They can be pickled, and whoever unpickles one often loads it once.

    Examples
    --------
    >>> import placet
    >>> policy = placet.Policy.from_text('''
    ...     policy shop
    ...     request { subject.age: int 0..150  purpose: { deliver, marketing } }
    ...     rule adults { allow when subject.age >= 18 and purpose is marketing }
    ... ''')
    >>> policy.allows({"subject": {"age": 30}, "purpose": "marketing"})
    True
    >>> policy.allows(subject={"age": 15}, purpose="marketing")
    False
    >>> policy.decide({"subject.age": 200})
    Traceback (most recent call last):
    ...
    placet.RequestError: `subject.age`: `200` lies outside its domain, expected int 0..150
    """
    @staticmethod
    def from_file(path: str | PathLike[str]) -> Policy:
        """The policy in a file: a text, which is compiled with what it imports, or a saved policy.

        Parameters
        ----------
        path : str or os.PathLike
            The file.

        Returns
        -------
        Policy

        Raises
        ------
        PolicyError
            If the policy does not compile or can't be loaded; it carries all faults.
        OSError
            If the file can't be read.
        """
    @staticmethod
    def from_text(text: str, *, name: str = "policy") -> Policy:
        """The policy of a text, which imports nothing.

        Parameters
        ----------
        text : str
            The policy.
        name : str, default "policy"
            What diagnostics call the text.

        Returns
        -------
        Policy

        Raises
        ------
        PolicyError
            If the policy does not compile; it carries all faults.
        """
    @staticmethod
    def from_bytes(data: bytes) -> Policy:
        """The policy that `to_bytes` saved.

        Parameters
        ----------
        data : bytes
            The bytes.

        Returns
        -------
        Policy

        Raises
        ------
        PolicyError
            If the bytes are damaged, or were saved by another version.
        """
    # A request is a mapping, a dataclass or a pydantic model, which no type says.
    def decide(self, request: object = None, /, *, ignore_unknown: bool = False, **attributes: object) -> Decision:
        """Decides a request, with all its reasons.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            Attribute names with their values, dotted or nested. None is a value too: it says that the attribute is not
            known, whatever its default.
        ignore_unknown : bool, default False
            Pass over keys that the policy does not know, which are errors otherwise.
        **attributes
            Further attributes.

        Returns
        -------
        Decision

        Raises
        ------
        RequestError
            If the request is erroneous: an unknown attribute, a value outside its domain or of the wrong type, an
            attribute given twice, a required one left out.
        TypeError
            If the request is none of these objects.
        """
    def allows(self, request: object = None, /, *, ignore_unknown: bool = False, **attributes: object) -> bool:
        """Whether a request may go through. Anything but a proven allow is False.

        It is `decide` without the reasons, and the quickest of the three.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            As for `decide`.
        ignore_unknown : bool, default False
            As for `decide`.
        **attributes
            Further attributes.

        Returns
        -------
        bool

        Raises
        ------
        RequestError, TypeError
            As `decide`.
        """
    def effect(self, request: object = None, /, *, ignore_unknown: bool = False, **attributes: object) -> Effect:
        """The effect of a request: `decide` without the reasons.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            As for `decide`.
        ignore_unknown : bool, default False
            As for `decide`.
        **attributes
            Further attributes.

        Returns
        -------
        Effect

        Raises
        ------
        RequestError, TypeError
            As `decide`.
        """
    def begin(
        self,
        request: object = None,
        /,
        *,
        pending: Iterable[str] | None = None,
        depth: Literal["effect", "obligations", "reasons"] = "effect",
        ignore_unknown: bool = False,
        **attributes: object,
    ) -> IncrementalDecision:
        """Begins a decision that says which attributes it hangs on, and is given them.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            As for `decide`.
        pending : iterable of str, optional
            The attributes that can be had where the request does not give them, and no others. That the request leaves one
            of them out says nothing of it then, whatever its default. If nothing is said, whatever the request leaves out or
            gives as None can be had, but for attributes with a default that it leaves out.
        depth : {"effect", "obligations", "reasons"}, default "effect"
            When the decision is done: once its effect is settled; or its obligations are certain too; or its determining
            rules as well.
        ignore_unknown : bool, default False
            As for `decide`.
        **attributes
            Further attributes.

        Returns
        -------
        IncrementalDecision

        Raises
        ------
        RequestError, TypeError
            As `decide`, but for required attributes, which may come later.
        """
    # What comes is of the library whose table it is, which a type can't say without importing it.
    def decide_batch(
        self,
        table: _Stream | _Array,
        /,
        *,
        columns: Mapping[str, str] | None = None,
        constants: Mapping[str, Any] | None = None,
        keep: Iterable[str] | None = None,
        reasons: Iterable[Literal["rules", "certain", "clauses", "basis", "obligations", "undecided", "missing"]] | bool = (),
        ignore_unknown: bool = False,
        on_error: Literal["raise", "null"] = "raise",
        threads: int = 1,
    ) -> Any:
        """Decides each row of a table as `decide` decides the request of its values, null being None.

        Columns are attributes by their names, and fields of structs by dotted ones. The GIL is not held meanwhile.

        Parameters
        ----------
        table : object with the Arrow PyCapsule interface
            A polars or pandas DataFrame, a pyarrow Table, RecordBatch or RecordBatchReader, a DuckDB relation, or anything
            else that has ``__arrow_c_stream__`` or ``__arrow_c_array__``.
        columns : mapping of str to str, optional
            Attributes with the columns that give them, where the names differ. A column in a struct has a dotted name.
        constants : mapping of str to object, optional
            Attributes with values that are the same in all rows, as `decide` takes them; in place of columns of these names.
        keep : iterable of str, optional
            Which of the table's columns stand before the decisions, so that a table comes back; none if it is left out.
        reasons : iterable of str, or bool, default ()
            Which reasons are told beside the effects: any of ``"rules"``, ``"clauses"``, ``"basis"``, ``"obligations"``,
            ``"undecided"`` and ``"missing"``; all of them with True.
        ignore_unknown : bool, default False
            Leave columns alone that are no attributes, which are errors otherwise.
        on_error : {"raise", "null"}, default "raise"
            What becomes of rows that are erroneous requests: the first is raised, or their decisions are null.
        threads : int, default 1
            How many threads share the rows of a large batch.

        Returns
        -------
        object
            The effects in the table's kind: a polars Series of an Enum, a categorical pandas Series with the table's index, a
            pyarrow ChunkedArray or Array, a DuckDB relation of the same connection, or `Batches`. With reasons or columns to
            keep, a table of that kind with these columns, effect, and the reasons. A pyarrow RecordBatchReader gives one,
            which decides a batch at a time, as it is read.

        Raises
        ------
        ColumnError
            If a column is no attribute or not of its type, an attribute is given twice or a required one not at all, or a
            value does not fit: it names the column, the row and the value.
        RequestError
            If a constant does not fit.
        TypeError
            If the table has no Arrow PyCapsule interface.
        PlacetError
            If the table can't be read.

        Examples
        --------
        >>> import placet, polars
        >>> policy = placet.Policy.from_text('''
        ...     policy shop
        ...     request { age: int 0..150  purpose: { deliver, marketing } }
        ...     rule deliveries { allow when purpose is deliver }
        ...     rule adults { allow when age >= 18 }
        ... ''')
        >>> frame = polars.DataFrame({"age": [30, 12, None]})
        >>> policy.decide_batch(frame, constants={"purpose": "marketing"}).to_list()
        ['allow', 'deny', 'indeterminate']
        >>> policy.decide_batch(frame, reasons=["rules"], constants={"purpose": "deliver"})["rules"].to_list()
        [['adults', 'deliveries'], ['deliveries'], ['adults', 'deliveries']]
        """
    @overload
    def filter(
        self,
        table: _Table,
        /,
        *,
        columns: Mapping[str, str] | None = None,
        constants: Mapping[str, Any] | None = None,
        ignore_unknown: bool = False,
        on_error: Literal["raise", "null"] = "raise",
        threads: int = 1,
    ) -> _Table:
        """The rows of a table that are allowed, and no others.

        Parameters
        ----------
        table : object with the Arrow PyCapsule interface
            As for `decide_batch`.
        columns : mapping of str to str, optional
            Attributes with the columns that give them, where the names differ. A column in a struct has a dotted name.
        constants : mapping of str to object, optional
            Attributes with values that are the same in all rows, as `decide` takes them; in place of columns of these names.
        ignore_unknown : bool, default False
            Leave columns alone that are no attributes, which are errors otherwise.
        on_error : {"raise", "null"}, default "raise"
            What becomes of rows that are erroneous requests: the first is raised, or their decisions are null.
        threads : int, default 1
            How many threads share the rows of a large batch.
            Rows that are erroneous are left out where they are not raised.

        Returns
        -------
        object
            A table of the same kind, with all of its columns. A pyarrow RecordBatchReader gives one that reads on as it is
            read.

        Raises
        ------
        ColumnError, RequestError, TypeError, PlacetError
            As `decide_batch`.
        """
    @overload
    def filter(
        self,
        table: _Stream | _Array,
        /,
        *,
        columns: Mapping[str, str] | None = None,
        constants: Mapping[str, Any] | None = None,
        ignore_unknown: bool = False,
        on_error: Literal["raise", "null"] = "raise",
        threads: int = 1,
    ) -> Batches:
        """The rows of a table that are allowed, and no others.

        Parameters
        ----------
        table : object with the Arrow PyCapsule interface
            As for `decide_batch`.
        columns : mapping of str to str, optional
            Attributes with the columns that give them, where the names differ. A column in a struct has a dotted name.
        constants : mapping of str to object, optional
            Attributes with values that are the same in all rows, as `decide` takes them; in place of columns of these names.
        ignore_unknown : bool, default False
            Leave columns alone that are no attributes, which are errors otherwise.
        on_error : {"raise", "null"}, default "raise"
            What becomes of rows that are erroneous requests: the first is raised, or their decisions are null.
        threads : int, default 1
            How many threads share the rows of a large batch.
            Rows that are erroneous are left out where they are not raised.

        Returns
        -------
        object
            A table of the same kind, with all of its columns. A pyarrow RecordBatchReader gives one that reads on as it is
            read.

        Raises
        ------
        ColumnError, RequestError, TypeError, PlacetError
            As `decide_batch`.
        """
    def tally(
        self,
        table: _Stream | _Array,
        /,
        *,
        columns: Mapping[str, str] | None = None,
        constants: Mapping[str, Any] | None = None,
        rules: bool = False,
        ignore_unknown: bool = False,
        on_error: Literal["raise", "null"] = "raise",
        threads: int = 1,
    ) -> Tally:
        """How the rows of a table are decided, counted. A stream of any length takes the memory of a batch.

        Parameters
        ----------
        table : object with the Arrow PyCapsule interface
            As for `decide_batch`.
        columns : mapping of str to str, optional
            Attributes with the columns that give them, where the names differ. A column in a struct has a dotted name.
        constants : mapping of str to object, optional
            Attributes with values that are the same in all rows, as `decide` takes them; in place of columns of these names.
        rules : bool, default False
            Count by determining rules too.
        ignore_unknown : bool, default False
            Leave columns alone that are no attributes, which are errors otherwise.
        on_error : {"raise", "null"}, default "raise"
            What becomes of rows that are erroneous requests: the first is raised, or their decisions are null.
        threads : int, default 1
            How many threads share the rows of a large batch.

        Returns
        -------
        Tally

        Raises
        ------
        ColumnError, RequestError, TypeError, PlacetError
            As `decide_batch`.
        """
    def to_bytes(self) -> bytes:
        """The policy as bytes: what `from_bytes` loads, without compiling, in this version of Placet.

        Proofs, tests and warnings are left out. The same policy always gives the same bytes.

        Returns
        -------
        bytes
        """
    @property
    def name(self) -> str:
        """str: The policy's name."""
    @property
    def version(self) -> str | None:
        """str or None: The policy's version, as its header says."""
    @property
    def hash(self) -> str:
        """str: The SHA-256 of what decides, in hexadecimal: of `to_bytes`."""
    @property
    def attributes(self) -> dict[str, Attribute]:
        """dict of str to Attribute: The attributes of requests, in the order of the policy; a new dict each time."""
    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """tuple of Diagnostic: What is doubtful in the policy; empty for one that was saved."""
    @property
    def strategy(self) -> Strategy:
        """Strategy: How the policy decides, and why so."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Policy: ...
    def __deepcopy__(self, _memo: object) -> Policy: ...
    def __reduce__(self) -> tuple[Any, tuple[bytes]]: ...

@final
class Decision:
    """The answer to a request, with what it rests on.

    It is true only where the request is allowed: ``if decision: …`` lets nothing else through.

    Examples
    --------
    >>> import placet
    >>> policy = placet.Policy.from_text('''
    ...     policy shop
    ...     request { age: int 0..150  consent: { granted, refused } }
    ...     rule children { cite "§9"  deny when age < 13  oblige erase within 30 days }
    ...     rule consented { cite "§5"  allow when consent is granted }
    ... ''')
    >>> decision = policy.decide(age=12, consent="granted")
    >>> bool(decision), decision.effect, decision.rules, decision.clauses
    (False, <Effect.DENY: 'deny'>, ('children',), ('§9',))
    >>> decision.obligations[0].name, decision.obligations[0].within
    ('erase', datetime.timedelta(days=30))
    >>> policy.decide(age=30).missing
    ('consent',)
    """
    @property
    def effect(self) -> Effect:
        """Effect: allow, deny or indeterminate."""
    @property
    def rules(self) -> tuple[str, ...]:
        """tuple of str: The rules that decided; none for a denial by default and for indeterminate."""
    @property
    def certain(self) -> tuple[str, ...]:
        """tuple of str: Those of the rules that fire whatever the missing attributes are."""
    @property
    def clauses(self) -> tuple[str, ...]:
        """tuple of str: The clauses that these rules cite."""
    @property
    def basis(self) -> tuple[str, ...]:
        """tuple of str: Their legal bases."""
    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """tuple of Obligation: What they oblige to."""
    @property
    def undecided(self) -> tuple[str, ...]:
        """tuple of str: For indeterminate, the rules that hang on what is not known."""
    @property
    def missing(self) -> tuple[str, ...]:
        """tuple of str: For indeterminate, the attributes that the effect hangs on."""
    @property
    def approximate(self) -> bool:
        """bool: Whether a search ended at a limit, so that it may be indeterminate where it could have been decided."""
    def to_json(self) -> str:
        """The decision as the JSON of the language reference.

        Returns
        -------
        str
        """
    def to_dict(self) -> dict[str, Any]:
        """The decision as the dict that its JSON is.

        Returns
        -------
        dict
        """
    def explain(self) -> str:
        """Why the decision is what it is, on a page for people.

        It names the rules that spoke or were silent, their exceptions, the values that they looked at, and what each
        value of what is missing would lead to. The decision keeps what it was asked, so later changes of the object that
        held the request don't matter.

        Returns
        -------
        str
        """
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Decision: ...
    def __deepcopy__(self, _memo: object) -> Decision: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    __hash__: None  # type: ignore[assignment]

@final
class Obligation:
    """An obligation of a decision.

    Attributes
    ----------
    name : str
        What must be done.
    within : datetime.timedelta or None
        Until when, from the decision on.
    text : str or None
        What it asks for, for people.
    certain : bool
        Whether it is due whatever the values are that the request leaves open.
    """
    @property
    def name(self) -> str: ...
    @property
    def within(self) -> timedelta | None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def certain(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Obligation: ...
    def __deepcopy__(self, _memo: object) -> Obligation: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Diagnostic:
    """A fault of a policy: what is wrong, where, and the likely fix.

    Attributes
    ----------
    code : str
        The kind of fault, such as ``"P0306"``; stable between versions.
    severity : {"error", "warning"}
        With a warning the policy compiles all the same.
    message : str
        One sentence.
    file : str or None
        The file at fault, as it was named; None where no text is at fault.
    line, column : int or None
        The place in the file, from 1; columns count characters.
    help : str or None
        The likely fix.
    notes : tuple of str
        Further facts.
    """
    @property
    def code(self) -> str: ...
    @property
    def severity(self) -> Literal["error", "warning"]: ...
    @property
    def message(self) -> str: ...
    @property
    def file(self) -> str | None: ...
    @property
    def line(self) -> int | None: ...
    @property
    def column(self) -> int | None: ...
    @property
    def help(self) -> str | None: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Diagnostic: ...
    def __deepcopy__(self, _memo: object) -> Diagnostic: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Attribute:
    """An attribute of a policy's requests.

    Attributes
    ----------
    name : str
        The dotted name.
    type : str
        The type as the policy writes it, such as ``"int 0..150"``.
    values : tuple of str or None
        The names that a value, or a member of a set, can have; None where they are not listed.
    groups : dict of str to tuple of str
        Of these names, those of a taxonomy's inner nodes, each with the leaves that it stands for; a new dict each time.
    required : bool
        Whether leaving it out is an error.
    default : str or None
        The value that stands for it where it is left out, as the policy writes it.
    documentation : str
        What the policy's author wrote above it.
    """
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def values(self) -> tuple[str, ...] | None: ...
    @property
    def groups(self) -> dict[str, tuple[str, ...]]: ...
    @property
    def required(self) -> bool: ...
    @property
    def default(self) -> str | None: ...
    @property
    def documentation(self) -> str: ...

@final
class Strategy:
    """How a policy decides.

    Attributes
    ----------
    evaluator : {"table", "graph", "sliced graph", "bitmaps"}
        What decides complete requests.
    reason : str
        Why.
    nodes : int
        Nodes of the diagram, or cells of the table.
    bytes : int
        Bytes of the diagram or the table.
    bitmap_bytes : int
        Bytes of the bitmaps of rules, which are always there.
    depth : int
        Variables that a decision looks at at most.
    variables : int
        The variables that conditions look at.
    classes : int
        The classes of all variables together.
    """
    @property
    def evaluator(self) -> Literal["table", "graph", "sliced graph", "bitmaps"]: ...
    @property
    def reason(self) -> str: ...
    @property
    def nodes(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def bitmap_bytes(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def variables(self) -> int: ...
    @property
    def classes(self) -> int: ...

@final
class Batches:
    """Decisions, or allowed rows, as Arrow batches: whatever reads the Arrow PyCapsule interface takes them.

    It is what comes where the table is of no library that Placet knows. Nothing is decided before it is read, and no more
    than a batch is held. Reading it again reads the table again, if that can be.

    Examples
    --------
    >>> import placet
    >>> policy = placet.Policy.from_text('''
    ...     policy shop
    ...     request { age: int 0..150 }
    ...     rule adults { allow when age >= 18 }
    ... ''')
    >>> class Table:
    ...     def __init__(self, data):
    ...         self.data = data
    ...     def __arrow_c_stream__(self, requested_schema=None):
    ...         return self.data.__arrow_c_stream__(requested_schema)
    >>> import pyarrow
    >>> allowed = policy.filter(Table(pyarrow.table({"age": [12, 30]})))
    >>> pyarrow.table(allowed).to_pylist()
    [{'age': 30}]
    """
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    def collect(self, *, like: _Stream | _Array | None = None) -> Batches:
        """All of it, decided now: free of the GIL, and to be read as often as one likes.

        Parameters
        ----------
        like : object, optional
            A table of the PyCapsule interface that lends its columns' metadata to those of the same names.

        Returns
        -------
        Batches

        Raises
        ------
        ColumnError
            If a row is an erroneous request.
        """
    def _of(self, table: _Stream | _Array) -> Batches:
        """The rows of a table that these batches, of one column of truth values, say are allowed: for rows that the table's
        own library can't filter.
        """
    @property
    def _needed(self) -> list[str]:
        """The names of the columns that are read, that of the keys not among them."""
    def __iter__(self) -> Iterator[Batch]: ...

@final
class BatchIterator:
    """The batches one by one, each decided when it is asked for."""
    def __iter__(self) -> BatchIterator: ...
    def __next__(self) -> Batch: ...

@final
class Batch:
    """One batch, for whoever reads the Arrow PyCapsule interface."""
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...
    def __len__(self) -> int: ...

@final
class Tally:
    """How many rows were decided how.

    Attributes
    ----------
    rows : int
        All rows.
    allowed, denied, indeterminate : int
        Rows by their effect.
    errors : int
        Rows that are erroneous requests, where ``on_error="null"`` counts them.
    """
    @property
    def rows(self) -> int: ...
    @property
    def allowed(self) -> int: ...
    @property
    def denied(self) -> int: ...
    @property
    def indeterminate(self) -> int: ...
    @property
    def errors(self) -> int: ...
    @property
    def rules(self) -> dict[str, int]:
        """dict of str to int: The number of rows to which each rule applies for certain; a rule of none is left out."""
    @property
    def uncertain_rules(self) -> dict[str, int]:
        """dict of str to int: The number of rows to which each rule may apply, but not for certain; a rule of none is left
        out.
        """
    @property
    def faults(self) -> tuple[ColumnError, ...]:
        """tuple of ColumnError: The first few of the faults that ``errors`` counts."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]
    def __copy__(self) -> Tally: ...
    def __deepcopy__(self, _memo: object) -> Tally: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class IncrementalDecision:
    """A decision in progress, made by `Policy.begin`: it says which attributes still matter, and is given them.

    What it ends with does not hang on the order in which it is given them: the effect is that of the request that gives
    everything from the start, and so are, with ``depth="obligations"``, the obligations.

    Examples
    --------
    >>> import placet
    >>> policy = placet.Policy.from_text('''
    ...     policy shop
    ...     request { purpose: { deliver, marketing }  age: int 0..150  consent: { granted, refused } }
    ...     rule delivery { allow when purpose is deliver }
    ...     rule marketing { allow when purpose is marketing and consent is granted and age >= 18 }
    ... ''')
    >>> progress = policy.begin(purpose="marketing")
    >>> [need.attribute for need in progress.dependencies()]
    ['age', 'consent']
    >>> progress.give("consent", "refused")
    >>> progress.dependencies(), progress.decision.effect
    ((), <Effect.DENY: 'deny'>)
    """
    def dependencies(self) -> tuple[Dependency, ...]:
        """The attributes on which the decision still hangs; none once it is made.

        Each of them matters: two requests that agree with all that was given and differ there alone are answered
        differently.

        Returns
        -------
        tuple of Dependency
            In the order of the policy.

        Raises
        ------
        RequestError
            If a required attribute is missing that can't be had.
        """
    def give(self, attribute: str, value: object, /) -> None:
        """Gives an attribute a value, be it asked for or not, in place of what was given before.

        Parameters
        ----------
        attribute : str
            The dotted name.
        value : object
            As `Policy.decide` takes it. None says that it is not known.

        Raises
        ------
        RequestError
            If the policy has no such attribute, or it does not take the value; then the decision is where it was.
        """
    def mark_unavailable(self, attribute: str, /) -> None:
        """Says that an attribute can't be had: it stays missing, whatever its default, and is not asked for again.

        Parameters
        ----------
        attribute : str
            The dotted name.

        Raises
        ------
        RequestError
            If the policy has no such attribute.
        """
    def is_pending(self, attribute: str, /) -> bool:
        """Whether an attribute can still be had: it was neither given nor withheld.

        Parameters
        ----------
        attribute : str
            The dotted name.

        Returns
        -------
        bool
        """
    @property
    def decision(self) -> Decision:
        """Decision: The decision, as far as it is made: indeterminate while its effect hangs on what can still be had. What
        it allows or denies holds whatever comes.
        """

@final
class Dependency:
    """An attribute on which a decision hangs.

    Attributes
    ----------
    attribute : str
        Its name.
    settles : float
        How likely it alone settles the answer, from 0 to 1: an estimate, to choose what to ask for first.
    """
    @property
    def attribute(self) -> str: ...
    @property
    def settles(self) -> float: ...

@final
class Resolver:
    """A callable that fetches facts by one question to one store: a group of attributes, by a key.

    The callable is given a dict of the key's values by their names, and gives attributes with their values, as
    `Policy.decide` takes them: a mapping, a dataclass or a pydantic model, dotted or nested. What it leaves out or gives as
    None is not known. If it raises, the exception is in the answer's failures.

    A function runs on a thread of a pool. A coroutine function, or an object whose ``__call__`` is one, runs on the event
    loop of `Engine.decide_async`; past the time-out it is cancelled.

    Parameters
    ----------
    name : str
        What failures and counts call it.
    fetch : callable
        What fetches.
    serves : iterable of str
        The attributes that it gives, all by one fetch.
    keys : iterable of str, default ()
        What it is asked by: attributes of the request, or keys that the caller gives beside it. A key that another
        resolver serves is fetched first.
    cost : float, default 1.0
        What a fetch costs beside those of other resolvers, in whatever unit.
    timeout : float or datetime.timedelta, default 1.0
        How long it may take, in seconds. Past it the decision goes on without its attributes.
    time_to_live : float, datetime.timedelta or None, default None
        How long what it found may be used, from when its fetch began, in seconds. None keeps nothing.

    Attributes
    ----------
    cost : float
        What a fetch costs.
    fetch : callable
        What fetches.
    """
    def __new__(
        cls,
        name: str,
        fetch: Callable[[dict[str, Any]], object],
        *,
        serves: Iterable[str],
        keys: Iterable[str] = (),
        cost: float = 1.0,
        timeout: float | timedelta = 1.0,
        time_to_live: float | timedelta | None = None,
    ) -> Resolver: ...
    @property
    def name(self) -> str:
        """str: What failures and counts call it."""
    @property
    def fetch(self) -> Callable[[dict[str, Any]], object]: ...
    @property
    def serves(self) -> tuple[str, ...]:
        """tuple of str: The attributes that it gives."""
    @property
    def keys(self) -> tuple[str, ...]:
        """tuple of str: What it is asked by."""
    @property
    def cost(self) -> float: ...
    @property
    def timeout(self) -> float:
        """float: How long it may take, in seconds."""
    @property
    def time_to_live(self) -> float | None:
        """float or None: How long what it found may be used, in seconds."""

@disjoint_base
class Engine:
    """A policy in a service, with what fetches the facts that requests leave out. Safe to share between threads.

    A resolver is asked where the decision hangs on what it serves, and for nothing else. Where it fails, is late, or
    gives what the policy does not take, its attributes are missing, and the answer says why: it is exact about what is
    not known, and never an allow by a failure.

    Parameters
    ----------
    policy : Policy
        What decides, until `swap`.
    resolvers : iterable of Resolver, default ()
        What fetches facts. They may serve attributes that the policy does not know: see `unknown`.
    keys : mapping of str to type, optional
        The keys that callers give beside requests, such as whose data it is, with the type of each: `str`, `int`, `float`,
        `bool`, `datetime.date`, `datetime.datetime`, `datetime.timedelta` or `frozenset`. Resolvers may be keyed by them, and
        by the attributes of the policy, which are not declared.
    capacity : int, default 65536
        Of how many keys facts are kept, about: those that were not used for longest go first. What all resolvers say that
        are keyed by the same counts once, as that of one person.
    log : DecisionLog, optional
        Where answers are recorded, and erroneous requests.

    Raises
    ------
    InvalidKeyError
        If a resolver is keyed by what is neither an attribute of the policy nor declared, none is keyed by a declared key, or
        a key has two types.
    ValueError
        If two resolvers have one name or serve one attribute, or one serves nothing or what it is keyed by.

    Examples
    --------
    >>> import placet
    >>> policy = placet.Policy.from_text('''
    ...     policy shop
    ...     request { purpose: { deliver, marketing }  consent: { granted, refused } }
    ...     rule delivery { allow when purpose is deliver }
    ...     rule marketing { allow when purpose is marketing and consent is granted }
    ... ''')
    >>> consents = {"anna": "granted"}
    >>> consent = placet.Resolver(
    ...     "consent",
    ...     lambda key: {"consent": consents[key["subject.id"]]},
    ...     serves=["consent"], keys=["subject.id"], time_to_live=60.0,
    ... )
    >>> engine = placet.Engine(policy, [consent], keys={"subject.id": str})
    >>> answer = engine.decide({"purpose": "marketing"}, keys={"subject.id": "anna"})
    >>> bool(answer), answer.origins
    (True, (<Origin consent: fetched by consent>,))

    Nothing hangs on consent here, so nobody is asked.

    >>> engine.decide({"purpose": "deliver"}, keys={"subject.id": "bert"}).origins
    ()

    A failure is no exception, and no allow.

    >>> answer = engine.decide({"purpose": "marketing"}, keys={"subject.id": "bert"})
    >>> answer.effect, answer.failures
    (<Effect.INDETERMINATE: 'indeterminate'>, (<Failure the resolver `consent` failed: 'bert'>,))

    Once `invalidate` returns, nothing is decided by what was known before.

    >>> consents["anna"] = "refused"
    >>> engine.invalidate("subject.id", "anna")
    >>> bool(engine.decide({"purpose": "marketing"}, keys={"subject.id": "anna"}))
    False

    A key has one type, and a name that no resolver is keyed by is an error.

    >>> engine.invalidate("subject_id", "anna")
    Traceback (most recent call last):
        ...
    placet.InvalidKeyError: no resolver is keyed by `subject_id`; did you mean `subject.id`?
    """
    def __new__(
        cls,
        policy: Policy,
        resolvers: Iterable[Resolver] = (),
        *,
        keys: Mapping[str, type] | None = None,
        capacity: int = 65536,
        log: DecisionLog | None = None,
    ) -> Self: ...
    def decide(
        self,
        request: object = None,
        /,
        *,
        keys: Mapping[str, Any] | None = None,
        depth: Literal["effect", "obligations", "reasons"] = "effect",
        ignore_unknown: bool = False,
        **attributes: object,
    ) -> Answer:
        """Decides a request. The thread waits while resolvers are asked, without the GIL.

        Where an event loop runs in the thread, resolvers that are coroutine functions could not: then only what is kept
        is used, and where that is not enough it is an error; see `decide_async`. Where none runs, each of their fetches has
        a loop of its own.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            As for `Policy.decide`. No resolver is asked for what is given.
        keys : mapping of str to object, optional
            Keys by which resolvers fetch, such as whose data it is, each of its type. One that is None is not given. For
            resolvers a key outweighs the request's attribute of the same name, and it doesn't set that.
        depth : {"effect", "obligations", "reasons"}, default "effect"
            When the decision is done: once its effect is settled; or its obligations are certain too; or its determining
            rules as well.
        ignore_unknown : bool, default False
            Pass over keys of the request that the policy does not know.
        **attributes
            Further attributes.

        Returns
        -------
        Answer

        Raises
        ------
        RequestError
            If the request is erroneous, or a required attribute can't be had.
        InvalidKeyError
            If no resolver is keyed by a name of `keys`, or its value is of another type.
        RuntimeError
            If something has to be fetched and can't be: by a coroutine where an event loop runs, or in a process that was
            forked from one that has fetched.
        """
    def _begin(
        self,
        request: object = None,
        /,
        *,
        keys: Mapping[str, Any] | None = None,
        depth: Literal["effect", "obligations", "reasons"] = "effect",
        ignore_unknown: bool = False,
        **attributes: object,
    ) -> Answer | Awaitable[Answer]:
        """Decides a request as far as that needs no waiting: the answer, or a future of the running loop."""
    def invalidate(self, key: str, value: object, /) -> None:
        """Invalidates all facts that were fetched by this value of a key: once this returns, no decision that begins later
        uses a fact whose fetch began before, also where that fetch is still on its way.

        A service that takes back a consent writes it to its store, calls this, and then acknowledges it. That nothing is
        cached by the value is no error.

        Parameters
        ----------
        key : str
            The name of a key, as resolvers have it.
        value : object
            Its value, of the key's type.

        Raises
        ------
        InvalidKeyError
            If no resolver is keyed by this name, or the value is None, of another type, or one that the policy's attribute of
            this name can't have. In the last case, what an earlier policy had fetched by it is invalidated none the less.
        """
    def invalidate_all(self) -> None:
        """Invalidates all facts, as `invalidate` does those of a key."""
    def swap(self, policy: Policy, /) -> Swap:
        """Puts a policy in the place of the one so far, whole: decisions that were begun end by the policy that they began
        with, and those that are begun once this returns are made by the new one. What resolvers fetched is kept, and
        checked anew.

        Parameters
        ----------
        policy : Policy
            What decides from now on.

        Returns
        -------
        Swap

        Raises
        ------
        InvalidKeyError
            If a key would get another type, or a resolver a key that nothing can give. The policy so far stays.
        """
    def counts(self) -> dict[str, ResolverCounts]:
        """What was counted of each resolver since the engine was made.

        Returns
        -------
        dict of str to ResolverCounts
            By the resolvers' names.
        """
    @property
    def policy(self) -> Policy:
        """Policy: What decides now."""
    @property
    def unknown(self) -> tuple[tuple[str, str], ...]:
        """tuple of (str, str): The attributes that resolvers serve and the policy does not know, each after its resolver.
        Nobody is asked for them.
        """
    @property
    def log(self) -> DecisionLog | None:
        """DecisionLog or None: Where answers are recorded."""
    @property
    def cached(self) -> int:
        """int: Of how many keys facts are kept."""
    def __reduce__(self) -> NoReturn: ...

@final
class Answer:
    """A decision, with the policy that made it and where its facts came from.

    It is true only where the request is allowed: ``if answer: …`` lets nothing else through.

    Attributes
    ----------
    decision : Decision
        The decision. Its `explain` shows the facts that resolvers gave.
    elapsed : float
        How long it took, in seconds, with all that was fetched.
    """
    @property
    def decision(self) -> Decision: ...
    @property
    def effect(self) -> Effect:
        """Effect: allow, deny or indeterminate."""
    @property
    def origins(self) -> tuple[Origin, ...]:
        """tuple of Origin: The attributes that were put in by resolvers, in the order in which they were."""
    @property
    def failures(self) -> tuple[Failure, ...]:
        """tuple of Failure: The resolvers that were asked in vain: their attributes are missing."""
    @property
    def policy_hash(self) -> str:
        """str: The `hash` of the policy that made the decision."""
    @property
    def version(self) -> str | None:
        """str or None: The version of that policy, as its header says."""
    @property
    def elapsed(self) -> float: ...
    def to_dict(self) -> dict[str, Any]:
        """The decision's dict, with ``policy`` (``version`` and ``hash``), ``origins`` and ``failures``.

        Returns
        -------
        dict
        """
    def __bool__(self) -> bool: ...
    def __copy__(self) -> Answer: ...
    def __deepcopy__(self, _memo: object) -> Answer: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Origin:
    """Where the value of an attribute came from.

    Attributes
    ----------
    attribute : str
        The attribute.
    resolver : str
        The resolver that gave it.
    source : {"fetched", "cached"}
        Whether it was fetched for this decision, or kept from an earlier one.
    """
    @property
    def attribute(self) -> str: ...
    @property
    def resolver(self) -> str: ...
    @property
    def source(self) -> Literal["fetched", "cached"]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Origin: ...
    def __deepcopy__(self, _memo: object) -> Origin: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Failure:
    """A resolver that gave nothing: its attributes are missing.

    Attributes
    ----------
    resolver : str
        The resolver.
    why : {"failed", "late", "unfit", "no_key"}
        It raised something or did not give a mapping of values, had not answered in time, gave what the policy does not
        take or what it does not serve, or could not be asked without a key.
    message : str
        What went wrong; for ``"failed"``, the exception's text.
    name : str or None
        The attribute that is unfit, or the key that is missing.
    exception : BaseException or None
        For ``"failed"``, what was raised; None where nothing was, or where it could not be pickled with the failure.
    """
    @property
    def resolver(self) -> str: ...
    @property
    def why(self) -> Literal["failed", "late", "unfit", "no_key"]: ...
    @property
    def message(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def exception(self) -> BaseException | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Failure: ...
    def __deepcopy__(self, _memo: object) -> Failure: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class ResolverCounts:
    """How often a resolver was asked, and what came of it, since the engine was made.

    Attributes
    ----------
    hits : int
        Answered from what was kept.
    fetches : int
        Fetches that were begun.
    shared : int
        Decisions that waited for a fetch that another had begun.
    failures : int
        Decisions that did without, because it failed or gave what does not fit.
    late : int
        Decisions that did without, because it was late.
    """
    @property
    def hits(self) -> int: ...
    @property
    def fetches(self) -> int: ...
    @property
    def shared(self) -> int: ...
    @property
    def failures(self) -> int: ...
    @property
    def late(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Swap:
    """A policy in the place of another.

    Attributes
    ----------
    old : Policy
        The policy so far.
    new : Policy
        The policy from now on.
    unknown : tuple of (str, str)
        The attributes that resolvers serve and the new policy does not know, each after its resolver.
    """
    @property
    def old(self) -> Policy: ...
    @property
    def new(self) -> Policy: ...
    @property
    def unknown(self) -> tuple[tuple[str, str], ...]: ...

@final
class DecisionLog:
    """A log of decisions in a file: JSON Lines, written by a thread of its own; for ``Engine(..., log=...)``.

    Recording never waits for the file: where too much waits to be written, lines are dropped and counted, and the log says
    how many were. No value of a request is ever in it, unless `values` names its attribute. The format is described in
    ``crates/placet-engine/decision-log.md``.

    It is a context manager, which closes it. When the interpreter ends, it is flushed.

    Parameters
    ----------
    path : str or os.PathLike
        The file, which is appended to, and created where there is none.
    values : iterable of str, default ()
        The attributes whose values are logged too.
    keep : mapping of str to float, optional
        The shares of the answers that are logged, from 0 to 1, by their effects; all of those that it does not name.
    keep_errors : float, default 1.0
        The share of the erroneous requests that is logged.
    capacity : int, default 4194304
        How many bytes of lines may wait to be written.
    patience : float or datetime.timedelta, default 10.0
        How long a disk that hangs is waited for, in seconds.

    Raises
    ------
    OSError
        If the file can't be opened.
    """
    def __new__(
        cls,
        path: str | PathLike[str],
        *,
        values: Iterable[str] = (),
        keep: Mapping[Literal["allow", "deny", "indeterminate"], float] | None = None,
        keep_errors: float = 1.0,
        capacity: int = 4194304,
        patience: float | timedelta = 10.0,
    ) -> DecisionLog: ...
    def flush(self) -> None:
        """Waits until all that was recorded before is with the operating system.

        Raises
        ------
        OSError
            If it can't be written now: it is kept, and tried again later; or if it takes too long.
        """
    def reopen(self) -> None:
        """Opens the file anew, for those who rotate logs by a signal: what is recorded after this returns is in the one that
        has the log's name then. On Unix a file that was renamed or removed is noticed without this.

        Raises
        ------
        OSError
            As `flush`, or if the file can't be opened: then the old one is written on.
        """
    def close(self) -> None:
        """Writes what is left and ends the log. What is recorded later is dropped and counted.

        Raises
        ------
        OSError
            If something could not be written, which is lost then, or it takes too long.
        """
    def counts(self) -> LogCounts:
        """How many lines were written, and how many were not.

        Returns
        -------
        LogCounts
        """
    @property
    def trouble(self) -> str | None:
        """str or None: Why the file could not be written when that was last tried; None where it could."""
    def __enter__(self) -> DecisionLog: ...
    def __exit__(self, *_exception: object) -> None: ...
    def __reduce__(self) -> NoReturn: ...

@final
class LogCounts:
    """How many lines were recorded, and what became of them.

    Attributes
    ----------
    written : int
        Written to the file.
    sampled_out : int
        Not one of the share that is kept.
    dropped : int
        Dropped, as too much waited to be written, or the log was closed.
    failed : int
        Given up when the log was closed, as the file could not be written.
    write_errors : int
        Not lines: how often the file could not be written.
    """
    @property
    def written(self) -> int: ...
    @property
    def sampled_out(self) -> int: ...
    @property
    def dropped(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def write_errors(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Reloader:
    """Keeps the policy of an engine that of its files, until it is closed or let go; made by `watch`.

    It is a context manager, which closes it.
    """
    def reload_now(self) -> ReloadReport:
        """Looks at the files now, changed or not, and waits for what comes of it.

        Returns
        -------
        ReloadReport
            The callback gets it as well, perhaps later.

        Raises
        ------
        RuntimeError
            If it is closed.
        """
    def counts(self) -> ReloadCounts:
        """How often the files have been looked at, by what came of it.

        Returns
        -------
        ReloadCounts

        Raises
        ------
        RuntimeError
            If it is closed.
        """
    def close(self) -> None:
        """Stops watching. A look that is under way is waited for, with its callback: after that, nothing is swapped and the
        callback is not called.
        """
    def __enter__(self) -> Reloader: ...
    def __exit__(self, *_exception: object) -> None: ...
    def __reduce__(self) -> NoReturn: ...

@final
class ReloadReport:
    """What came of looking at a policy's files once. As text, it is a line for a log.

    Attributes
    ----------
    cause : {"start", "change", "call"}
        Why they were looked at.
    outcome : {"swapped", "kept", "unchanged"}
        Their policy decides now; or it is not fit, and the one so far does; or it is the one that does.
    elapsed : float
        How long it took to read, compile, test and swap, in seconds.
    """
    @property
    def cause(self) -> Literal["start", "change", "call"]: ...
    @property
    def outcome(self) -> Literal["swapped", "kept", "unchanged"]: ...
    @property
    def elapsed(self) -> float: ...
    @property
    def swap(self) -> Swap | None:
        """Swap or None: Both policies, if one was swapped in."""
    @property
    def error(self) -> str | None:
        """str or None: Why the policy so far was kept, if the files' policy is not fit."""
    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """tuple of Diagnostic: The faults of a policy that does not compile, or what is doubtful in one that was swapped in."""
    @property
    def failed_tests(self) -> tuple[str, ...]:
        """tuple of str: The tests that fail, with what was expected and what came instead; the first of many."""
    @property
    def unwatched(self) -> tuple[str, ...]:
        """tuple of str: What keeps changes from being noticed, where something does."""
    def difference(self) -> dict[str, Any] | None:
        """What changed from the old policy to the new one, as the JSON of ``placet diff``: found when it is first called,
        which may take as long as compiling.

        Returns
        -------
        dict or None
            None if nothing was swapped.
        """

@final
class ReloadCounts:
    """How often a policy's files were looked at, by what came of it.

    Attributes
    ----------
    swapped : int
        Their policy was swapped in.
    unchanged : int
        It was the one that decides.
    failed : int
        It was not fit.
    """
    @property
    def swapped(self) -> int: ...
    @property
    def unchanged(self) -> int: ...
    @property
    def failed(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

def watch(
    engine: Engine,
    path: str | PathLike[str],
    *,
    on_report: Callable[[ReloadReport], object] | None = None,
    events: bool = True,
    poll: float | timedelta | None = None,
    quiet: float | timedelta = 0.1,
) -> Reloader:
    """Watches a policy's file, and what it imports, for an engine.

    A change leads to one look at all the files, on a thread of its own. The policy in them is compiled, which is to say
    that its proofs hold, its tests are run, and only then does it take the place of the one so far, whole. Otherwise the
    one so far stays until the next change.

    Once this returns, what decides is what the file says, if it is fit.

    Parameters
    ----------
    engine : Engine
        Whose policy it is.
    path : str or os.PathLike
        The policy, as for `Policy.from_file`.
    on_report : callable, optional
        Called with a `ReloadReport` after each look, the first one included, on the thread that watches. What it raises
        goes to `sys.unraisablehook`.
    events : bool, default True
        Whether the system tells of changes. It does not on most network file systems; there, poll.
    poll : float or datetime.timedelta, optional
        How often the files are read to see whether they have changed, in seconds; never if nothing is said.
    quiet : float or datetime.timedelta, default 0.1
        How long nothing may have changed before the files are looked at, in seconds.

    Returns
    -------
    Reloader

    Raises
    ------
    OSError
        If the file's folder can't be watched. That the file is not there or does not compile is reported.
    """
def _answer(decision: Decision, origins: Iterable[Origin], failures: Iterable[Failure], elapsed: float) -> Answer: ...
def _decision(policy: Policy, given: dict[str, Any]) -> Decision: ...
def _diagnostic(
    code: str,
    severity: str,
    message: str,
    file: str | None,
    line: int | None,
    column: int | None,
    help: str | None,
    notes: list[str],
) -> Diagnostic: ...
def _failure(
    resolver: str, why: str, name: str | None, text: str | None, after_ms: int, exception: BaseException | None
) -> Failure: ...
def _obligation(name: str, within: int | None, text: str | None, certain: bool) -> Obligation: ...
def _origin(attribute: str, resolver: str, source: str) -> Origin: ...
def _tally(
    counts: tuple[int, int, int, int, int],
    rules: dict[str, int],
    uncertain_rules: dict[str, int],
    faults: list[tuple[int, str, str, str, str, str]]
) -> Tally: ...
def _loads() -> int:
    """How many times this process has loaded a policy that came in a pickle: what shows that workers do it once."""
def _restore(data: bytes) -> Policy:
    """The policy of a pickle. A process loads it once, however often it comes."""
