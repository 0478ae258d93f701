"""The effects of decisions."""

import enum


class Effect(str, enum.Enum):
    """The effect of a decision: a string that is true only for allow.

    Examples
    --------
    >>> Effect.DENY == "deny", bool(Effect.DENY), bool(Effect.ALLOW)
    (True, False, True)
    """

    ALLOW = "allow"
    DENY = "deny"
    INDETERMINATE = "indeterminate"

    def __bool__(self) -> bool:
        """Returns True for allow alone, so that no truth test lets a denial pass."""
        return self is Effect.ALLOW

    def __str__(self) -> str:
        """Returns the word of the policy language."""
        return self.value

    def __format__(self, spec: str) -> str:
        """Formats the word of the policy language, on every version of Python."""
        return format(self.value, spec)
