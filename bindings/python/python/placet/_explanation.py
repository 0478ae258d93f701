"""Explanations of decisions, and the changes of a request that would allow it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placet import _html
from placet._sequence import Items


@dataclass(frozen=True)
class NewValue:
    """The values of an attribute that would do.

    Attributes
    ----------
    attribute : str
        The attribute.
    values : str
        The values, in words.
    now : str or None
        The value in the request, as the policy writes it; None if it is unknown.
    """

    attribute: str
    values: str
    now: str | None


@dataclass(frozen=True)
class Change:
    """A change of a request that would allow it. As a string, it is the condition of a sentence.

    Attributes
    ----------
    attributes : tuple of str
        The attributes that change, in the order of the policy.
    ways : tuple of tuple of NewValue
        The new values. Each way has an entry for each attribute, and any of the values that its entries describe,
        combined in any manner, allow the request.
    has_more_ways : bool
        True if other values of these attributes would do, too.
    example : mapping of str to object
        Values of these attributes with which the request is allowed, as in JSON.
    text : str
        The change in words: ``age were at least 18 instead of 15``.
    """

    attributes: tuple[str, ...]
    ways: tuple[tuple[NewValue, ...], ...]
    has_more_ways: bool
    example: Mapping[str, Any]
    text: str

    def __str__(self) -> str:
        return self.text


class Ways(Items[Change]):
    """The minimal changes of a request after which it would be allowed. Notebooks show them as a table.

    No part of a change suffices. The changes of the fewest attributes come first.

    Attributes
    ----------
    effect : str
        The effect of the request: if it is ``"allow"``, no change is needed, and there is none.
    is_complete : bool
        True if there is no other minimal change. False if the search ended at its limit, or found a change that no
        request confirmed.
    """

    effect: str
    is_complete: bool

    def __init__(self, effect: str, changes: Sequence[Change], is_complete: bool) -> None:
        super().__init__(changes)
        self.effect = effect
        self.is_complete = is_complete

    def __repr__(self) -> str:
        return f"<Ways from {self.effect}: {'; '.join(map(str, self)) or 'none'}>"

    def _repr_html_(self) -> str:
        return _html.page(*self._parts())

    def _parts(self) -> list[str]:
        if self.effect == "allow":
            return [_html.paragraph("The request is allowed.")]
        changes = _html.table(
            "Would be allowed",
            [
                ("if", [change.text for change in self]),
                ("for example with", [_html.written(change.example) for change in self]),
            ],
        )
        none = "" if self else "No change was found that would allow the request."
        more = "" if self.is_complete else "There may be more changes: the search ended at its limit."
        return [changes, _html.paragraph(none), _html.paragraph(more)]


class Explanation(str):
    """A page that explains a decision: a string, which notebooks show as tables.

    Attributes
    ----------
    ways : Ways
        The changes of the request that would allow it.
    """

    ways: Ways
    _data: dict[str, Any]

    def __new__(cls, page: str, data: dict[str, Any], ways: Ways) -> Explanation:
        made = super().__new__(cls, page)
        made.ways = ways
        made._data = data
        return made

    def __getnewargs__(self) -> tuple[str, dict[str, Any], Ways]:  # type: ignore[override]
        """Returns the arguments with which pickle makes a copy."""
        return str(self), self._data, self.ways

    def to_dict(self) -> dict[str, Any]:
        """Returns the explanation as a dict with the members of the JSON that ``placet explain`` writes.

        Returns
        -------
        dict
        """
        return copy.deepcopy(self._data)

    def _repr_html_(self) -> str:
        data = self._data
        rules = data["rules"]
        traces = _html.table(
            "Rules",
            [
                ("rule", [rule["name"] for rule in rules]),
                ("effect", [rule["effect"] for rule in rules]),
                ("fires", [rule["fires"] for rule in rules]),
                ("clauses", [_html.listed(rule["cites"]) for rule in rules]),
                ("because", [rule["because"] or "" for rule in rules]),
                ("exceptions", [_html.listed(map(_exception, rule["exceptions"])) for rule in rules]),
                ("reads", [_reads(rule) for rule in rules]),
            ],
        )
        outcomes = [(one["attribute"], *outcome) for one in data["what_if"] for outcome in one["outcomes"]]
        what_if = _html.table(
            "Depends on",
            [
                ("attribute", [attribute for attribute, _, _ in outcomes]),
                ("values", [values for _, values, _ in outcomes]),
                ("effect", [effect for _, _, effect in outcomes]),
            ],
        )
        near = [(rule, part) for rule in (data.get("why_not") or {}).get("nearest", ()) for part in rule["conditions"]]
        nearest = _html.table(
            "Nearest rules",
            [
                ("rule", [rule["name"] for rule, _ in near]),
                ("condition", [part["text"] for _, part in near]),
                ("holds", [part["holds"] for _, part in near]),
                ("reads", [_reads(part) for _, part in near]),
            ],
        )
        ways = self.ways._parts() if self.ways.effect != "allow" else []
        return _html.page(_html.decided(data["decision"]), traces, what_if, nearest, *ways)


def _exception(exception: Mapping[str, Any]) -> str:
    return f"{exception['name'] or exception['place']}: {exception['holds']}"


def _reads(trace: Mapping[str, Any]) -> str:
    """Returns the values and the lookups of a rule or a condition."""
    values = (f"{one['attribute']}: {'unknown' if one['value'] is None else one['value']}" for one in trace["values"])
    lookups = (f"{one['lookup']}({one['key']}): {one['value']}" for one in trace["lookups"])
    return _html.listed((*values, *lookups))


def _ways(data: Mapping[str, Any]) -> Ways:
    def change(one: Mapping[str, Any]) -> Change:
        ways = (tuple(NewValue(new["attribute"], new["values"], new["now"]) for new in way) for way in one["ways"])
        return Change(tuple(one["attributes"]), tuple(ways), one["has_more_ways"], one["example"], one["text"])

    return Ways(data["effect"], [change(one) for one in data["changes"]], data["is_complete"])


def ways(text: str) -> Ways:
    """Reads the JSON of ways."""
    return _ways(json.loads(text))


def explanation(text: str) -> Explanation:
    """Reads the JSON of an explanation."""
    data = json.loads(text)
    return Explanation(data["page"], data["data"], _ways(data["ways"]))
