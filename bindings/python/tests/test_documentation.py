"""The README's snippets, docstring examples, and types."""

from __future__ import annotations

import asyncio
import doctest
import inspect
import re
from pathlib import Path
from typing import Any

import placet
import pytest
from conftest import ROOT

PAGES = [ROOT / "bindings" / "python" / "README.md", ROOT / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_readme_snippets_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snippets = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    assert snippets
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for snippet in snippets:
        # Without the future imports of this file.
        exec(compile(snippet, page.name, "exec", dont_inherit=True), names)


def test_docstring_examples_run() -> None:
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner()
    attempted = 0
    classes = (placet.Policy, placet.Draft, placet.BoundPolicy, placet.Decision, placet.IncrementalDecision, placet.Engine)
    for thing in (placet, placet.Effect, *classes):
        for test in finder.find(thing, "placet", module=False, globs=vars(placet) | {"placet": placet}):
            assert runner.run(test).failed == 0
            attempted += len(test.examples)
    assert attempted >= 10


def test_public_names_have_docstrings() -> None:
    for name in set(placet.__all__) - {"__version__"}:
        thing = getattr(placet, name)
        assert inspect.getdoc(thing), name
        assert thing.__module__.startswith("placet"), name
        for member, value in getattr(thing, "__dict__", {}).items():
            if not member.startswith("_") and callable(value):
                assert inspect.getdoc(value), f"{name}.{member}"
    for method in (placet.Policy.decide, placet.Policy.from_file, placet.Policy.from_text):
        assert "Parameters\n----------" in (inspect.getdoc(method) or "")


def typed(policy: placet.Policy) -> list[str]:
    """Checked by mypy --strict: the types of the public objects."""
    decision: placet.Decision = policy.decide({"subject.age": 30}, purpose="deliver")
    allowed: bool = policy.allows({"subject.age": 30}, purpose="deliver")
    effect: placet.Effect = policy.effect(purpose="deliver", ignore_unknown=allowed)
    seconds = sum(due.within.total_seconds() for due in decision.obligations if due.within is not None)
    return [effect.value, str(seconds), *decision.rules, *decision.missing]


async def typed_async(policy: placet.Policy) -> list[str]:
    """Like `typed`, for the engine."""

    async def consent(key: dict[str, Any]) -> dict[str, Any]:
        return {"consent": "granted" if key["subject.id"] == "ada" else None}

    def age(key: dict[str, Any]) -> dict[str, Any]:
        return {"subject.age": len(key)}

    resolvers = [
        placet.Resolver("consent", consent, serves=["consent"], keys=["subject.id"]),
        placet.Resolver("age", age, serves=["subject.age"], keys=["subject.id"], cost=0.5, timeout=0.5),
    ]
    engine: placet.Engine = placet.Engine(policy, resolvers, keys={"subject.id": str}, capacity=10)
    answer: placet.Answer = await engine.decide_async({"purpose": "newsletter"}, keys={"subject.id": "ada"})
    fetched: int = engine.counts()["age"].fetches
    incremental: placet.IncrementalDecision = policy.begin(purpose="newsletter")
    names: list[str] = [dependency.attribute for dependency in incremental.dependencies()]
    return [answer.effect.value, str(fetched), *names, *(origin.attribute for origin in answer.origins)]


def test_typed_functions_run(newsletter: placet.Policy) -> None:
    assert typed(newsletter) == ["indeterminate", "0", "delivery"]
    # A child is denied with or without consent, so only the age is fetched.
    assert asyncio.run(typed_async(newsletter)) == ["deny", "1", "subject.age", "consent", "subject.age"]
