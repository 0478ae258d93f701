"""Copies the docstrings of the extension into its stub, where editors look for them.

Run it after a change of a docstring in ``src``, with a Python that has the package. A test compares both.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STUB = Path(__file__).parent / "python" / "placet" / "_placet.pyi"

Documented = ast.ClassDef | ast.FunctionDef


def documented(stub: str, module: Any) -> Iterator[tuple[str, Documented, str | None]]:
    """Yields each class and function of a stub: its name, its node, and its docstring in the extension."""
    for node in ast.parse(stub).body:
        thing = getattr(module, node.name, None) if isinstance(node, Documented) else None
        if not isinstance(node, Documented) or thing is None:
            continue
        yield node.name, node, docstring(thing)
        for member in node.body if isinstance(node, ast.ClassDef) else ():
            # Special methods have generic docstrings.
            if isinstance(member, ast.FunctionDef) and not member.name.startswith("__"):
                yield f"{node.name}.{member.name}", member, docstring(inspect.getattr_static(thing, member.name))


def docstring(thing: Any) -> str | None:
    """Returns the docstring of an object without its indentation; None without one."""
    doc = thing.__func__.__doc__ if isinstance(thing, staticmethod) else thing.__doc__
    return inspect.cleandoc(doc) if doc else None


def write(stub: str, module: Any) -> str:
    """Returns a stub whose docstrings are those of a module."""
    lines = stub.splitlines(keepends=True)
    for _, node, doc in reversed(list(documented(stub, module))):
        first = node.body[0]
        if ast.get_docstring(node) is not None:
            assert first.end_lineno is not None
            del lines[first.lineno - 1 : first.end_lineno]
        elif isinstance(node, ast.FunctionDef):
            # The body is an ellipsis after the signature; the docstring replaces it.
            lines[first.lineno - 1] = lines[first.lineno - 1][: first.col_offset].rstrip() + (" ...\n" if doc is None else "\n")
        if doc is not None:
            has_own_line = isinstance(node, ast.ClassDef) or ast.get_docstring(node) is not None
            # A decorated member starts at its decorator.
            begin = min([first.lineno, *(decorator.lineno for decorator in getattr(first, "decorator_list", ()))])
            at = begin - 1 if has_own_line else first.lineno
            lines.insert(at, text(doc, " " * (node.col_offset + 4)))
    return "".join(lines)


def text(doc: str, indent: str) -> str:
    """Returns a docstring as source code."""
    prefix = "r" if "\\" in doc else ""
    body = "\n".join(f"{indent}{line}" if line else "" for line in doc.splitlines())
    end = f"\n{indent}" if "\n" in doc else ""
    return f'{indent}{prefix}"""{body.removeprefix(indent)}{end}"""\n'


if __name__ == "__main__":
    from placet import _placet

    STUB.write_text(write(STUB.read_text(encoding="utf-8"), _placet), encoding="utf-8")
