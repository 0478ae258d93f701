"""HTML for notebooks. Texts become HTML nowhere else, and all of them are escaped here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placet._placet import Answer, Decision, Policy

# Notebooks align cells to the right. No colours, so that light and dark themes stay legible.
_STYLE = "<style>.placet th, .placet td, .placet caption { text-align: left; vertical-align: top }</style>"

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, the text of its tooltip, and the depth by which it is indented."""

    text: str
    title: str = ""
    depth: int = 0


def page(*parts: str) -> str:
    """Returns the HTML of several parts."""
    return f'<div class="placet">{_STYLE}{"".join(parts)}</div>'


def paragraph(text: str) -> str:
    """Returns a paragraph; nothing for an empty text."""
    return f"<p>{escape(text)}</p>" if text else ""


def table(caption: str, columns: Iterable[tuple[str, Sequence[str | Cell]]]) -> str:
    """Returns a table of columns with their headings. The first column has the headers of the rows, and others without
    any text are left out. Nothing is returned for a table without rows."""
    first, *others = ((heading, [_cell(cell) for cell in cells]) for heading, cells in columns)
    others = [column for column in others if any(cell.text for cell in column[1])]
    if not first[1]:
        return ""
    headings = "".join(f'<th scope="col">{escape(heading)}</th>' for heading, _ in (first, *others))
    rows = (_row(head, [cells[index] for _, cells in others]) for index, head in enumerate(first[1]))
    return f"<table>{_caption(caption)}<thead><tr>{headings}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def facts(caption: str, rows: Iterable[tuple[str, str]]) -> str:
    """Returns a table of names and texts. Those without a text are left out."""
    shown = (_row(Cell(name), [Cell(text)]) for name, text in rows if text)
    return f"<table>{_caption(caption)}<tbody>{''.join(shown)}</tbody></table>"


def _cell(cell: str | Cell) -> Cell:
    return cell if isinstance(cell, Cell) else Cell(cell)


def _caption(text: str) -> str:
    return f"<caption>{escape(text)}</caption>" if text else ""


def _row(head: Cell, cells: Iterable[Cell]) -> str:
    header = _element("th", head, ' scope="row"')
    return f"<tr>{header}{''.join(_element('td', cell) for cell in cells)}</tr>"


def _element(tag: str, cell: Cell, attributes: str = "") -> str:
    if cell.title:
        attributes += f' title="{escape(cell.title)}"'
    if cell.depth:
        attributes += f' style="padding-left: {cell.depth + 0.5}em"'
    return f"<{tag}{attributes}>{escape(cell.text)}</{tag}>"


def listed(texts: Iterable[object]) -> str:
    """Returns texts in one cell."""
    return ", ".join(map(str, texts))


def written(value: object) -> str:
    """Returns a value as JSON; nothing for None."""
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def decided(data: Mapping[str, Any]) -> str:
    """Returns the table of a decision in its JSON."""
    rows = [("effect", data["effect"] + (" (approximate)" if data.get("approximate") else ""))]
    for name, key in (("rules", "rules"), ("clauses", "cites"), ("basis", "basis")):
        rows.append((name, listed(data[key])))
    rows.append(("obligations", "; ".join(map(_obligation, data["obligations"]))))
    rows += [("undecided", listed(data["undecided"])), ("missing", listed(data["missing"]))]
    return facts("", rows)


def _obligation(due: Mapping[str, Any]) -> str:
    text = str(due["name"])
    if (seconds := due.get("within_seconds")) is not None:
        size, unit = next((unit for unit in _UNITS if seconds % unit[0] == 0))
        count = seconds // size
        text += f" within {count} {unit}{'' if count == 1 else 's'}"
    if not due["certain"]:
        text += " (perhaps)"
    return f"{text}: {due['text']}" if due.get("text") else text


def decision(decision: Decision) -> str:
    """Returns the HTML of a decision."""
    return page(decided(decision.to_dict()))


def answer(answer: Answer) -> str:
    """Returns the HTML of an engine's answer."""
    origins = table(
        "Facts",
        [
            ("attribute", [origin.attribute for origin in answer.origins]),
            ("resolver", [origin.resolver for origin in answer.origins]),
            ("source", [origin.source for origin in answer.origins]),
        ],
    )
    failures = table(
        "Failures",
        [
            ("resolver", [failure.resolver for failure in answer.failures]),
            ("why", [failure.why for failure in answer.failures]),
            ("message", [failure.message for failure in answer.failures]),
        ],
    )
    return page(decided(answer.to_dict()), origins, failures)


def policy(policy: Policy, rules: int) -> str:
    """Returns the HTML of a policy with a number of rules."""
    attributes = policy.attributes.values()

    def left_out(required: bool, default: str | None) -> str:
        return "an error" if required else "" if default is None else f"default {default}"

    strategy = policy.strategy
    return page(
        facts(
            "",
            [
                ("policy", policy.name),
                ("version", policy.version or ""),
                ("rules", str(rules)),
                ("evaluator", f"{strategy.evaluator}: {strategy.reason}"),
            ],
        ),
        table(
            "Attributes",
            [
                ("attribute", [attribute.name for attribute in attributes]),
                ("type", [attribute.type for attribute in attributes]),
                ("if left out", [left_out(attribute.required, attribute.default) for attribute in attributes]),
                ("description", [attribute.documentation for attribute in attributes]),
            ],
        ),
    )
