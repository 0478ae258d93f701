"""Finds the fields of request objects: dataclasses and pydantic models."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import types
import typing
import uuid
from collections.abc import Iterator, Mapping
from typing import Any


@functools.lru_cache(maxsize=1024)
def field_names(cls: type) -> tuple[str, ...] | None:
    """Returns the field names of a dataclass or a pydantic model; None for any other class."""
    if dataclasses.is_dataclass(cls):
        return tuple(field.name for field in dataclasses.fields(cls))
    fields = _model_fields(cls)
    return None if fields is None else tuple(fields)


def _model_fields(cls: type) -> Mapping[str, Any] | None:
    # Looked up on the class, so that pydantic is not imported and need not be installed.
    fields = getattr(cls, "model_fields", None) if hasattr(cls, "__pydantic_validator__") else None
    return fields if isinstance(fields, dict) else None


@dataclasses.dataclass
class Member:
    """A field of a class whose instances are requests. `Policy.bind` reads it."""

    name: str
    record: type | None = None
    written: str = ""
    kinds: tuple[str, ...] | None = None
    optional: bool = False
    names: tuple[tuple[object, str], ...] = ()


_KINDS: dict[object, tuple[str, ...]] = {
    bool: ("bool",),
    int: ("int", "number", "duration"),
    float: ("number", "duration"),
    decimal.Decimal: ("number", "duration"),
    str: ("string", "symbol", "date", "time", "duration"),
    uuid.UUID: ("string",),
    datetime.date: ("date",),
    datetime.datetime: ("time",),
    datetime.timedelta: ("duration",),
}


def members(cls: type) -> Iterator[Member]:
    """Yields the fields of a dataclass or a pydantic model, with what their annotations tell."""
    names = field_names(cls)
    if names is None:
        raise TypeError(f"a policy is bound to a dataclass or a pydantic model, not to `{cls.__qualname__}`")
    fields = _model_fields(cls)
    if fields is None:
        try:
            hints = typing.get_type_hints(cls)
        except NameError:  # A name that only a type checker sees: the values tell.
            hints = {}
    else:
        if getattr(cls, "model_config", {}).get("extra") == "allow":
            raise TypeError(f"`{cls.__qualname__}` allows extra values, so its fields aren't fixed")
        hints = {name: field.annotation for name, field in fields.items()}
    for name in names:
        member = Member(name)
        annotation = hints.get(name, Any)
        if typing.get_origin(annotation) in (typing.Union, types.UnionType):
            options = [option for option in typing.get_args(annotation) if option is not type(None)]
            member.optional = len(options) < len(typing.get_args(annotation))
            annotation = options[0] if len(options) == 1 else Any
        _describe(member, annotation)
        yield member


def _describe(member: Member, annotation: Any) -> None:
    origin = typing.get_origin(annotation)
    if origin in (list, set, frozenset) or (origin is tuple and typing.get_args(annotation)[1:] == (...,)):
        of = Member(member.name)
        _describe(of, typing.get_args(annotation)[0])
        if of.kinds is not None:
            member.kinds, member.written, member.names = ("symbols", "strings"), of.written, of.names
    elif origin is typing.Literal and all(isinstance(value, str) for value in typing.get_args(annotation)):
        member.kinds, member.written = ("symbol", "string"), "Literal"
        member.names = tuple((value, value) for value in typing.get_args(annotation))
    elif annotation in _KINDS:
        member.kinds, member.written = _KINDS[annotation], annotation.__name__
    elif isinstance(annotation, type):
        if issubclass(annotation, enum.Enum) and all(type(name.value) is str for name in annotation):
            member.kinds, member.written = ("symbol", "string"), annotation.__qualname__
            member.names = tuple((name, name.value) for name in annotation)
        elif field_names(annotation) is not None:
            member.record, member.written = annotation, annotation.__qualname__
