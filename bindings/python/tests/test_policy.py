"""The classes `Policy` and `Decision`."""

from __future__ import annotations

import concurrent.futures
import copy
import datetime as dt
import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import placet
import pytest
from conftest import EVERY_TYPE, ROOT

NEWSLETTER = ROOT / "examples" / "newsletter.placet"
CHILD = {"purpose": "newsletter", "subject": {"age": 12}, "consent": "granted"}


def test_decision_attributes(newsletter: placet.Policy) -> None:
    decision = newsletter.decide(CHILD)
    assert decision.effect is placet.Effect.DENY and not decision
    assert (decision.rules, decision.clauses, decision.basis) == (("children",), ("§9",), ())
    (erase,) = decision.obligations
    assert (erase.name, erase.within, erase.text, erase.certain) == ("erase", dt.timedelta(days=30), None, True)
    assert repr(erase) == "<Obligation erase within 2592000 seconds>"
    assert (decision.undecided, decision.missing, decision.approximate) == ((), (), False)
    assert repr(decision) == "<Decision deny by children (§9)>"
    assert decision.to_dict()["cites"] == ["§9"]
    assert '"within_seconds":2592000' in decision.to_json()
    adult = newsletter.decide({**CHILD, "subject": {"age": 30}})
    assert adult and adult.basis == ("consent",) and adult != decision
    assert decision == newsletter.decide(CHILD) and decision != "deny"
    with pytest.raises(TypeError):
        hash(decision)


def test_decision_names_missing_attributes(newsletter: placet.Policy) -> None:
    decision = newsletter.decide(purpose="newsletter", subject={"age": 30})
    assert decision.effect == "indeterminate" and not decision and not decision.effect
    assert (decision.missing, decision.undecided) == (("consent",), ("marketing",))


def test_explain_uses_the_request_at_decision_time(newsletter: placet.Policy) -> None:
    request = {"purpose": "newsletter", "subject.age": 12, "consent": "granted"}
    decision = newsletter.decide(request)
    request["subject.age"] = 40
    page = decision.explain()
    assert page.startswith("deny by children (§9)\n  must erase within 30 days\n")
    assert "subject.age is 12" in page and "newsletter.placet:" in page


def test_truth_is_allow_only(newsletter: placet.Policy) -> None:
    for request in (CHILD, {"purpose": "newsletter"}):
        assert not newsletter.decide(request)
        assert not newsletter.effect(request)
        assert newsletter.allows(request) is False
    assert [bool(effect) for effect in placet.Effect] == [True, False, False]
    assert f"{placet.Effect.DENY} {placet.Effect.DENY!s}" == "deny deny"


def test_policy_attributes(every_type: placet.Policy) -> None:
    assert (every_type.name, every_type.version, repr(every_type)) == ("every_type", "1", '<Policy every_type "1">')
    attributes = every_type.attributes
    assert list(attributes)[:3] == ["flag", "count", "age"]
    assert attributes["age"].type == "int 0..150" and attributes["age"].values is None
    assert attributes["consent"].values == ("granted", "refused")
    assert attributes["data"].type == "set of Data" and "email" in (attributes["data"].values or ())
    assert attributes["data"].groups == {"contact": ("email", "phone")} and attributes["consent"].groups == {}
    assert attributes["must"].required and not attributes["age"].required
    assert attributes["country"].default == '"SG"' and attributes["age"].default is None
    assert every_type.strategy.evaluator in ("masks", "graph") and every_type.strategy.reason
    assert placet.Policy.from_text("policy p request { a: bool } rule r { allow when a }").version is None


def test_from_text_reports_all_faults() -> None:
    text = "policy p\nrequest { consent: { granted, refused } }\nrule r { allow when consent is grantd }\nrule s { }\n"
    with pytest.raises(placet.PolicyError) as raised:
        placet.Policy.from_text(text, name="shop.placet")
    error = raised.value
    assert isinstance(error, ValueError) and isinstance(error, placet.PlacetError)
    first, second = error.diagnostics
    assert (first.code, first.severity, first.file, first.line, first.column) == ("P0306", "error", "shop.placet", 3, 32)
    assert first.help == "did you mean `granted`?" and "grantd" in first.message and first.notes
    assert second.line == 4
    assert str(error).startswith("shop.placet:3:32: error[P0306]: ") and "did you mean" in str(error)
    assert str(error).count("error[") == 2


def test_warnings_are_diagnostics() -> None:
    policy = placet.Policy.from_text("policy p request { aB: bool } rule r { allow when aB }")
    (warning,) = policy.warnings
    assert (warning.code, warning.severity, warning.line) == ("P0801", "warning", 1)
    assert warning == policy.warnings[0] and hash(warning) == hash(policy.warnings[0])


def test_from_file_raises_for_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        placet.Policy.from_file(tmp_path / "nothing.placet")
    assert missing.value.filename == str(tmp_path / "nothing.placet")
    with pytest.raises(IsADirectoryError):
        placet.Policy.from_file(tmp_path)
    (tmp_path / "broken.placet").write_bytes(b"policy \xff")
    with pytest.raises(placet.PolicyError):
        placet.Policy.from_file(str(tmp_path / "broken.placet"))
    with pytest.raises(TypeError):
        placet.Policy.from_file(5)  # type: ignore[arg-type]


