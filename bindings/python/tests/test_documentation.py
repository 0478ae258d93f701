"""What is shown is what comes, and what is typed is what is meant."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path

import placet
import pytest
from conftest import ROOT

PAGES = [ROOT / "bindings" / "python" / "README.md", ROOT / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_snippets_of_a_page_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snippets = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    assert snippets
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for snippet in snippets:
        exec(snippet, names)


def test_the_examples_of_docstrings() -> None:
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner()
    attempted = 0
    for thing in (placet, placet.Policy, placet.Decision, placet.Effect):
        for test in finder.find(thing, "placet", module=False, globs=vars(placet) | {"placet": placet}):
            assert runner.run(test).failed == 0
            attempted += len(test.examples)
    assert attempted >= 10


def test_all_that_is_public_is_documented() -> None:
    for name in placet.__all__:
        thing = getattr(placet, name)
        assert inspect.getdoc(thing), name
        assert thing.__module__.startswith("placet"), name
        for member, value in vars(thing).items():
            if not member.startswith("_") and callable(value):
                assert inspect.getdoc(value), f"{name}.{member}"
    for method in (placet.Policy.decide, placet.Policy.from_file, placet.Policy.from_text):
        assert "Parameters\n----------" in (inspect.getdoc(method) or "")


def typed(policy: placet.Policy) -> list[str]:
    """Read by mypy --strict: the types of everything that people hold."""
    decision: placet.Decision = policy.decide({"subject.age": 30}, purpose="deliver")
    allowed: bool = policy.allows({"subject.age": 30}, purpose="deliver")
    effect: placet.Effect = policy.effect(purpose="deliver", ignore_unknown=allowed)
    seconds = sum(due.within.total_seconds() for due in decision.obligations if due.within is not None)
    return [effect.value, str(seconds), *decision.rules, *decision.missing]


def test_what_is_typed_runs(newsletter: placet.Policy) -> None:
    assert typed(newsletter) == ["indeterminate", "0", "delivery"]
