"""Tests of the consent service's responses, and of withdrawals taking effect at once."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent))

import consent_service
from consents import INSERT_EVENT, Consents, UnknownSubject, age, microseconds


class Service:
    """A running service and a client."""

    def __init__(self, client: TestClient, inner: consent_service.Service, folder: Path) -> None:
        self.client, self.inner, self.folder = client, inner, folder

    def post(self, path: str, body: object) -> tuple[int, dict[str, Any]]:
        answer = self.client.post(path, json=body)
        return answer.status_code, answer.json()

    def record(self, path: str, **body: object) -> dict[str, Any]:
        status, answer = self.post(path, body)
        assert status == 201, answer
        return answer

    def set_consent(self, state: str, subject: str = "ann", purpose: str = "marketing") -> dict[str, Any]:
        return self.record("/consents", subject=subject, purpose=purpose, state=state)

    def decide(
        self, request: dict[str, Any], subject: str = "ann", path: str = "/decide", **more: object
    ) -> dict[str, Any]:
        status, answer = self.post(path, {"subject": subject, "request": request, **more})
        assert status == 200, answer
        return answer

    def effect(self, request: dict[str, Any], subject: str = "ann", **more: object) -> str:
        return str(self.decide(request, subject, "/decide", **more)["effect"])


def using(purpose: str) -> dict[str, Any]:
    return {"service": "consumer", "action": "use", "purpose": purpose, "data": ["email"]}


MARKETING = using("marketing")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service with one registered person: ann, an adult."""
    policy = tmp_path / "privacy.placet"
    shutil.copy(consent_service.POLICY, policy)
    app = consent_service.create_app(policy, tmp_path / "consents.sqlite3", tmp_path / "decisions.jsonl")
    with TestClient(app) as client:
        service = Service(client, app.state.service, tmp_path)
        service.record("/subjects", subject="ann", born="1990-05-01")
        yield service


def test_decide_uses_the_latest_statement(service: Service) -> None:
    assert service.effect(MARKETING) == "deny"
    for _ in range(3):
        service.set_consent("granted")
        assert service.effect(MARKETING) == "allow"
        service.set_consent("withdrawn")
        answer = service.decide(MARKETING)
        assert answer["effect"] == "deny" and "withdrawal" in answer["rules"]
        service.set_consent("refused")
        answer = service.decide(MARKETING)
        assert "marketing_consent_missing" in answer["rules"] and "withdrawal" not in answer["rules"]


def test_consents_for_a_group_apply_to_its_purposes(service: Service) -> None:
    assert service.set_consent("granted", purpose="communicate")["purposes"] == ["service_announcement", "marketing"]
    assert service.effect(MARKETING) == "allow"
    service.set_consent("withdrawn", purpose="communicate")
    assert service.effect(MARKETING) == "deny"


def test_objections_and_restrictions_can_be_revoked(service: Service) -> None:
    for path, purpose, rule in [("/objections", "research", "objection"), ("/restrictions", "deliver", "restriction")]:
        assert service.effect(using(purpose)) == "allow"
        service.record(path, subject="ann", on=True)
        answer = service.decide(using(purpose))
        assert answer["effect"] == "deny" and rule in answer["rules"]
        service.record(path, subject="ann", on=False)
        assert service.effect(using(purpose)) == "allow"


def test_age_follows_the_date_of_birth(service: Service) -> None:
    this_year = dt.datetime.now(dt.timezone.utc).year
    for subject, years, permission, rule in [
        ("child", 12, True, "children"),
        ("teen", 17, False, "minors"),
        ("other", 17, True, None),
        ("adult", 18, False, None),
    ]:
        service.record("/subjects", subject=subject, born=f"{this_year - years}-01-01", guardian_permission=permission)
        answer = service.decide(using("deliver"), subject)
        assert (answer["effect"] == "allow") == (rule is None) and (rule is None or rule in answer["rules"]), answer
    assert age(dt.date(2012, 2, 29), dt.date(2025, 2, 28)) == 12
    assert age(dt.date(2012, 2, 29), dt.date(2025, 3, 1)) == 13
    for born in ("2999-01-01", "yesterday", "20120229x"):
        assert service.post("/subjects", {"subject": "new", "born": born})[0] == 400


def test_decide_requires_verification_for_rights(service: Service) -> None:
    erase = {"service": "consumer", "action": "answer", "right": "erase"}
    assert service.effect(erase) == "deny"
    service.record("/subjects", subject="ann", verified=True)
    answer = service.decide(erase)
    assert answer["effect"] == "allow" and answer["obligations"][0]["name"] == "erase"


def test_unregistered_person_has_unknown_attributes(service: Service) -> None:
    answer = service.decide(MARKETING, "bob")
    assert answer["effect"] == "indeterminate" and "consent" in answer["missing"] and answer["failures"] == []
    # Decisions that need no facts of the person are unaffected.
    anonymized = {"service": "consumer", "action": "use", "purpose": "research", "data": ["anonymized"]}
    assert service.effect(anonymized, "bob") == "allow"
    status, answer = service.post("/consents", {"subject": "bob", "purpose": "marketing", "state": "granted"})
    assert (status, answer["error"]["code"]) == (404, "unknown_subject")


