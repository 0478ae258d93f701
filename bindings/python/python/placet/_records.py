"""Finds the fields of request objects: dataclasses and pydantic models."""

from __future__ import annotations

import dataclasses
import functools


@functools.lru_cache(maxsize=1024)
def field_names(cls: type) -> tuple[str, ...] | None:
    """Returns the field names of a dataclass or a pydantic model; None for any other class."""
    if dataclasses.is_dataclass(cls):
        return tuple(field.name for field in dataclasses.fields(cls))
    # Looked up on the class, so that pydantic is not imported and need not be installed.
    fields = getattr(cls, "model_fields", None) if hasattr(cls, "__pydantic_validator__") else None
    return tuple(fields) if isinstance(fields, dict) else None
