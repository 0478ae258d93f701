from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import Any, Literal, NoReturn, Protocol, TypeVar, final, overload

from placet._difference import Difference
from placet._effect import Effect
from placet._errors import ColumnError
from placet._explanation import Explanation, Ways
from placet._questions import Matrix, NextChange, Regions, Timeline
from placet._testing import TestReport
from typing_extensions import Self, disjoint_base

__all__ = [
    "Answer",
    "Attribute",
    "Batch",
    "BatchIterator",
    "Batches",
    "BoundPolicy",
    "Decision",
    "DecisionLog",
    "Dependency",
    "Diagnostic",
    "Draft",
    "Engine",
    "Failure",
    "IncrementalDecision",
    "LogCounts",
    "Obligation",
    "Origin",
    "Policy",
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
class BoundPolicy:
    """A policy that decides from the values of fixed attributes, or from the instances of a class: the fastest way.

    `Policy.bind` returns it. Calling it returns True if the policy allows the request; deny and indeterminate give False.
    The values are positional, in the order of `attributes`, or keywords: the attribute's name with underscores for dots.
    Every value must be given; None is the value ``none`` of an optional attribute and marks any other as unknown. For
    a class, the only argument is an instance.

    Immutable, and safe to share between threads.

    Attributes
    ----------
    attributes : tuple of str
        The names of the attributes, in the order of the values.

    Examples
    --------
    >>> import placet
    >>> policy = placet.Policy.from_text('''
    ...     policy shop
    ...     request { subject.age: int 0..150  purpose: { deliver, marketing } }
    ...     rule adults { allow when subject.age >= 18 and purpose is marketing }
    ... ''')
    >>> ask = policy.bind("subject.age", "purpose")
    >>> ask(30, "marketing"), ask(15, purpose="marketing"), ask(subject_age=30, purpose=None)
    (True, False, False)
    >>> ask.decide(None, "marketing").missing
    ('subject.age',)
    """
    def __call__(self, *values: object, **keywords: object) -> bool: ...
    def effect(self, *values: object, **keywords: object) -> Effect:
        """Returns the effect of a request, without the reasons that `decide` collects.

        Parameters
        ----------
        *values
            The values, in the order of `attributes`; for a class, an instance.
        **keywords
            Further values, by the attributes' names with underscores for dots.

        Returns
        -------
        Effect

        Raises
        ------
        RequestError
            If a value has the wrong type or is outside its domain, or is None for a required attribute.
        TypeError
            If a value is not given, or is given twice.
        """
    def decide(self, *values: object, **keywords: object) -> Decision:
        """Decides a request and returns the decision with all its reasons.

        Parameters
        ----------
        *values
            The values, in the order of `attributes`; for a class, an instance.
        **keywords
            Further values, by the attributes' names with underscores for dots.

        Returns
        -------
        Decision

        Raises
        ------
        RequestError, TypeError
            Like `effect`.
        """
    @property
    def attributes(self) -> tuple[str, ...]: ...

@final
class Policy:
    """A compiled policy: immutable, and safe to share between threads.

    `from_file`, `from_text` and `from_bytes` make policies. Two policies are equal if they have the same `hash`.
    Policies can be pickled; a process that unpickles the same policy repeatedly loads it once.

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
        """Loads a policy from a file: compiles a policy text with its imports, or loads a saved policy.

        Parameters
        ----------
        path : str or os.PathLike
            The path of the file.

        Returns
        -------
        Policy

        Raises
        ------
        PolicyError
            If the policy does not compile or can't be loaded; the error lists all faults.
        OSError
            If the file can't be read.
        """
    @staticmethod
    def from_text(text: str, *, name: str = "policy") -> Policy:
        """Compiles a policy from a string, which can't import files.

        Parameters
        ----------
        text : str
            The policy's text.
        name : str, default "policy"
            The name of the text in diagnostics.

        Returns
        -------
        Policy

        Raises
        ------
        PolicyError
            If the policy does not compile; the error lists all faults.
        """
    @staticmethod
    def from_bytes(data: bytes) -> Policy:
        """Loads a policy from the bytes of `to_bytes`.

        Parameters
        ----------
        data : bytes
            The saved policy.

        Returns
        -------
        Policy

        Raises
        ------
        PolicyError
            If the bytes are damaged, or another version saved them.
        """
    def query(self, given: object = None, /, *, over: Sequence[str], effect: str | None = None) -> Regions:
        """Divides the values of some attributes into regions with the same answer, all else as given, or unknown.

        Parameters
        ----------
        given : mapping, dataclass, pydantic model or None
            What is known, like the request of `decide`.
        over : sequence of str
            The attributes whose values are asked.
        effect : str, optional
            Keep only the regions with this effect: ``"allow"``, ``"deny"`` or ``"indeterminate"``.

        Returns
        -------
        Regions

        Raises
        ------
        RequestError
            If the request is erroneous, or the policy has no such attribute.
        ValueError
            If an attribute is named twice, if conditions relate attributes of the query to each other or to unknown ones in
            a way that regions can't express, or if `effect` is none of these.

        Examples
        --------
        >>> import placet
        >>> policy = placet.Policy.from_text('''
        ...     policy shop
        ...     request { age: int 0..150  purpose: { delivery, marketing } }
        ...     rule service { allow when purpose is delivery }
        ...     rule adults { allow when purpose is marketing and age >= 18 }
        ... ''')
        >>> [region.where for region in policy.query({"age": 15}, over=["purpose"], effect="allow")]
        [{'purpose': {'in': ['delivery']}}]
        """
    def query_changes(self, before: object, after: object, /, *, over: Sequence[str]) -> Regions:
        """Returns the regions of some attributes' values whose answer differs between two requests.

        Parameters
        ----------
        before, after : mapping, dataclass, pydantic model or None
            What is known before and after, like the request of `decide`.
        over : sequence of str
            The attributes whose values are asked.

        Returns
        -------
        Regions

        Raises
        ------
        RequestError, ValueError
            Like `query`.
        """
    def matrix(self, given: object = None, /, *, rows: str, columns: str) -> Matrix:
        """Returns the answers for the values of two attributes, all else as given, or unknown.

        Parameters
        ----------
        given : mapping, dataclass, pydantic model or None
            What is known, like the request of `decide`.
        rows, columns : str
            The attributes. Those of sets stand for sets of one member.

        Returns
        -------
        Matrix

        Raises
        ------
        RequestError, ValueError
            Like `query`.
        """
    def next_change(self, request: object, attribute: str, /) -> NextChange | None:
        """Returns the first value of an ordered attribute, after the one that the request gives, at which the effect changes.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            The request, like for `decide`. It gives the attribute.
        attribute : str
            The attribute, such as a time or an age.

        Returns
        -------
        NextChange or None
            None if the effect never changes.

        Raises
        ------
        RequestError
            If the request is erroneous, or the policy has no such attribute.
        ValueError
            If the request doesn't give the attribute, or its values have no order.
        """
    def timeline(self, given: object, attribute: str, /) -> Timeline:
        """Returns the answers along the values of an ordered attribute, all else as given, or unknown.

        Parameters
        ----------
        given : mapping, dataclass, pydantic model or None
            What is known, like the request of `decide`.
        attribute : str
            The attribute, such as a time or an age.

        Returns
        -------
        Timeline
            The ranges of values with one answer each, in ascending order.

        Raises
        ------
        RequestError, ValueError
            Like `query`, and if the values of the attribute have no order.

        Examples
        --------
        >>> import placet
        >>> policy = placet.Policy.from_text('''
        ...     policy pool
        ...     request { age: int 0..150 }
        ...     rule swimmers { allow when age in 6..80 }
        ... ''')
        >>> [(segment.first, segment.last, segment.answer.effect) for segment in policy.timeline(None, "age")]
        [(0, 5, 'deny'), (6, 80, 'allow'), (81, 150, 'deny')]
        """
    def ways(self, request: object, /, *, may_change: Iterable[str] | None = None) -> Ways:
        """Returns the minimal changes of a request after which it would be allowed.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            The request, like for `decide`.
        may_change : iterable of str, optional
            The attributes that changes may concern; without it, the unknown ones if they suffice, and then all.

        Returns
        -------
        Ways
            The changes, those of the fewest attributes first. There are none if the request is allowed, or if no change
            of these attributes suffices; the result's ``effect`` tells which.

        Raises
        ------
        RequestError
            If the request is erroneous, or the policy has no attribute of such a name.

        Examples
        --------
        >>> import placet
        >>> policy = placet.Policy.from_text('''
        ...     policy shop
        ...     request { age: int 0..150  purpose: { delivery, marketing } }
        ...     rule service { allow when purpose is delivery }
        ...     rule adults { allow when purpose is marketing and age >= 18 }
        ... ''')
        >>> for change in policy.ways({"age": 15, "purpose": "marketing"}):
        ...     print(change)
        age were at least 18 instead of 15
        purpose were delivery instead of marketing
        """
    def diff(self, new: Policy, /) -> Difference:
        """Compares the policy with a newer one: the requests whose effect changes, the attributes, and the rules.

        Effects are compared for complete requests in the domains of both policies. The comparison may take as long as
        compiling.

        Parameters
        ----------
        new : Policy
            The newer policy.

        Returns
        -------
        Difference
            The differences; its ``is_same`` is True if there are none.

        Examples
        --------
        >>> import placet
        >>> old, new = (
        ...     placet.Policy.from_text(f"policy door request {{ age: int 0..150 }} rule adults {{ allow when age >= {age} }}")
        ...     for age in (18, 16)
        ... )
        >>> for change in old.diff(new).effects:
        ...     print(change)
        deny -> allow when age is 16..17
        """
    def test(self, filter: str | None = None) -> TestReport:
        """Runs the policy's tests, and lists its proofs, all of which hold.

        Parameters
        ----------
        filter : str, optional
            Run only the tests and proofs whose names contain this text.

        Returns
        -------
        TestReport
            The results; true if all passed.

        Raises
        ------
        PolicyError
            If the policy was saved or pickled: only the text has tests and proofs.
        ValueError
            If no name contains `filter`.

        Examples
        --------
        >>> import placet
        >>> policy = placet.Policy.from_text('''
        ...     policy door
        ...     request { open: bool }
        ...     rule open { allow when open }
        ...     test "an open door" { given { open: true }  expect deny }
        ... ''')
        >>> report = policy.test()
        >>> bool(report), report.passed, report.failed
        (False, 0, 1)
        >>> report[0].line, report[0].message
        (5, 'expected deny, got allow')
        """
    def _repr_html_(self) -> str:
        """Returns the policy's attributes as a table, which notebooks show."""
    # A request is a mapping, a dataclass or a pydantic model; no type covers all of them.
    def decide(self, request: object = None, /, *, ignore_unknown: bool = False, **attributes: object) -> Decision:
        """Decides a request and returns the decision with all its reasons.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            Attribute names with their values, dotted or nested. None is the value ``none`` of an optional attribute; it
            marks any other as unknown, even if it has a default.
        ignore_unknown : bool, default False
            Ignore keys that the policy does not declare; otherwise they are errors.
        **attributes
            Further attributes of the request.

        Returns
        -------
        Decision

        Raises
        ------
        RequestError
            If the request is erroneous: an attribute is undeclared, has a value of the wrong type or outside its
            domain, is given twice, or is required and missing.
        TypeError
            If the request is not one of these objects.
        """
    def allows(self, request: object = None, /, *, ignore_unknown: bool = False, **attributes: object) -> bool:
        """Returns True if the policy allows a request. Deny and indeterminate give False.

        This is the fastest of `decide`, `effect` and `allows`, and skips the reasons. Dicts are read fastest where most
        have the same keys in the same order.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            Like for `decide`.
        ignore_unknown : bool, default False
            Like for `decide`.
        **attributes
            Further attributes of the request.

        Returns
        -------
        bool

        Raises
        ------
        RequestError, TypeError
            Like `decide`.
        """
    def effect(self, request: object = None, /, *, ignore_unknown: bool = False, **attributes: object) -> Effect:
        """Returns the effect of a request, without the reasons that `decide` collects.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            Like for `decide`.
        ignore_unknown : bool, default False
            Like for `decide`.
        **attributes
            Further attributes of the request.

        Returns
        -------
        Effect

        Raises
        ------
        RequestError, TypeError
            Like `decide`.
        """
    def bind(self, *attributes: str | type, ignore_unknown: bool = False) -> BoundPolicy:
        """Binds the policy to the names of attributes, or to a class, and checks once that they fit.

        Parameters
        ----------
        *attributes : str, or one class
            The names of the attributes that requests give, in the order of the values; or a dataclass or a pydantic
            model, whose fields are attributes. The fields of a nested class have dotted names.
        ignore_unknown : bool, default False
            Ignore fields of a class that the policy does not declare; otherwise they are errors.

        Returns
        -------
        BoundPolicy
            A callable: ``policy.bind("subject.age", "purpose")(30, "marketing")``.

        Raises
        ------
        BindError
            If the policy has no such attribute, an annotation of the class doesn't fit its attribute, or a required
            attribute is left out. The error lists all faults.
        TypeError
            If the arguments are neither names nor such a class.
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
        """Begins an incremental decision, which names the attributes that it depends on and takes them one by one.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            Like for `decide`.
        pending : iterable of str, optional
            The attributes that the caller can still obtain if the request leaves them out. They are unknown until they
            are given, even if they have a default. By default, every attribute is pending that the request leaves out
            or gives as None, except attributes with a default that it leaves out, and optional ones given as None.
        depth : {"effect", "obligations", "reasons"}, default "effect"
            When the decision is complete: when its effect is certain; when its obligations are certain too; or when its
            determining rules are certain as well.
        ignore_unknown : bool, default False
            Like for `decide`.
        **attributes
            Further attributes of the request.

        Returns
        -------
        IncrementalDecision

        Raises
        ------
        RequestError, TypeError
            Like `decide`, except that required attributes may follow later.
        """
    # The result has a type of the table's library, which can't be named without importing the library.
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
        """Decides each row of a table. A row is a request, and null is None.

        A column gives the attribute of its name; a field of a struct column gives the attribute of its dotted name. The
        GIL is released meanwhile.

        Parameters
        ----------
        table : object with the Arrow PyCapsule interface
            A polars or pandas DataFrame, a pyarrow Table, RecordBatch or RecordBatchReader, a DuckDB relation, or any other
            object with ``__arrow_c_stream__`` or ``__arrow_c_array__``.
        columns : mapping of str to str, optional
            Maps attributes to the columns that give them, where the names differ. The name of a struct's field is
            dotted.
        constants : mapping of str to object, optional
            Attributes with one value for all rows, in the forms that `decide` accepts. They replace columns of these
            names.
        keep : iterable of str, optional
            The table's columns to return before the decisions; none by default. The result is then a table.
        reasons : iterable of str, or bool, default ()
            The reasons to return beside the effects: any of ``"rules"``, ``"certain"``, ``"clauses"``, ``"basis"``,
            ``"obligations"``, ``"undecided"`` and ``"missing"``; True for all of them.
        ignore_unknown : bool, default False
            Ignore columns that are not attributes; otherwise they are errors.
        on_error : {"raise", "null"}, default "raise"
            The handling of rows that are erroneous requests: raise the first error, or give null decisions.
        threads : int, default 1
            The number of threads that share the rows of a large batch.

        Returns
        -------
        object
            The effects in the table's kind: a polars Series of an Enum, a categorical pandas Series with the table's
            index, a pyarrow ChunkedArray or Array, a DuckDB relation of the same connection, or `Batches`. With reasons
            or columns to keep, a table of that kind with these columns, effect, and the reasons. For a pyarrow
            RecordBatchReader, a reader that decides one batch at a time, when it is read.

        Raises
        ------
        ColumnError
            If a column is not an attribute or has another type, an attribute is given twice, a required attribute is
            missing, or a value is outside its domain. The error names the column, the row and the value.
        RequestError
            If a constant is outside its domain or of the wrong type.
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
        """Returns the allowed rows of a table, and no others.

        Parameters
        ----------
        table : object with the Arrow PyCapsule interface
            Like for `decide_batch`.
        columns : mapping of str to str, optional
            Maps attributes to the columns that give them, where the names differ. The name of a struct's field is
            dotted.
        constants : mapping of str to object, optional
            Attributes with one value for all rows, in the forms that `decide` accepts. They replace columns of these
            names.
        ignore_unknown : bool, default False
            Ignore columns that are not attributes; otherwise they are errors.
        on_error : {"raise", "null"}, default "raise"
            The handling of rows that are erroneous requests: raise the first error, or leave these rows out.
        threads : int, default 1
            The number of threads that share the rows of a large batch.

        Returns
        -------
        object
            A table of the same kind, with all of its columns. For a pyarrow RecordBatchReader, a reader that filters
            one batch at a time, when it is read.

        Raises
        ------
        ColumnError, RequestError, TypeError, PlacetError
            Like `decide_batch`.
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
        """Returns the allowed rows of a table, and no others.

        Parameters
        ----------
        table : object with the Arrow PyCapsule interface
            Like for `decide_batch`.
        columns : mapping of str to str, optional
            Maps attributes to the columns that give them, where the names differ. The name of a struct's field is
            dotted.
        constants : mapping of str to object, optional
            Attributes with one value for all rows, in the forms that `decide` accepts. They replace columns of these
            names.
        ignore_unknown : bool, default False
            Ignore columns that are not attributes; otherwise they are errors.
        on_error : {"raise", "null"}, default "raise"
            The handling of rows that are erroneous requests: raise the first error, or leave these rows out.
        threads : int, default 1
            The number of threads that share the rows of a large batch.

        Returns
        -------
        object
            A table of the same kind, with all of its columns. For a pyarrow RecordBatchReader, a reader that filters
            one batch at a time, when it is read.

        Raises
        ------
        ColumnError, RequestError, TypeError, PlacetError
            Like `decide_batch`.
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
        """Counts how the rows of a table are decided. A stream needs memory for one batch, whatever its length.

        Parameters
        ----------
        table : object with the Arrow PyCapsule interface
            Like for `decide_batch`.
        columns : mapping of str to str, optional
            Maps attributes to the columns that give them, where the names differ. The name of a struct's field is
            dotted.
        constants : mapping of str to object, optional
            Attributes with one value for all rows, in the forms that `decide` accepts. They replace columns of these
            names.
        rules : bool, default False
            Also count the rows of each determining rule.
        ignore_unknown : bool, default False
            Ignore columns that are not attributes; otherwise they are errors.
        on_error : {"raise", "null"}, default "raise"
            The handling of rows that are erroneous requests: raise the first error, or count these rows.
        threads : int, default 1
            The number of threads that share the rows of a large batch.

        Returns
        -------
        Tally

        Raises
        ------
        ColumnError, RequestError, TypeError, PlacetError
            Like `decide_batch`.
        """
    def to_bytes(self) -> bytes:
        """Saves the policy as bytes, which `from_bytes` of the same version of Placet loads without compiling.

        Proofs, tests and warnings are not saved. The same policy always gives the same bytes.

        Returns
        -------
        bytes
        """
    @property
    def name(self) -> str:
        """str: The policy's name."""
    @property
    def version(self) -> str | None:
        """str or None: The version in the policy's header."""
    @property
    def hash(self) -> str:
        """str: The SHA-256 of `to_bytes`, in hexadecimal. It identifies everything that affects decisions."""
    @property
    def attributes(self) -> dict[str, Attribute]:
        """dict of str to Attribute: The attributes of requests, in the order of the policy; a new dict for each access."""
    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """tuple of Diagnostic: The warnings of the compiler; empty for a saved policy."""
    @property
    def strategy(self) -> Strategy:
        """Strategy: The evaluation strategy, and the reason for choosing it."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Policy: ...
    def __deepcopy__(self, _memo: object) -> Policy: ...
    def __reduce__(self) -> tuple[Any, tuple[bytes]]: ...

@final
class Draft:
    """A policy whose proofs may fail: to be tested, not to decide with.

    A policy with a proof that doesn't hold isn't a `Policy`: it raises a `PolicyError` instead. As a draft, it reports the
    results of all its proofs and tests, with counterexamples.

    Examples
    --------
    >>> import placet
    >>> draft = placet.Draft.from_text('''
    ...     policy shop
    ...     request { age: int 0..150  email: bool }
    ...     rule marketing { allow when email }
    ...     prove no_children { never allow when age < 13 }
    ...     test "no address" { given { email: false }  expect deny }
    ... ''')
    >>> for result in draft.test():
    ...     print(result)
    passed test no address
    failed proof no_children: the counterexample is allowed by marketing
    """
    @staticmethod
    def from_file(path: str | PathLike[str]) -> Draft:
        """Loads a policy text with its imports from a file.

        Parameters
        ----------
        path : str or os.PathLike
            The path of the file.

        Returns
        -------
        Draft

        Raises
        ------
        PolicyError
            If the policy has other errors than failing proofs; the error lists all of them.
        OSError
            If the file can't be read.
        """
    @staticmethod
    def from_text(text: str, *, name: str = "policy") -> Draft:
        """Reads a policy from a string, which can't import files.

        Parameters
        ----------
        text : str
            The policy's text.
        name : str, default "policy"
            The name of the text in diagnostics and results.

        Returns
        -------
        Draft

        Raises
        ------
        PolicyError
            If the policy has other errors than failing proofs; the error lists all of them.
        """
    def test(self, filter: str | None = None) -> TestReport:
        """Runs the policy's tests and proofs.

        Parameters
        ----------
        filter : str, optional
            Run only the tests and proofs whose names contain this text.

        Returns
        -------
        TestReport
            The results; true if all passed.

        Raises
        ------
        PolicyError, ValueError
            Like `Policy.test`.
        """
    def to_policy(self) -> Policy:
        """Returns the policy, which decides.

        Returns
        -------
        Policy

        Raises
        ------
        PolicyError
            If a proof doesn't hold.
        """
    @property
    def name(self) -> str:
        """str: The policy's name."""

@final
class Decision:
    """The answer to a request, with its reasons.

    A decision is true only if the request is allowed: ``if decision: …`` lets no denial and no indeterminate answer
    through.

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
        """Effect: The effect: allow, deny or indeterminate."""
    @property
    def rules(self) -> tuple[str, ...]:
        """tuple of str: The determining rules; empty for a denial by default and for indeterminate."""
    @property
    def certain(self) -> tuple[str, ...]:
        """tuple of str: The determining rules that fire in every completion of the unknown attributes."""
    @property
    def clauses(self) -> tuple[str, ...]:
        """tuple of str: The clauses that the determining rules cite."""
    @property
    def basis(self) -> tuple[str, ...]:
        """tuple of str: The legal bases of the determining rules."""
    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """tuple of Obligation: The obligations of the determining rules."""
    @property
    def undecided(self) -> tuple[str, ...]:
        """tuple of str: For indeterminate, the rules that depend on unknown attributes."""
    @property
    def missing(self) -> tuple[str, ...]:
        """tuple of str: For indeterminate, the unknown attributes that the effect depends on."""
    @property
    def approximate(self) -> bool:
        """bool: True if a search ended at a limit, so that the decision may be indeterminate although the request
        determines it.
        """
    def to_json(self) -> str:
        """Returns the decision as the JSON that the language reference describes.

        Returns
        -------
        str
        """
    def to_dict(self) -> dict[str, Any]:
        """Returns the decision as a dict with the members of its JSON.

        Returns
        -------
        dict
        """
    def explain(self, *, may_change: Iterable[str] | None = None) -> Explanation:
        """Explains the decision on a page for people.

        The page names the rules that fired or did not, their exceptions, the values that they read, and the effect of
        each value of the missing attributes. If the request isn't allowed, it also names the nearest rules that would
        allow it, and the smallest changes that would. The decision holds its own copy of the request: later changes to
        the request object don't matter.

        Parameters
        ----------
        may_change : iterable of str, optional
            The attributes that changes may concern; without it, the unknown ones if they suffice, and then all.

        Returns
        -------
        Explanation
            The page: a string, which notebooks show as tables.

        Raises
        ------
        RequestError
            If the policy has no attribute of such a name.
        """
    def _repr_html_(self) -> str:
        """Returns the decision as a table, which notebooks show."""
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
        The name of the required action.
    within : datetime.timedelta or None
        The deadline, counted from the decision; None without one.
    text : str or None
        The description for people; None without one.
    certain : bool
        True if the obligation holds in every completion of the request's unknown attributes.
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
    """A fault of a policy: the problem, its location, and the likely fix.

    Attributes
    ----------
    code : str
        The code of the fault, such as ``"P0306"``; stable between versions.
    severity : {"error", "warning"}
        The severity. A policy with warnings alone compiles.
    message : str
        The message, in one sentence.
    file : str or None
        The name of the file; None for a fault without a location.
    line, column : int or None
        The location in the file, from 1; columns count characters.
    help : str or None
        The likely fix; None without one.
    notes : tuple of str
        Additional facts.
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
        The names that a value, or a member of a set, can have, in declaration order; of a taxonomy its leaves. None
        for types that don't list their values.
    groups : dict of str to tuple of str
        The names of a taxonomy's inner nodes, each with the leaves below it; a new dict for each access.
    optional : bool
        True if None gives the attribute the value ``none``, known to be absent, as for ``time?``.
    required : bool
        True if a request without the attribute is an error.
    default : str or None
        The value of the attribute in requests that leave it out, as the policy writes it; None without a default.
    documentation : str
        The documentation comment above the attribute in the policy.
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
    def optional(self) -> bool: ...
    @property
    def required(self) -> bool: ...
    @property
    def default(self) -> str | None: ...
    @property
    def documentation(self) -> str: ...

@final
class Strategy:
    """The evaluation strategy of a policy.

    Attributes
    ----------
    evaluator : {"masks", "graph", "sliced graph", "bitmaps"}
        The evaluator of complete requests.
    reason : str
        The reason for choosing this evaluator.
    nodes : int
        Nodes of the decision graph. It exists beside masks, too.
    bytes : int
        Bytes of the decision graph.
    mask_bytes : int
        Bytes of the masks; 0 if there are none.
    bitmap_bytes : int
        Bytes of the rule bitmaps, which every policy has.
    depth : int
        The maximum number of variables that one decision reads.
    variables : int
        The number of variables that conditions read.
    classes : int
        The number of classes of all variables together.
    """
    @property
    def evaluator(self) -> Literal["masks", "graph", "sliced graph", "bitmaps"]: ...
    @property
    def reason(self) -> str: ...
    @property
    def nodes(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def mask_bytes(self) -> int: ...
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
    """Decisions or allowed rows as Arrow batches, readable by any library with the Arrow PyCapsule interface.

    This is the result for tables of libraries that Placet does not know. It decides a batch when it is read, and holds
    one batch at a time. Reading it again reads the table again, if the table allows that.

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
        """Decides all batches with the GIL released and keeps them, so that they can be read repeatedly.

        Parameters
        ----------
        like : object, optional
            A table with the PyCapsule interface; its columns' metadata replaces that of the columns with the same
            names.

        Returns
        -------
        Batches

        Raises
        ------
        ColumnError
            If a row is an erroneous request.
        """
    def _of(self, table: _Stream | _Array) -> Batches:
        """Returns the rows of a table that these batches allow; each batch is a mask of one Boolean column. For tables
        that their own library can't filter.
        """
    @property
    def _needed(self) -> list[str]:
        """The names of the columns that are read, without the key column."""
    def __iter__(self) -> Iterator[Batch]: ...

@final
class BatchIterator:
    """An iterator that decides each batch when it is requested."""
    def __iter__(self) -> BatchIterator: ...
    def __next__(self) -> Batch: ...

@final
class Batch:
    """One batch, readable over the Arrow PyCapsule interface."""
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...
    def __len__(self) -> int: ...

@final
class Tally:
    """Counts of a table's rows by their effects.

    Attributes
    ----------
    rows : int
        The number of all rows.
    allowed, denied, indeterminate : int
        The numbers of rows with each effect.
    errors : int
        The number of rows that are erroneous requests; 0 unless ``on_error="null"``.
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
        """dict of str to int: The number of rows to which each rule certainly applies; rules without such rows are left
        out.
        """
    @property
    def uncertain_rules(self) -> dict[str, int]:
        """dict of str to int: The number of rows to which each rule possibly applies; rules without such rows are left
        out.
        """
    @property
    def faults(self) -> tuple[ColumnError, ...]:
        """tuple of ColumnError: The first errors of those that ``errors`` counts, at most eight."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]
    def __copy__(self) -> Tally: ...
    def __deepcopy__(self, _memo: object) -> Tally: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class IncrementalDecision:
    """An incremental decision, made by `Policy.begin`: it names the attributes that it depends on, and takes their values
    one by one.

    The result does not depend on the order of the values. The effect equals that of a request with all values, and so
    do the obligations with ``depth="obligations"``.

    Examples
    --------
    >>> import placet
    >>> policy = placet.Policy.from_text('''
    ...     policy shop
    ...     request { purpose: { deliver, marketing }  age: int 0..150  consent: { granted, refused } }
    ...     rule delivery { allow when purpose is deliver }
    ...     rule marketing { allow when purpose is marketing and consent is granted and age >= 18 }
    ... ''')
    >>> decision = policy.begin(purpose="marketing")
    >>> [dependency.attribute for dependency in decision.dependencies()]
    ['age', 'consent']
    >>> decision.give("consent", "refused")
    >>> decision.dependencies(), decision.decision.effect
    ((), <Effect.DENY: 'deny'>)
    """
    def dependencies(self) -> tuple[Dependency, ...]:
        """Returns the unknown attributes that the decision depends on; none once it is complete.

        Each of them matters: two requests that agree on all given values, and differ only in this attribute, have
        different answers.

        Returns
        -------
        tuple of Dependency
            The attributes, in the order of the policy.

        Raises
        ------
        RequestError
            If a required attribute is missing and not pending.
        """
    def give(self, attribute: str, value: object, /) -> None:
        """Sets the value of an attribute, whether or not the decision depends on it. Replaces an earlier value.

        Parameters
        ----------
        attribute : str
            The dotted name.
        value : object
            The value, in the forms that `Policy.decide` accepts, None included.

        Raises
        ------
        RequestError
            If the policy does not declare the attribute or rejects the value; the decision is then unchanged.
        """
    def mark_unavailable(self, attribute: str, /) -> None:
        """Marks an attribute as unavailable: it stays unknown, even if it has a default, and `dependencies` leaves it out.

        Parameters
        ----------
        attribute : str
            The dotted name.

        Raises
        ------
        RequestError
            If the policy does not declare the attribute.
        """
    def is_pending(self, attribute: str, /) -> bool:
        """Returns True if an attribute can still be obtained: it was neither given nor marked as unavailable.

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
        """Decision: The current decision: indeterminate while its effect depends on pending attributes. An allow or deny
        is final.
        """

@final
class Dependency:
    """An unknown attribute that a decision depends on.

    Attributes
    ----------
    attribute : str
        The name of the attribute.
    settles : float
        The estimated probability, from 0 to 1, that the attribute alone settles the decision. It helps to choose the
        attribute to fetch first.
    """
    @property
    def attribute(self) -> str: ...
    @property
    def settles(self) -> float: ...

@final
class Resolver:
    """A callable that fetches a group of attributes by a key, with one query to one store.

    The callable takes a dict of key names and values. It returns attributes with their values, in the forms that
    `Policy.decide` accepts: a mapping, a dataclass or a pydantic model, dotted or nested. Attributes that it leaves out
    or returns as None are unknown, except that None is the value ``none`` of an optional one. If it raises, the exception
    is in the answer's failures.

    A function runs on a thread of a pool. A coroutine function, or an object whose ``__call__`` is one, runs on the
    event loop of `Engine.decide_async`, which cancels it when its timeout elapses.

    Parameters
    ----------
    name : str
        The name in failures and counters.
    fetch : callable
        The callable.
    serves : iterable of str
        The attributes that one fetch returns.
    keys : iterable of str, default ()
        The names of the key's parts: attributes of the request, or keys that the caller passes beside it. If another
        resolver serves a part, the engine fetches that part first.
    cost : float, default 1.0
        The cost of a fetch relative to other resolvers, in any unit.
    timeout : float or datetime.timedelta, default 1.0
        The maximum time of a fetch, in seconds. When it elapses, the decision goes on without the attributes.
    time_to_live : float, datetime.timedelta or None, default None
        How long fetched values stay cached, in seconds from the beginning of the fetch. None disables caching.

    Attributes
    ----------
    cost : float
        The cost of a fetch.
    fetch : callable
        The callable.
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
        """str: The name in failures and counters."""
    @property
    def fetch(self) -> Callable[[dict[str, Any]], object]: ...
    @property
    def serves(self) -> tuple[str, ...]:
        """tuple of str: The attributes that one fetch returns."""
    @property
    def keys(self) -> tuple[str, ...]:
        """tuple of str: The names of the key's parts."""
    @property
    def cost(self) -> float: ...
    @property
    def timeout(self) -> float:
        """float: The maximum time of a fetch, in seconds."""
    @property
    def time_to_live(self) -> float | None:
        """float or None: How long fetched values stay cached, in seconds."""

@disjoint_base
class Engine:
    """A policy for a service, with resolvers that fetch the attributes that requests leave out. Safe to share between
    threads.

    The engine asks a resolver only if the decision depends on an attribute that it serves. If a resolver fails, is
    late, or returns a value that the policy rejects, its attributes are unknown and the answer names the reason. A
    failure never turns a decision into an allow.

    Parameters
    ----------
    policy : Policy
        The policy that decides, until `swap` replaces it.
    resolvers : iterable of Resolver, default ()
        The resolvers. They may serve attributes that the policy does not declare: see `unknown`.
    keys : mapping of str to type, optional
        The keys that callers pass beside requests, such as the identifier of a person, with the type of each: `str`,
        `int`, `float`, `bool`, `datetime.date`, `datetime.datetime`, `datetime.timedelta` or `frozenset`. Resolvers can
        also be keyed by attributes of the policy, which need no declaration.
    capacity : int, default 65536
        The approximate cache capacity, in keys; the least recently used key is evicted first. The results of all
        resolvers with the same key count once, for example those of one person.
    log : DecisionLog, optional
        The log that records answers and erroneous requests.

    Raises
    ------
    InvalidKeyError
        If a resolver is keyed by a name that is neither an attribute of the policy nor declared, if no resolver is
        keyed by a declared key, or if a key has two types.
    ValueError
        If two resolvers have the same name or serve the same attribute, or if a resolver serves no attribute or its own
        key.

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

    This decision does not depend on consent, so the resolver is not called.

    >>> engine.decide({"purpose": "deliver"}, keys={"subject.id": "bert"}).origins
    ()

    The failure of a resolver is not an exception, and never an allow.

    >>> answer = engine.decide({"purpose": "marketing"}, keys={"subject.id": "bert"})
    >>> answer.effect, answer.failures
    (<Effect.INDETERMINATE: 'indeterminate'>, (<Failure the resolver `consent` failed: 'bert'>,))

    After `invalidate` returns, decisions use no earlier value.

    >>> consents["anna"] = "refused"
    >>> engine.invalidate("subject.id", "anna")
    >>> bool(engine.decide({"purpose": "marketing"}, keys={"subject.id": "anna"}))
    False

    A key has one type, and a name by which no resolver is keyed is an error.

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
        """Decides a request. The thread waits for resolvers with the GIL released.

        If an event loop runs in this thread, coroutine resolvers can't run: the call then uses cached values alone, and
        raises if they don't suffice (see `decide_async`). Otherwise each fetch of a coroutine runs on its own event
        loop.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            Like for `Policy.decide`. Resolvers are not asked for the attributes that it gives.
        keys : mapping of str to object, optional
            The keys for resolvers, such as the identifier of a person, each of its declared type. A key that is None is
            missing. For resolvers, a key takes precedence over the request's attribute of the same name; it does not
            set that attribute.
        depth : {"effect", "obligations", "reasons"}, default "effect"
            When the decision is complete: when its effect is certain; when its obligations are certain too; or when its
            determining rules are certain as well.
        ignore_unknown : bool, default False
            Ignore keys of the request that the policy does not declare.
        **attributes
            Further attributes of the request.

        Returns
        -------
        Answer

        Raises
        ------
        RequestError
            If the request is erroneous, or a required attribute is missing and no resolver returned it.
        InvalidKeyError
            If no resolver is keyed by a name in `keys`, or a value has another type.
        RuntimeError
            If a fetch is needed but impossible: by a coroutine while an event loop runs in this thread, or in a process
            that was forked from one that has fetched.
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
        """Decides as far as possible without waiting, and returns the answer or a future of the running loop."""
    def invalidate(self, key: str, value: object, /) -> None:
        """Invalidates the cached facts of one value of a key. After it returns, no decision that begins later uses a fact
        whose fetch began before the call, even if that fetch is still running.

        To withdraw a consent, a service writes the withdrawal to its store, calls this method, and then acknowledges
        it. A value without cached facts is not an error.

        Parameters
        ----------
        key : str
            The name of a key, as resolvers declare it.
        value : object
            The value, of the key's type.

        Raises
        ------
        InvalidKeyError
            If no resolver is keyed by the name, or the value is None, has another type, or is outside the domain of the
            policy's attribute of this name. In the last case, facts that an earlier policy fetched by the value are
            invalidated nevertheless.
        """
    def invalidate_all(self) -> None:
        """Invalidates all cached facts."""
    def swap(self, policy: Policy, /) -> Swap:
        """Replaces the policy atomically. Decisions that began earlier end with the previous policy; decisions that begin
        after the call use the new one. Cached facts stay and are validated against the new policy.

        Parameters
        ----------
        policy : Policy
            The new policy.

        Returns
        -------
        Swap

        Raises
        ------
        InvalidKeyError
            If the new policy would change a key's type, or leave a resolver without a source for its key. The engine
            then keeps its policy.
        """
    def counts(self) -> dict[str, ResolverCounts]:
        """Returns the counters of each resolver since the engine was made.

        Returns
        -------
        dict of str to ResolverCounts
            The counters by the resolvers' names.
        """
    @property
    def policy(self) -> Policy:
        """Policy: The current policy."""
    @property
    def unknown(self) -> tuple[tuple[str, str], ...]:
        """tuple of (str, str): Pairs of a resolver and an attribute that it serves but the policy does not declare. The
        engine does not fetch these attributes.
        """
    @property
    def log(self) -> DecisionLog | None:
        """DecisionLog or None: The log that records answers."""
    @property
    def cached(self) -> int:
        """int: The number of keys with cached facts."""
    def __reduce__(self) -> NoReturn: ...

@final
class Answer:
    """A decision, with the policy that made it and the origins of its facts.

    An answer is true only if the request is allowed: ``if answer: …`` lets no denial and no indeterminate answer
    through.

    Attributes
    ----------
    decision : Decision
        The decision. Its `explain` includes the facts from resolvers.
    elapsed : float
        The elapsed time in seconds, including all fetches.
    """
    @property
    def decision(self) -> Decision: ...
    @property
    def effect(self) -> Effect:
        """Effect: The effect: allow, deny or indeterminate."""
    @property
    def origins(self) -> tuple[Origin, ...]:
        """tuple of Origin: The attributes that resolvers added to the request, in the order of adding."""
    @property
    def failures(self) -> tuple[Failure, ...]:
        """tuple of Failure: The failures of resolvers, whose attributes are unknown."""
    @property
    def policy_hash(self) -> str:
        """str: The `hash` of the policy that made the decision."""
    @property
    def version(self) -> str | None:
        """str or None: The version in that policy's header."""
    @property
    def elapsed(self) -> float: ...
    def to_dict(self) -> dict[str, Any]:
        """Returns the decision's dict with ``policy`` (``version`` and ``hash``), ``origins`` and ``failures``.

        Returns
        -------
        dict
        """
    def _repr_html_(self) -> str:
        """Returns the decision as a table with the origins of its facts, which notebooks show."""
    def __bool__(self) -> bool: ...
    def __copy__(self) -> Answer: ...
    def __deepcopy__(self, _memo: object) -> Answer: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Origin:
    """The origin of an attribute's value.

    Attributes
    ----------
    attribute : str
        The attribute.
    resolver : str
        The resolver that returned the value.
    source : {"fetched", "cached"}
        ``"fetched"`` if this decision fetched it, ``"cached"`` if an earlier one did.
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
    """The failure of a resolver, which leaves its attributes unknown.

    Attributes
    ----------
    resolver : str
        The name of the resolver.
    why : {"failed", "late", "unfit", "no_key"}
        ``"failed"``: it raised an exception or returned no mapping of values. ``"late"``: its timeout elapsed.
        ``"unfit"``: it returned a value that the policy rejects, or an attribute that it does not serve. ``"no_key"``:
        a key for it is missing.
    message : str
        The description of the failure; for ``"failed"``, the exception's text.
    name : str or None
        The attribute that is unfit, or the missing key.
    exception : BaseException or None
        For ``"failed"``, the exception; None if the resolver raised none, or if it can't be pickled with the failure.
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
    """Counters of a resolver since the engine was made.

    Attributes
    ----------
    hits : int
        Decisions that the cache answered.
    fetches : int
        Fetches that began.
    shared : int
        Decisions that waited for the fetch of another decision.
    failures : int
        Decisions that went on without the resolver's attributes because the fetch failed or returned unfit values.
    late : int
        Decisions that went on without the resolver's attributes because its timeout elapsed.
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
    """The replacement of an engine's policy.

    Attributes
    ----------
    old : Policy
        The previous policy.
    new : Policy
        The new policy.
    unknown : tuple of (str, str)
        Pairs of a resolver and an attribute: the attributes that resolvers serve and the new policy does not declare.
    """
    @property
    def old(self) -> Policy: ...
    @property
    def new(self) -> Policy: ...
    @property
    def unknown(self) -> tuple[tuple[str, str], ...]: ...

@final
class DecisionLog:
    """A decision log in a file: JSON Lines, written by a background thread; for ``Engine(..., log=...)``.

    Recording never waits for the file. If too many bytes wait to be written, lines are dropped, and the log records
    their number. The log contains no values of requests, unless `values` names their attributes.
    ``crates/placet-engine/decision-log.md`` describes the format.

    The log is a context manager that closes it. The interpreter flushes it at exit.

    Parameters
    ----------
    path : str or os.PathLike
        The path of the file. Lines are appended; a missing file is created.
    values : iterable of str, default ()
        The attributes whose values are logged.
    classes : bool, default False
        Whether the classes of all values are logged, which ``placet replay`` reads. A class can be personal data: it may
        say who is a minor.
    keep : mapping of str to float, optional
        The shares of the answers to log, from 0 to 1, by effect; 1 for effects that it leaves out.
    keep_errors : float, default 1.0
        The share of the erroneous requests to log.
    capacity : int, default 4194304
        The maximum number of bytes that wait to be written.
    timeout : float or datetime.timedelta, default 10.0
        How long `flush` and `close` wait for a disk that hangs, in seconds.

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
        classes: bool = False,
        keep: Mapping[Literal["allow", "deny", "indeterminate"], float] | None = None,
        keep_errors: float = 1.0,
        capacity: int = 4194304,
        timeout: float | timedelta = 10.0,
    ) -> DecisionLog: ...
    def flush(self) -> None:
        """Waits until the operating system has all lines that were recorded before the call.

        Raises
        ------
        OSError
            If the file can't be written or the wait takes too long. The lines are kept and written later.
        """
    def reopen(self) -> None:
        """Reopens the file by its path, for log rotation by a signal. Lines recorded after the call go to the file that
        has the path then. On Unix the log notices a renamed or removed file by itself.

        Raises
        ------
        OSError
            Like `flush`; or if the file can't be opened, in which case the log keeps writing to the old file.
        """
    def close(self) -> None:
        """Writes the remaining lines and closes the log. Later lines are dropped and counted.

        Raises
        ------
        OSError
            If lines could not be written and are lost, or if writing takes too long.
        """
    def counts(self) -> LogCounts:
        """Returns how many lines were written, and how many were not.

        Returns
        -------
        LogCounts
        """
    @property
    def trouble(self) -> str | None:
        """str or None: The reason why the last write failed; None if it succeeded."""
    def __enter__(self) -> DecisionLog: ...
    def __exit__(self, *_exception: object) -> None: ...
    def __reduce__(self) -> NoReturn: ...

@final
class LogCounts:
    """Counters of a decision log's lines.

    Attributes
    ----------
    written : int
        Lines written to the file.
    sampled_out : int
        Lines outside the sampled share.
    dropped : int
        Lines dropped because too many bytes waited to be written, or because the log was closed.
    failed : int
        Lines lost when the log was closed, because the file could not be written.
    write_errors : int
        The number of failed writes to the file (not a number of lines).
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
    """A watcher that reloads an engine's policy when its files change, made by `watch`.

    It is a context manager that closes it. It also stops when the object is deleted.
    """
    def reload_now(self) -> ReloadReport:
        """Reloads the files at once, changed or not, and waits for the outcome.

        Returns
        -------
        ReloadReport
            The report. The callback receives it too, possibly later.

        Raises
        ------
        RuntimeError
            If the reloader is closed.
        """
    def counts(self) -> ReloadCounts:
        """Returns the numbers of reloads by their outcomes.

        Returns
        -------
        ReloadCounts

        Raises
        ------
        RuntimeError
            If the reloader is closed.
        """
    def close(self) -> None:
        """Stops watching. Waits for a running reload and its callback; after the call, no policy is swapped and no
        callback is called.
        """
    def __enter__(self) -> Reloader: ...
    def __exit__(self, *_exception: object) -> None: ...
    def __reduce__(self) -> NoReturn: ...

@final
class ReloadReport:
    """The report of one reload. As a string, it is a line for a log.

    Attributes
    ----------
    cause : {"start", "change", "call"}
        The cause of the reload: the start of watching, a change of the files, or a call of `reload_now`.
    outcome : {"swapped", "kept", "unchanged"}
        ``"swapped"``: the files' policy replaced the previous one. ``"kept"``: the files' policy was rejected and the
        previous one stays. ``"unchanged"``: both are the same.
    elapsed : float
        The time to read, compile, test and swap, in seconds.
    """
    @property
    def cause(self) -> Literal["start", "change", "call"]: ...
    @property
    def outcome(self) -> Literal["swapped", "kept", "unchanged"]: ...
    @property
    def elapsed(self) -> float: ...
    @property
    def swap(self) -> Swap | None:
        """Swap or None: Both policies, if the reload replaced the policy."""
    @property
    def error(self) -> str | None:
        """str or None: The reason why the files' policy was rejected."""
    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """tuple of Diagnostic: The faults of a policy that does not compile, or the warnings of one that was swapped in."""
    @property
    def failed_tests(self) -> tuple[str, ...]:
        """tuple of str: The failed tests, with the expected and the actual result; the first of many."""
    @property
    def unwatched(self) -> tuple[str, ...]:
        """tuple of str: The problems that prevent changes from being noticed; empty without any."""
    def difference(self) -> dict[str, Any] | None:
        """Returns the differences between the previous and the new policy, like the JSON of ``placet diff``. The first
        call computes them, which may take as long as compiling.

        Returns
        -------
        dict or None
            The differences; None if the policy was not replaced.
        """

@final
class ReloadCounts:
    """Counters of reloads by their outcomes.

    Attributes
    ----------
    swapped : int
        Reloads that replaced the policy.
    unchanged : int
        Reloads that found the same policy.
    failed : int
        Reloads that rejected the files' policy.
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
    """Watches a policy's file and its imports, and reloads an engine's policy when they change.

    A change triggers one reload of all files, on a background thread. The new policy is compiled, which checks its
    proofs, and its tests are run. Only if all succeed does it replace the previous policy, atomically. Otherwise the
    previous policy stays until the next change.

    When this function returns, the engine has the policy of the file, unless that policy was rejected.

    Parameters
    ----------
    engine : Engine
        The engine whose policy is reloaded.
    path : str or os.PathLike
        The policy's file, like for `Policy.from_file`.
    on_report : callable, optional
        Called with a `ReloadReport` after each reload, including the first, on the background thread. Exceptions that
        it raises go to `sys.unraisablehook`.
    events : bool, default True
        Use change events of the operating system. Most network file systems have none; use `poll` there.
    poll : float or datetime.timedelta, optional
        The interval at which the files are read and compared, in seconds; no polling by default.
    quiet : float or datetime.timedelta, default 0.1
        How long the files must be unchanged before a reload, in seconds.

    Returns
    -------
    Reloader

    Raises
    ------
    OSError
        If the file's folder can't be watched. A missing file, or one that does not compile, is reported instead.
    """
def _answer(decision: Decision, origins: Iterable[Origin], failures: Iterable[Failure], elapsed: float) -> Answer: ...
def _decision(policy: Policy, given: dict[str, Any], missing: list[str]) -> Decision: ...
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
def _tally(json: str) -> Tally: ...
def _loads() -> int:
    """Returns how many times this process loaded a policy from a pickle. Tests use it to check that workers load once."""
def _restore(data: bytes) -> Policy:
    """Restores a policy from a pickle, from the process-wide cache if possible."""