def test_decide_at_an_instant_uses_the_records_up_to_then(service: Service) -> None:
    granted = service.set_consent("granted")["recorded_at"]
    withdrawn = service.set_consent("withdrawn")["recorded_at"]
    assert service.effect(MARKETING, at=granted) == "allow"
    assert service.effect(MARKETING, at=withdrawn) == "deny"
    # Ann was not registered then.
    assert service.effect(MARKETING, at="2020-01-01T00:00:00Z") == "indeterminate"
    assert service.effect(MARKETING) == "deny"
    for at in ("9999-01-01T00:00:00Z", "yesterday", "2026-01-15", "2026-01-15T10:00:00"):
        assert service.post("/decide", {"subject": "ann", "at": at, "request": MARKETING})[0] == 400, at


@pytest.mark.parametrize(
    ("given", "attribute"),
    [
        ({"consent": "granted"}, "consent"),
        ({"consent": {"withdrawn_at": None}}, "consent"),
        ({"consent.withdrawn_at": "2026-01-15T10:00:00Z"}, "consent.withdrawn_at"),
        ({"subject": {"age": 30}}, "subject.age"),
        ({"subject.verified": True}, "subject.verified"),
        ({"subject": {"id": "bob"}}, "subject.id"),
        ({"objected": False}, "objected"),
        ({"restricted": None}, "restricted"),
        ({"at": "2026-01-15T10:00:00Z"}, "at"),
    ],
)
def test_decide_rejects_attributes_of_the_store(service: Service, given: dict[str, Any], attribute: str) -> None:
    status, answer = service.post("/decide", {"subject": "ann", "request": {**MARKETING, **given}})
    assert (status, answer["error"]["code"], answer["error"]["attribute"]) == (400, "claimed_attribute", attribute)


def test_erroneous_requests_have_status_400(service: Service) -> None:
    for request, code, attribute in [
        ({"service": "consumer", "action": "fly"}, "outside_domain", "action"),
        ({"service": "consumer", "actoin": "use"}, "unknown_attribute", "actoin"),
        ({"action": "use"}, "required_attribute", "service"),
    ]:
        status, answer = service.post("/decide", {"subject": "ann", "request": request})
        assert (status, answer["error"]["code"], answer["error"]["attribute"]) == (400, code, attribute)
    bodies: list[object] = [
        [],
        {},
        {"subject": "", "request": {}},
        {"subject": "a\nb", "request": {}},
        {"subject": "ann", "request": []},
    ]
    for body in bodies:
        status, answer = service.post("/decide", body)
        assert (status, answer["error"]["code"]) == (400, "invalid_body"), body
    for purpose in ("marketting", ""):
        assert service.post("/consents", {"subject": "ann", "purpose": purpose, "state": "withdrawn"})[0] == 400
    assert service.post("/consents", {"subject": "ann", "purpose": "marketing", "state": "perhaps"})[0] == 400


def test_decide_returns_the_policy_and_explains_on_request(service: Service) -> None:
    answer = service.decide(MARKETING)
    assert answer["policy"] == {"version": "2025-09-29", "hash": service.client.get("/health").json()["policy"]}
    assert "explanation" not in answer
    explained = service.decide(MARKETING, path="/decide?explain=true&obligations=true")
    assert (
        explained["effect"] == answer["effect"] and "Marketing needs the person's consent." in explained["explanation"]
    )


def test_failing_store_allows_nothing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.set_consent("granted")
    service.inner.engine.invalidate_all()

    def down(*_: object, **__: object) -> Any:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(service.inner.store, "read", down)
        answer = service.decide(MARKETING)
        assert answer["effect"] == "indeterminate" and answer["failures"]
        assert answer["failures"][0]["message"] == "disk I/O error"
        assert service.client.get("/health").status_code == 200 and service.client.get("/ready").status_code == 503
        broken.setattr(service.inner.store, "record", down)
        assert service.post("/objections", {"subject": "ann", "on": True})[0] == 503
    # The service recovers with the store.
    assert service.effect(MARKETING) == "allow" and service.client.get("/ready").status_code == 200


def test_withdrawal_in_the_future_is_indeterminate(service: Service) -> None:
    service.set_consent("granted")
    assert service.effect(MARKETING) == "allow"
    # Simulates another service whose clock is ahead.
    ahead = microseconds(dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=1))
    with sqlite3.connect(service.folder / "consents.sqlite3") as other:
        other.execute(INSERT_EVENT, ("ann", "consent:marketing", "withdrawn", ahead))
    other.close()
    service.inner.engine.invalidate_all()
    answer = service.decide(MARKETING)
    assert answer["effect"] == "indeterminate" and "withdrawal of the future" in answer["failures"][0]["message"]


