"""The exceptions of Placet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placet._placet import Diagnostic


class PlacetError(Exception):
    """The base class of all Placet exceptions."""

    __module__ = "placet"


class PolicyError(PlacetError, ValueError):
    """The error of a policy that does not compile, or of saved bytes that can't be loaded.

    Attributes
    ----------
    diagnostics : tuple of Diagnostic
        All errors and warnings, in the order of the text; empty for saved bytes.
    """

    __module__ = "placet"

    diagnostics: tuple[Diagnostic, ...]

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message, diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        """Returns the errors, one per line, with their locations and likely fixes."""
        return str(self.args[0])


class BindError(PlacetError, ValueError):
    """The error of attributes or of a class that don't fit a policy: see `Policy.bind`.

    Attributes
    ----------
    mismatches : tuple of str
        One sentence for each field that doesn't fit, and for each required attribute without a field.
    """

    __module__ = "placet"

    mismatches: tuple[str, ...]

    def __init__(self, message: str, mismatches: tuple[str, ...] = ()) -> None:
        super().__init__(message, mismatches)
        self.mismatches = mismatches

    def __str__(self) -> str:
        """Returns the mismatches, one per line."""
        return str(self.args[0])


class RequestError(PlacetError, ValueError):
    """The error of an erroneous request, which has no decision.

    Attributes
    ----------
    code : str
        The kind of fault: ``unknown_attribute``, ``duplicate_attribute``, ``wrong_type``, ``outside_domain`` or
        ``required_attribute``.
    attribute : str
        The attribute at fault, as the request names it.
    expected : str
        The expected value, such as ``"int 0..150"``.
    """

    __module__ = "placet"

    code: str
    attribute: str
    expected: str

    def __init__(self, message: str, code: str, attribute: str, expected: str) -> None:
        super().__init__(message, code, attribute, expected)
        self.code = code
        self.attribute = attribute
        self.expected = expected

    def __str__(self) -> str:
        """Returns one sentence that names the attribute and the expected value."""
        return str(self.args[0])


class InvalidKeyError(PlacetError, ValueError):
    """The error of an engine's key that is unknown or has another type.

    Attributes
    ----------
    code : str
        The kind of fault: ``unknown``, ``unused``, ``wrong_type`` or ``outside_domain``.
    key : str
        The name of the key.
    expected : str or None
        The expected type, such as ``"an int"``.
    suggestion : str or None
        A similar name, if there is one.
    """

    __module__ = "placet"

    code: str
    key: str
    expected: str | None
    suggestion: str | None

    def __init__(
        self, message: str, code: str, key: str, expected: str | None = None, suggestion: str | None = None
    ) -> None:
        super().__init__(message, code, key, expected, suggestion)
        self.code = code
        self.key = key
        self.expected = expected
        self.suggestion = suggestion

    def __str__(self) -> str:
        """Returns one sentence that names the key but not its value."""
        return str(self.args[0])


class ColumnError(PlacetError, ValueError):
    """The error of a table whose columns or values don't fit the policy.

    Attributes that do not apply are None.

    Attributes
    ----------
    column : str or None
        The column at fault; dotted for a field of a struct.
    row : int or None
        The row, from 0; in a stream, counted from the beginning of the stream.
    value : str or None
        The value as a string.
    expected : str or None
        The expected value, such as ``"int 0..150"``.
    attribute : str or None
        The attribute of the column.
    code : str or None
        The kind of fault of a value, like for `RequestError`.
    """

    __module__ = "placet"

    column: str | None
    row: int | None
    value: str | None
    expected: str | None
    attribute: str | None
    code: str | None

    def __init__(
        self,
        message: str,
        column: str | None = None,
        row: int | None = None,
        value: str | None = None,
        expected: str | None = None,
        attribute: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, column, row, value, expected, attribute, code)
        self.column = column
        self.row = row
        self.value = value
        self.expected = expected
        self.attribute = attribute
        self.code = code

    def __str__(self) -> str:
        """Returns one sentence that names the column and, for a value, the row."""
        return str(self.args[0])
