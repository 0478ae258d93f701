"""Questions about a policy: regions, changes, matrices, timelines, ways, differences, and tests."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import polars
import pyarrow
import pytest

import placet

SHOP = """
policy shop
taxonomy Purpose { delivery, ads { newsletter, banners } }
request { age: int 0..150  purpose: Purpose  consent: { granted, withdrawn }  at: time  until: time }
rule service { cite "§3"  allow when purpose is delivery  oblige log }
rule consented { allow when purpose in ads and consent is granted and at < until }
rule minors { cite "§9"  deny when age < 18 }
"""
ADULT = {"age": 30, "consent": "granted", "at": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}


@pytest.fixture(scope="module")
def shop() -> placet.Policy:
    return placet.Policy.from_text(SHOP)


def test_query_returns_regions(shop: placet.Policy) -> None:
    regions = shop.query(ADULT, over=["purpose", "age"])
    assert regions.over == ("purpose", "age") and regions.complete
    allowed, denied = sorted(regions, key=lambda region: region.answer.effect)
    assert allowed.where == {"age": {"ranges": [[18, 150]]}} and allowed.words == {"age": "at least 18"}
    assert allowed.answer.rules == ("consented", "service") and allowed.answer.certain == ()
    assert denied.where == {"age": {"ranges": [[0, 17]]}}
    assert denied.answer.cites == ("§9",) and denied.answer.letter == "D"
    assert shop.decide(denied.example).effect == placet.Effect.DENY
    assert [region.answer.effect for region in shop.query(over=["age"], effect="deny")] == ["deny"]


def test_regions_are_a_table(shop: placet.Policy) -> None:
    regions = shop.query(ADULT, over=["age"])
    table = regions.to_arrow()
    assert isinstance(table, pyarrow.Table) and table.num_rows == len(regions)
    assert table.column_names[:2] == ["age", "effect"]
    frame = regions.to_polars()
    assert isinstance(frame, polars.DataFrame) and frame.columns == table.column_names


def test_query_changes_tells_what_stops(shop: placet.Policy) -> None:
    stops = shop.query_changes(ADULT, ADULT | {"consent": "withdrawn"}, over=["purpose"])
    assert [region.where for region in stops] == [{"purpose": {"in": ["ads"]}}]
    assert stops[0].before is not None and stops[0].before.effect == "allow"
    assert stops[0].answer.effect == "deny"


def test_matrix_is_shown_in_notebooks(shop: placet.Policy) -> None:
    matrix = shop.matrix({"at": ADULT["at"], "until": ADULT["until"], "age": 30}, rows="purpose", columns="consent")
    assert [line.split() for line in repr(matrix).splitlines()] == [
        ["purpose", "\\", "consent", "granted", "withdrawn"],
        ["delivery", "a", "a"],
        ["ads", "A", "D"],
    ]
    html = matrix._repr_html_()
    assert '<th scope="col">granted</th>' in html and '<td title="consented">allow</td>' in html


def test_next_change_is_exact(shop: placet.Policy) -> None:
    change = shop.next_change(ADULT | {"purpose": "newsletter"}, "at")
    assert change is not None and change.at == "2027-01-01T00:00:00Z"
    assert (change.before.effect, change.after.effect) == ("allow", "deny")
    assert shop.next_change(ADULT | {"purpose": "delivery"}, "at") is None


def test_timeline_is_a_sequence_of_ranges(shop: placet.Policy) -> None:
    timeline = shop.timeline(ADULT | {"purpose": "newsletter"}, "at")
    assert timeline.attribute == "at" and timeline.complete
    before, after = timeline
    assert (before.first, before.last) == (None, "2026-12-31T23:59:59.999999Z")
    assert (after.first, after.last, after.words) == ("2027-01-01T00:00:00Z", None, "at least 2027-01-01T00:00:00Z")
    assert [segment.answer.effect for segment in timeline] == ["allow", "deny"]
    (always,) = shop.timeline({"age": 15}, "until")
    assert always.values is None and always.words == "any value" and always.answer.rules == ("minors",)
    assert pickle.loads(pickle.dumps(timeline)) == timeline != shop.timeline(None, "at")

    optional = placet.Policy.from_text("policy p request { day: date? } rule r { allow when day is none }")
    *_, none = optional.timeline(None, "day")
    assert none.is_none and (none.first, none.last) == (None, None) and none.answer.effect == "allow"


def test_ways_name_minimal_changes(shop: placet.Policy) -> None:
    minor = ADULT | {"age": 15, "purpose": "banners"}
    (change,) = ways = shop.ways(minor)
    assert ways.effect == "deny" and ways.is_complete
    assert change.attributes == ("age",) and str(change) == "age were at least 18 instead of 15"
    assert change.ways == ((placet.NewValue("age", "at least 18", "15"),),) and not change.has_more_ways
    assert shop.allows(minor | dict(change.example))
    # The same as those of an explanation, which is a page.
    explanation = shop.decide(minor).explain()
    assert explanation.ways == ways and "age were at least 18" in explanation
    assert explanation.to_dict()["why_not"]["changes"][0]["example"] == {"age": 18}
    assert copy.deepcopy(explanation) == explanation and pickle.loads(pickle.dumps(explanation)).ways == ways

    assert len(shop.ways(minor, may_change=["consent"])) == 0
    allowed = shop.ways(ADULT | {"purpose": "delivery"})
    assert len(allowed) == 0 and allowed.effect == "allow"


def test_diff_tells_what_changes(shop: placet.Policy) -> None:
    text = SHOP.replace("age < 18 }", "age < 16 }").replace("{ granted, withdrawn }", "{ granted, refused, withdrawn }")
    difference = shop.diff(placet.Policy.from_text(text + "rule free { allow when age > 149 }"))
    assert not difference.is_same and difference.too_large is None
    assert difference.attributes == (placet.AttributeChange("consent", "values", None, None, ("refused",), ()),)
    assert {(change.before, change.after) for change in difference.effects} == {("deny", "allow")}
    (younger,) = (change for change in difference.effects if change.rules == ("minors",))
    assert placet.Constraint("age", "16..17") in younger.when
    assert younger.sample is not None and not shop.allows(younger.sample.request)
    assert younger.sample.before == placet.Ruling("deny", ("minors",)) and younger.sample.after.effect == "allow"
    assert {(change.rule, change.change, change.effect) for change in difference.rules} == {
        ("minors", "changed", None),
        ("free", "added", "allow"),
    }
    assert difference.totals is not None and 0 < difference.totals.changed < difference.totals.compared
    # A saved policy can be compared, too.
    assert shop.diff(placet.Policy.from_bytes(shop.to_bytes())).is_same


TESTED = SHOP + """
prove no_minors { never allow when age < 18 }
test "an order" { given { age: 18, purpose: delivery }  expect allow by service }
test "an ad" { given { age: 18, purpose: banners }  expect deny }
"""


def test_tests_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "shop.placet"
    path.write_text(TESTED)
    policy = placet.Policy.from_file(path)
    report = policy.test()
    assert not report and (report.passed, report.failed) == (2, 1)
    (failure,) = report.failures
    assert (failure.name, failure.kind, failure.passed, failure.line) == ("an ad", "test", False, 11)
    assert failure.file == str(path) and "expected deny, got indeterminate" in failure.message
    assert str(report).splitlines() == ["shop: 2 passed, 1 failed", f"{path}:11: {failure}"]
    assert [(result.name, result.verdict) for result in report] == [
        ("an order", None),
        ("an ad", None),
        ("no_minors", "proved"),
    ]
    assert policy.test("order") and len(policy.test("order")) == 1
    with pytest.raises(ValueError, match="contains `odrer`"):
        policy.test("odrer")
    with pytest.raises(placet.PolicyError, match="without its text"):
        pickle.loads(pickle.dumps(policy)).test()


def test_drafts_report_failing_proofs() -> None:
    text = TESTED.replace("never allow when age < 18", "never allow when age < 20")
    with pytest.raises(placet.PolicyError, match="no_minors"):
        placet.Policy.from_text(text)
    draft = placet.Draft.from_text(text)
    (proof,) = draft.test("no_minors")
    assert not proof.passed and (proof.kind, proof.verdict, proof.rules) == ("proof", "refuted", ("service",))
    assert proof.counterexample == {"age": 19, "purpose": "delivery"}
    with pytest.raises(placet.PolicyError, match="no_minors"):
        draft.to_policy()
    assert placet.Draft.from_text(TESTED).to_policy() == placet.Policy.from_text(TESTED)


def test_questions_that_cannot_be_answered_raise(shop: placet.Policy) -> None:
    with pytest.raises(placet.RequestError, match="did you mean `purpose`"):
        shop.query(over=["purpos"])
    with pytest.raises(ValueError, match="named twice"):
        shop.query(over=["age", "age"])
    with pytest.raises(ValueError, match="conditions relate `at` and `until`"):
        shop.query(over=["at", "until"])
    with pytest.raises(ValueError, match="have no order"):
        shop.next_change(ADULT | {"purpose": "delivery"}, "purpose")
    with pytest.raises(ValueError, match="have no order"):
        shop.timeline(None, "purpose")
    with pytest.raises(placet.RequestError, match="did you mean `age`"):
        shop.ways(None, may_change=["agee"])
    with pytest.raises(TypeError, match="not a string"):
        shop.ways(None, may_change="age")
    with pytest.raises(ValueError, match="unknown effect `maybe`"):
        shop.query(over=["age"], effect="maybe")
