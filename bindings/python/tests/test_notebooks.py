"""The HTML that notebooks show: well-formed, escaped, and without colours of its own."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

import placet

SCRIPT = "<script>alert('&')</script>"
POLICY = f"""
policy odd version "{SCRIPT}"
request {{
  /// {SCRIPT}
  name: {{ "{SCRIPT}", other }}
  text: string default "{SCRIPT}"
  age: int 0..150
  consent: bool
}}
rule named {{
  cite "{SCRIPT}" because "{SCRIPT}"
  allow when name is "{SCRIPT}" and age >= 18 and consent
  oblige tell within 36 hours "{SCRIPT}"
}}
rule texts {{ deny when text is "{SCRIPT}" and age > 100 }}
prove never {{ never allow when name is "{SCRIPT}" }}
test "{SCRIPT}" {{ given {{ name: "{SCRIPT}", age: 18, consent: true }}  expect deny }}
"""
GIVEN = {"name": SCRIPT, "age": 30, "consent": True}
CHANGED = POLICY.replace("18 and", "16 and").replace("tell within 36", "tell within 24").replace(", other", ", others")


def draft() -> placet.Draft:
    return placet.Draft.from_text(POLICY)


def odd(text: str = POLICY) -> placet.Policy:
    return placet.Policy.from_text("\n".join(line for line in text.splitlines() if not line.startswith("prove")))


async def consent(key: dict[str, Any]) -> dict[str, Any]:
    raise RuntimeError(SCRIPT)


def answer() -> placet.Answer:
    resolvers = [
        placet.Resolver("consent", consent, serves=["consent"], keys=["name"]),
        placet.Resolver("age", lambda _: {"age": 30}, serves=["age"], keys=["name"]),
    ]
    return placet.Engine(odd(), resolvers).decide({"name": SCRIPT})


SHOWN: dict[str, Any] = {
    "policy": odd,
    "decision": lambda: odd().decide(GIVEN),
    "undecided": lambda: odd().decide(name=SCRIPT),
    "explanation": lambda: odd().decide(name=SCRIPT, age=15).explain(),
    "answer": answer,
    "regions": lambda: odd().query(over=["name", "age"]),
    "changes": lambda: odd().query_changes(GIVEN, GIVEN | {"name": "other"}, over=["age", "text"]),
    "matrix": lambda: odd().matrix(GIVEN, rows="name", columns="consent"),
    "timeline": lambda: odd().timeline(GIVEN, "age"),
    "next change": lambda: odd().next_change(GIVEN | {"age": 15}, "age"),
    "ways": lambda: odd().ways(GIVEN | {"name": "other"}),
    "report": lambda: draft().test(),
    "difference": lambda: odd().diff(odd(CHANGED)),
}


class Reader(HTMLParser):
    """Reads HTML, and fails if its tags aren't balanced. Collects its texts and its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.attributes: dict[str, str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append(tag)
        self.attributes.update(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("name", SHOWN)
def test_html_is_well_formed_and_escaped(name: str) -> None:
    html = SHOWN[name]()._repr_html_()
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    assert set(reader.tags) <= {"div", "style", "p", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert "table" in reader.tags and reader.attributes["scope"] in ("row", "col")
    # Some answers mention no text of the policy.
    assert name in ("undecided", "timeline", "next change") or SCRIPT in "".join(reader.texts), html
    assert "color" not in html and "background" not in html


def test_html_tells_the_answer() -> None:
    decision = odd().decide(GIVEN)._repr_html_()
    assert '<tr><th scope="row">effect</th><td>allow</td></tr>' in decision and "tell within 36 hours: " in decision
    policy = odd()._repr_html_()
    assert '<th scope="row">rules</th><td>2</td>' in policy and '<th scope="row">age</th><td>int 0..150</td>' in policy
    difference = odd().diff(odd(CHANGED))._repr_html_()
    assert "deny → allow" in difference and "age: 16..17" in difference
    same = odd().diff(odd())._repr_html_()
    assert "Nothing changes." in same and "<table>" not in same
