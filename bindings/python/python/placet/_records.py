"""Which classes' instances are requests by their fields."""

from __future__ import annotations

import dataclasses
import functools


@functools.lru_cache(maxsize=1024)
def field_names(cls: type) -> tuple[str, ...] | None:
    """The names of the fields of a dataclass or a pydantic model; None for any other class."""
    if dataclasses.is_dataclass(cls):
        return tuple(field.name for field in dataclasses.fields(cls))
    # Asked of the class, pydantic need not be there.
    fields = getattr(cls, "model_fields", None) if hasattr(cls, "__pydantic_validator__") else None
    return tuple(fields) if isinstance(fields, dict) else None
