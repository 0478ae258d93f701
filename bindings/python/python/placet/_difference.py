"""The difference between two policies: `Policy.diff` returns it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placet import _html


@dataclass(frozen=True)
class AttributeChange:
    """A change of an attribute.

    Attributes
    ----------
    attribute : str
        The attribute.
    change : str
        ``"added"`` or ``"removed"``: only the new or the old policy has it. ``"type"``: its type or range changes.
        ``"values"``: the names of its values change. ``"presence"``: requests that leave it out are handled otherwise.
    old, new : str or None
        The type, or the handling (``missing``, ``required`` or ``default …``), in each policy that has the attribute.
        None for changed names.
    added, removed : tuple of str
        For changed names, those that only the new or the old policy has.
    """

    attribute: str
    change: str
    old: str | None
    new: str | None
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Constraint:
    """A condition on requests.

    Attributes
    ----------
    of : str
        The attribute, or the relation of several.
    values : str
        The values: a list of values, ranges or names; ``yes`` or ``no`` for a relation.
    """

    of: str
    values: str


@dataclass(frozen=True)
class Ruling:
    """The answer of a policy to a request.

    Attributes
    ----------
    effect : str
        ``"allow"`` or ``"deny"``.
    rules : tuple of str
        The determining rules; none for a denial by default.
    """

    effect: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class DifferenceSample:
    """A request that both policies decided.

    Attributes
    ----------
    request : mapping of str to object
        The request, as in JSON. It leaves out only attributes that don't matter to its effect.
    before, after : Ruling
        The answers of the old and of the new policy.
    """

    request: Mapping[str, Any]
    before: Ruling
    after: Ruling


@dataclass(frozen=True)
class EffectChange:
    """A region of requests whose effect changes. As a string, it is a sentence.

    Attributes
    ----------
    before, after : str
        The effect in the old and in the new policy: ``"allow"`` or ``"deny"``.
    when : tuple of Constraint
        The conditions that all requests of the region satisfy.
    exact : bool
        True if all requests that satisfy the conditions belong to the region; otherwise only some do.
    rules : tuple of str
        The cause: a smallest set of rules that gives the new effect if only these are exchanged in the old policy. Empty
        if the search ended at its limit.
    classes : int
        The number of classes of requests.
    certain : bool
        True if a request of the region was found, and both policies decided it. If conditions relate attributes, a class
        may have no request.
    sample : DifferenceSample or None
        The request.
    """

    before: str
    after: str
    when: tuple[Constraint, ...]
    exact: bool
    rules: tuple[str, ...]
    classes: int
    certain: bool
    sample: DifferenceSample | None

    def __str__(self) -> str:
        conditions = " and ".join(f"{one.of} is {one.values}" for one in self.when)
        some = "" if self.exact else " for some requests"
        return f"{self.before} -> {self.after}{some}{f' when {conditions}' if conditions else ''}"


@dataclass(frozen=True)
class RulePart:
    """A changed part of a rule.

    Attributes
    ----------
    what : str
        ``"name"``, ``"effect"``, ``"cites"``, ``"basis"``, ``"because"`` or ``"obligations"``.
    old, new : tuple of str
        The values that only the old or the new rule has.
    """

    what: str
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class RuleChange:
    """A change of a rule.

    Attributes
    ----------
    rule : str
        The rule's name; if it changes, that in the new policy.
    change : str
        ``"added"`` or ``"removed"``: only the new or the old policy has it. ``"changed"``: both have it.
    effect : str or None
        Of an added or removed rule: ``"allow"`` or ``"deny"``.
    parts : tuple of RulePart
        Of a changed rule: the parts that change.
    fires_elsewhere : bool
        True if a changed rule fires for other requests, incomplete ones included. In policies too large to compare
        effects, True if the text of its condition changes.
    obliges_elsewhere : bool
        True if an obligation with the same text is due for other requests.
    """

    rule: str
    change: str
    effect: str | None
    parts: tuple[RulePart, ...]
    fires_elsewhere: bool
    obliges_elsewhere: bool

    def _words(self) -> str:
        out = [f"{one.what}: {_html.listed(one.old) or 'none'} -> {_html.listed(one.new) or 'none'}" for one in self.parts]
        if self.effect is not None:
            out.append(self.effect)
        if self.fires_elsewhere:
            out.append("applies to other requests")
        if self.obliges_elsewhere:
            out.append("its obligations apply to other requests")
        return "; ".join(out)


@dataclass(frozen=True)
class DifferenceTotals:
    """The extent of a comparison. A class is a combination of values that neither policy tells apart.

    Attributes
    ----------
    compared : int
        The compared classes of requests.
    changed : int
        The classes whose effect changes.
    not_listed : int
        The number of regions that `Difference.effects` leaves out.
    """

    compared: int
    changed: int
    not_listed: int


@dataclass(frozen=True)
class Difference:
    """The difference between two policies. Notebooks show it as tables.

    Its truth value has no meaning: `is_same` says whether the policies differ.

    Attributes
    ----------
    is_same : bool
        True if nothing changes.
    attributes : tuple of AttributeChange
        The changes of attributes, in the order of the new policy.
    effects : tuple of EffectChange
        The regions of requests whose effect changes, the largest first, at most 50.
    rules : tuple of RuleChange
        The changes of rules: added rules, rules of both policies, removed rules.
    totals : DifferenceTotals or None
        The extent of the comparison; None if the policies are too large.
    too_large : str or None
        The reason why effects could not be compared.
    """

    is_same: bool
    attributes: tuple[AttributeChange, ...]
    effects: tuple[EffectChange, ...]
    rules: tuple[RuleChange, ...]
    totals: DifferenceTotals | None
    too_large: str | None

    def _repr_html_(self) -> str:
        return _html.page(
            _html.paragraph(self._summary()),
            _html.table(
                "Attributes",
                [
                    ("attribute", [one.attribute for one in self.attributes]),
                    ("change", [one.change for one in self.attributes]),
                    ("old", [one.old or _html.listed(one.removed) for one in self.attributes]),
                    ("new", [one.new or _html.listed(one.added) for one in self.attributes]),
                ],
            ),
            _html.table(
                "Effects",
                [
                    ("change", [f"{one.before} → {one.after}" for one in self.effects]),
                    ("when", ["; ".join(f"{part.of}: {part.values}" for part in one.when) for one in self.effects]),
                    ("of such requests", ["all" if one.exact else "some" for one in self.effects]),
                    ("rules", [_html.listed(one.rules) for one in self.effects]),
                    ("for example", [_html.written(one.sample.request if one.sample else None) for one in self.effects]),
                ],
            ),
            _html.table(
                "Rules",
                [
                    ("rule", [one.rule for one in self.rules]),
                    ("change", [one.change for one in self.rules]),
                    ("how", [one._words() for one in self.rules]),
                ],
            ),
        )

    def _summary(self) -> str:
        if self.too_large is not None:
            return self.too_large
        if self.totals is None or self.is_same:
            return "Nothing changes."
        more = f" {self.totals.not_listed} more regions are not listed." if self.totals.not_listed else ""
        return f"{self.totals.changed:,} of {self.totals.compared:,} classes of requests change.{more}"


def difference(text: str) -> Difference:
    """Reads the JSON of a difference."""
    data = json.loads(text)
    totals = data["totals"]
    return Difference(
        data["is_same"],
        tuple(map(_attribute, data["attributes"])),
        tuple(map(_effect, data["effects"])),
        tuple(map(_rule, data["rules"])),
        None if totals is None else DifferenceTotals(totals["compared"], totals["changed"], totals["not_listed"]),
        data.get("too_large"),
    )


def _attribute(data: Mapping[str, Any]) -> AttributeChange:
    change = data["change"]
    # An added or removed attribute has one type.
    old = data["kind"] if change == "removed" else data.get("old")
    new = data["kind"] if change == "added" else data.get("new")
    return AttributeChange(data["attribute"], change, old, new, tuple(data.get("added", ())), tuple(data.get("removed", ())))


def _effect(data: Mapping[str, Any]) -> EffectChange:
    sample = data["sample"]
    return EffectChange(
        data["from"],
        data["to"],
        tuple(Constraint(one["of"], one["is"]) for one in data["when"]),
        data["exact"],
        tuple(data["rules"]),
        data["classes"],
        data["certain"],
        None if sample is None else DifferenceSample(sample["request"], _ruling(sample["before"]), _ruling(sample["after"])),
    )


def _ruling(data: Mapping[str, Any]) -> Ruling:
    return Ruling(data["effect"], tuple(data["rules"]))


def _rule(data: Mapping[str, Any]) -> RuleChange:
    parts: Sequence[Mapping[str, Any]] = data.get("parts", ())
    return RuleChange(
        data["rule"],
        data["change"],
        data.get("effect"),
        tuple(RulePart(one["what"], tuple(one["old"]), tuple(one["new"])) for one in parts),
        data.get("fires_elsewhere", False),
        data.get("obliges_elsewhere", False),
    )