def test_from_file_reads_imports_and_saved_policies(tmp_path: Path) -> None:
    (tmp_path / "main.placet").write_text('policy p import "rules.placet" request { a: bool }')
    (tmp_path / "rules.placet").write_text("rule r { allow when a }")
    policy = placet.Policy.from_file(tmp_path / "main.placet")
    assert policy.allows(a=True)
    (tmp_path / "saved").write_bytes(policy.to_bytes())
    for other in (placet.Policy.from_file(tmp_path / "saved"), placet.Policy.from_bytes(policy.to_bytes())):
        assert other == policy and other.allows(a=True) and other.to_bytes() == policy.to_bytes()
    (tmp_path / "rules.placet").unlink()
    assert pickle.loads(pickle.dumps(policy)).allows(a=True)
    with pytest.raises(placet.PolicyError, match="can't import files"):
        placet.Policy.from_text('policy p import "rules.placet"')


def test_from_bytes_rejects_damaged_bytes(newsletter: placet.Policy) -> None:
    saved = newsletter.to_bytes()
    for data in (b"", b"text", saved[:-1], saved[: len(saved) // 2] + b"\0" * 9, bytes(1000)):
        with pytest.raises(placet.PolicyError) as raised:
            placet.Policy.from_bytes(data)
        assert raised.value.diagnostics == () and str(raised.value)


def test_policies_are_equal_by_content(every_type: placet.Policy, newsletter: placet.Policy) -> None:
    same = placet.Policy.from_text(EVERY_TYPE)
    assert same == every_type and hash(same) == hash(every_type) and same.hash == every_type.hash
    assert newsletter != every_type and newsletter.hash != every_type.hash and newsletter != "policy"
    assert len(every_type.hash) == 64 and len({same, every_type, newsletter}) == 2


def test_copies_are_the_same_policy(every_type: placet.Policy) -> None:
    assert copy.copy(every_type) is every_type and copy.deepcopy([every_type])[0] is every_type


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_policy_can_be_pickled(newsletter: placet.Policy, protocol: int) -> None:
    again = pickle.loads(pickle.dumps(newsletter, protocol))
    assert again == newsletter and again.name == newsletter.name
    assert again.decide(CHILD) == newsletter.decide(CHILD)


def test_request_error_can_be_pickled(newsletter: placet.Policy) -> None:
    with pytest.raises(placet.RequestError) as raised:
        newsletter.decide(purpos="deliver")
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.code, again.attribute) == (str(raised.value), "unknown_attribute", "purpos")


def test_unpickling_loads_a_policy_once_per_process() -> None:
    rules = "".join(f'rule r{n} {{ allow when t is "t{n}" and a > {n % 90} }}\n' for n in range(3_000))
    policy = placet.Policy.from_text(f"policy big request {{ t: string a: int 0..100 }} {rules}")
    pickled = pickle.dumps(policy)
    script = (
        "import pickle, sys, time\n"
        "data = sys.stdin.buffer.read()\n"
        "times = []\n"
        "for _ in range(5):\n"
        "    start = time.perf_counter(); policy = pickle.loads(data); times.append(time.perf_counter() - start)\n"
        "    assert policy.allows(t='t7', a=50) and not policy.allows(t='t7', a=5); del policy\n"
        "print(times[0] / min(times[1:]))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], input=pickled, capture_output=True, check=True)
    assert float(ran.stdout) > 2, "only the first time it is loaded"


def in_a_worker(policy: placet.Policy, age: int) -> tuple[int, bool]:
    return os.getpid(), policy.allows({**CHILD, "subject": {"age": age}})


def test_other_processes_decide_equally(newsletter: placet.Policy) -> None:
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        answers = list(pool.map(in_a_worker, [newsletter] * 20, range(20)))
    assert [allowed for _, allowed in answers] == [age >= 13 for age in range(20)]
    assert os.getpid() not in {process for process, _ in answers}


def test_threads_share_a_policy(newsletter: placet.Policy) -> None:
    def work(seed: int) -> bool:
        return all(
            newsletter.allows({**CHILD, "subject": {"age": age % 40}}) == (age % 40 >= 13)
            and len(newsletter.decide(purpose="newsletter", subject={"age": 13 + age % 20}).missing) == 1
            for age in range(seed, seed + 3_000)
        )

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(16)))


def test_objects_are_immutable(newsletter: placet.Policy) -> None:
    decision = newsletter.decide(CHILD)
    for thing, name in ((newsletter, "name"), (decision, "effect"), (decision.obligations[0], "certain")):
        with pytest.raises(AttributeError):
            setattr(thing, name, "x")
        with pytest.raises(AttributeError):
            setattr(thing, "other", "x")
    for made in (placet.Policy, placet.Decision, placet.Obligation, placet.Diagnostic):
        with pytest.raises(TypeError):
            made()


def test_decide_does_not_leak_memory(every_type: placet.Policy) -> None:
    import resource

    def rounds(count: int) -> int:
        for number in range(count):
            every_type.decide({"must": True, "name": "x" * 50, "data": ["email"], "count": number})
            try:
                every_type.decide({"must": True, "data": ["nothing"]})
            except placet.RequestError:
                pass
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = rounds(2_000)
    assert rounds(30_000) - before < 4_000, "kilobytes"


def test_explain_shows_changes_that_would_allow(newsletter: placet.Policy) -> None:
    decision = newsletter.decide(purpose="newsletter", subject={"age": 30}, consent="refused")
    assert "if consent were granted instead of refused" in decision.explain()
    assert "consent" not in decision.explain(may_change=["purpose"]).split("it would be allowed")[1]
    with pytest.raises(placet.RequestError):
        decision.explain(may_change=["nonsense"])
