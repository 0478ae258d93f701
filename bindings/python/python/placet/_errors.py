"""What Placet raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placet._placet import Diagnostic


class PlacetError(Exception):
    """What all errors of Placet are."""

    __module__ = "placet"


class PolicyError(PlacetError, ValueError):
    """A policy does not compile, or saved bytes can't be loaded.

    Attributes
    ----------
    diagnostics : tuple of Diagnostic
        All faults and doubts, in the order of the text; empty for saved bytes.
    """

    __module__ = "placet"

    diagnostics: tuple[Diagnostic, ...]

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message, diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        """The errors, a line each, with their places and the likely fixes."""
        return str(self.args[0])


class RequestError(PlacetError, ValueError):
    """A request is erroneous. It is never a decision.

    Attributes
    ----------
    code : str
        The kind of fault: ``unknown_attribute``, ``duplicate_attribute``, ``wrong_type``, ``outside_domain`` or
        ``required_attribute``.
    attribute : str
        The attribute at fault, as the request names it.
    expected : str
        What was expected, such as ``"int 0..150"``.
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
        """One sentence that names the attribute and what was expected."""
        return str(self.args[0])


class InvalidKeyError(PlacetError, ValueError):
    """A key of an engine is unknown, or of another type.

    Attributes
    ----------
    code : str
        The kind of fault: ``unknown``, ``unused``, ``wrong_type`` or ``outside_domain``.
    key : str
        The name of the key.
    expected : str or None
        What was expected, such as ``"an int"``.
    suggestion : str or None
        The name that may have been meant.
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
        """One sentence that names the key, and never its value."""
        return str(self.args[0])


class ColumnError(PlacetError, ValueError):
    """A table's columns don't fit the policy, or a value in them doesn't. It is never a decision.

    Each attribute is None where there is nothing to say.

    Attributes
    ----------
    column : str or None
        The column at fault; dotted for a field of a struct.
    row : int or None
        The row, from 0; in a stream, from its beginning.
    value : str or None
        The value, as text.
    expected : str or None
        What was expected, such as ``"int 0..150"``.
    attribute : str or None
        The attribute that the column gives.
    code : str or None
        The kind of a value's fault, as of a `RequestError`.
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
        """One sentence that names the column and, for a value, the row."""
        return str(self.args[0])
