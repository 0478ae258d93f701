"""Questions about a policy: regions, changes, matrices and the next change of an answer."""

from __future__ import annotations

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
    assert allowed.where == {"age": {"ranges": [[18, 150]]}}
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


def test_matrix_escapes_names() -> None:
    policy = placet.Policy.from_text('policy odd request { a: { "<b>", c }  d: bool } rule r { allow when a is "<b>" and d }')
    html = policy.matrix(rows="a", columns="d")._repr_html_()
    assert "&lt;b&gt;" in html and "<b>" not in html


def test_next_change_is_exact(shop: placet.Policy) -> None:
    change = shop.next_change(ADULT | {"purpose": "newsletter"}, "at")
    assert change is not None and change.at == "2027-01-01T00:00:00Z"
    assert (change.before.effect, change.after.effect) == ("allow", "deny")
    assert shop.next_change(ADULT | {"purpose": "delivery"}, "at") is None


def test_questions_that_cannot_be_answered_raise(shop: placet.Policy) -> None:
    with pytest.raises(placet.RequestError, match="did you mean `purpose`"):
        shop.query(over=["purpos"])
    with pytest.raises(ValueError, match="named twice"):
        shop.query(over=["age", "age"])
    with pytest.raises(ValueError, match="conditions relate `at` and `until`"):
        shop.query(over=["at", "until"])
    with pytest.raises(ValueError, match="have no order"):
        shop.next_change(ADULT | {"purpose": "delivery"}, "purpose")
    with pytest.raises(ValueError, match="unknown effect `maybe`"):
        shop.query(over=["age"], effect="maybe")
