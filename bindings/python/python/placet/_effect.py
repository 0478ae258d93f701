"""Effects."""

import enum


class Effect(str, enum.Enum):
    """What a decision says. It is a text, and true only where it is allow.

    Examples
    --------
    >>> Effect.DENY == "deny", bool(Effect.DENY), bool(Effect.ALLOW)
    (True, False, True)
    """

    ALLOW = "allow"
    DENY = "deny"
    INDETERMINATE = "indeterminate"

    def __bool__(self) -> bool:
        """Whether the request may go through: so that no test for truth lets a denial pass."""
        return self is Effect.ALLOW

    def __str__(self) -> str:
        """The word of the language."""
        return self.value

    def __format__(self, spec: str) -> str:
        """The word of the language, on every version of Python."""
        return format(self.value, spec)