def test_reload_swaps_in_a_valid_policy(service: Service) -> None:
    policy = service.folder / "privacy.placet"
    before = service.decide(using("deliver"))
    policy.write_text(policy.read_text() + "\nrule nothing { deny when action is use }\n")
    report = service.inner.reloader.reload_now()
    # The policy's tests fail, since the new rule denies requests that they expect to be allowed.
    assert report.outcome == "kept" and service.decide(using("deliver"))["policy"] == before["policy"]
    # A policy without tests or proofs does not replace one that has some.
    rule = ' rule r { allow when purpose is "x" }'
    short = "policy short request { service: string purpose: string at: time }" + rule
    policy.write_text(short)
    assert service.inner.reloader.reload_now().outcome == "kept"
    checks = ' prove p { never allow when purpose is not "x" } test "t" { given { purpose: "x" } expect allow }'
    policy.write_text(short + checks)
    assert service.inner.reloader.reload_now().outcome == "swapped"
    request = {"purpose": "x"}
    assert service.decide(request)["policy"]["hash"] != before["policy"]["hash"] and service.effect(request) == "allow"
    policy.write_text("policy shorter request { purpose: string }" + rule + checks)
    assert service.inner.reloader.reload_now().outcome == "swapped" and service.effect(request) == "allow"


def test_decisions_are_counted_and_logged(service: Service) -> None:
    for purpose, subject in [("deliver", "ann"), ("marketing", "ann"), ("marketing", "bob")]:
        service.decide(using(purpose), subject)
    service.post("/decide", {"subject": "ann", "request": {}})
    metrics = service.client.get("/metrics").text.splitlines()
    for line in [
        'placet_decisions_total{effect="allow"} 1.0',
        'placet_decisions_total{effect="deny"} 1.0',
        'placet_decisions_total{effect="indeterminate"} 1.0',
        "placet_refused_requests_total 1.0",
        "placet_decision_seconds_count 3.0",
    ]:
        assert line in metrics, "\n".join(metrics)
    assert any(line.startswith('placet_fetches_total{resolver="consent"}') for line in metrics)
    assert service.inner.log
    service.inner.log.flush()
    lines = [json.loads(line) for line in (service.folder / "decisions.jsonl").read_text().splitlines()]
    assert [line.get("effect") for line in lines] == ["allow", "deny", "indeterminate", None]


def test_no_decision_after_a_withdrawal_is_an_allow(service: Service) -> None:
    """Threads grant and withdraw consents while others request decisions, which must match the acknowledged state."""
    subjects = [f"subject {number}" for number in range(3)]
    for subject in subjects:
        service.record("/subjects", subject=subject, born="1990-05-01")
    said: dict[str, list[tuple[float, float, str]]] = {subject: [] for subject in subjects}
    seen: list[tuple[str, float, float, str]] = []
    over = threading.Event()

    def ask(subject: str) -> None:
        begun = time.perf_counter()
        effect = service.effect(MARKETING, subject)
        seen.append((subject, begun, time.perf_counter(), effect))

    def write(subject: str) -> None:
        for turn in range(40):
            state = "granted" if turn % 2 == 0 else "withdrawn"
            begun = time.perf_counter()
            service.set_consent(state, subject)
            said[subject].append((begun, time.perf_counter(), state))
            ask(subject)

    def read(number: int) -> None:
        while not over.is_set():
            number += 1
            ask(subjects[number % len(subjects)])

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read, number) for number in range(4)]
        writers = [pool.submit(write, subject) for subject in subjects]
        for writer in writers:
            writer.result()
        over.set()
        for reader in readers:
            reader.result()
    checked = {"allow": 0, "deny": 0}
    for subject, begun, ended, effect in seen:
        events = said[subject]
        acknowledged = [index for index, event in enumerate(events) if event[1] < begun]
        if acknowledged and not any(begun_at < ended for begun_at, _, _ in events[acknowledged[-1] + 1 :]):
            assert effect == ("allow" if events[acknowledged[-1]][2] == "granted" else "deny")
            checked[effect] += 1
    # The writers' own requests alone give this many checks.
    assert min(checked.values()) >= 20 * len(subjects), checked


@pytest.mark.parametrize("place", [":memory:", ""])
def test_store_rejects_databases_in_memory(place: str) -> None:
    with pytest.raises(ValueError, match="expected a file"):
        Consents(place)


def test_store_is_append_only_and_persistent(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    store = Consents(path)
    with pytest.raises(UnknownSubject):
        store.record("ann", {"objected": "true"})
    assert store.read("ann", "objected") is None and not store.is_registered("ann")
    first = store.record("ann", {}, register=True)
    granted = store.record("ann", {"consent:marketing": "granted"})
    again = store.record("ann", {"consent:marketing": "granted"})
    assert first <= granted <= again
    # A repeated statement holds since the first time.
    said = store.read("ann", "consent:marketing")
    assert said and (said.value, said.since) == ("granted", granted)
    for statement in ("UPDATE events SET value = 'withdrawn'", "DELETE FROM events"):
        with sqlite3.connect(path) as other, pytest.raises(sqlite3.IntegrityError, match="only added to"):
            other.execute(statement)
        other.close()
    store.close()
    store = Consents(path)
    assert store.read("ann", "consent:marketing") == said and store.clock.now() >= again
    # Instants don't go back with the clock.
    ahead = dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=1)
    assert store.clock.not_before(ahead) == ahead <= store.record("ann", {"objected": "true"})
    store.close()
