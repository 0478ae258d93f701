"""The results of tests and proofs: `Policy.test` and `Draft.test` return them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from placet import _html
from placet._sequence import Items


@dataclass(frozen=True)
class TestResult:
    """The result of a test or a proof. As a string, it is a line for a log.

    Attributes
    ----------
    kind : str
        ``"test"`` or ``"proof"``.
    name : str
        The title of the test, or the name of the proof.
    passed : bool
        True if the test's expectations were met, or the proof holds.
    failures : tuple of str
        A sentence for each expectation that was not met, or the reason why the proof doesn't hold.
    file, line : str, int
        The location.
    verdict : str or None
        Of a proof: ``"proved"``, ``"refuted"``, ``"vacuous"`` or ``"not_decided"``.
    counterexample : mapping of str to object, or None
        Of a refuted proof: a request that breaks it, as in JSON.
    rules : tuple of str
        Of a refuted proof: the rules that decide the counterexample.
    """

    # Not a class of tests, although pytest would take it for one by its name.
    __test__: ClassVar[bool] = False

    kind: str
    name: str
    passed: bool
    failures: tuple[str, ...]
    file: str
    line: int
    verdict: str | None
    counterexample: Mapping[str, Any] | None
    rules: tuple[str, ...]

    @property
    def message(self) -> str:
        """The failures in one text; empty if it passed."""
        return "; ".join(self.failures)

    def __str__(self) -> str:
        if self.passed:
            return f"passed {self.kind} {self.name}"
        return f"failed {self.kind} {self.name}: {self.message}"


class TestReport(Items[TestResult]):
    """The results of a policy's tests, then of its proofs. Notebooks show them as a table.

    It is true if all of them passed, also if there are none.

    Attributes
    ----------
    policy : str
        The policy's name.
    """

    __test__: ClassVar[bool] = False

    policy: str

    def __init__(self, policy: str, results: Sequence[TestResult]) -> None:
        super().__init__(results)
        self.policy = policy

    @property
    def failures(self) -> tuple[TestResult, ...]:
        """The results of those that failed."""
        return tuple(result for result in self if not result.passed)

    @property
    def failed(self) -> int:
        """The number of those that failed."""
        return len(self.failures)

    @property
    def passed(self) -> int:
        """The number of those that passed."""
        return len(self) - self.failed

    def __bool__(self) -> bool:
        return not self.failures

    def __str__(self) -> str:
        lines = [f"{self.policy}: {self._counts()}"]
        return "\n".join([*lines, *(f"{one.file}:{one.line}: {one}" for one in self.failures)])

    def __repr__(self) -> str:
        return f"<TestReport {self.policy}: {self._counts()}>"

    def _counts(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"

    def _repr_html_(self) -> str:
        # Those that failed come first.
        results = sorted(self, key=lambda result: result.passed)
        columns = [
            ("name", [result.name for result in results]),
            ("kind", [result.kind for result in results]),
            ("result", ["passed" if result.passed else "failed" for result in results]),
            ("message", [result.message for result in results]),
            ("counterexample", [_html.written(result.counterexample) for result in results]),
            ("location", [f"{result.file}:{result.line}" for result in results]),
        ]
        return _html.page(_html.paragraph(f"{self.policy}: {self._counts()}"), _html.table("", columns))


def report(text: str) -> TestReport:
    """Reads the JSON of a report."""
    data = json.loads(text)
    results = [
        TestResult(
            one["kind"],
            one["name"],
            one["passed"],
            tuple(one["failures"]),
            one["file"],
            one["line"],
            one["verdict"],
            one["counterexample"],
            tuple(one["rules"]),
        )
        for one in data["results"]
    ]
    return TestReport(data["policy"], results)
