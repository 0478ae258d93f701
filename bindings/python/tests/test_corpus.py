"""The shared corpus of cases, and random requests, through Python values."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import re
import subprocess
from collections import UserDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import placet
import pytest
from conftest import ROOT

CORPUS = ROOT / "crates" / "placet" / "tests" / "corpus"
POLICIES = [*sorted(CORPUS.glob("*.placet")), ROOT / "examples" / "zai" / "privacy.placet"]


def holds(expected: Any, actual: Any) -> bool:
    """Returns True if the actual JSON contains all of the expected JSON."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(key in actual and holds(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(holds, expected, actual))
    return bool(expected == actual)


class Repeated(Exception):
    """A JSON object with a duplicate key, which no dict can hold."""


def entries(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise Repeated
    return dict(pairs)


def objects(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the requests of a policy's corpus that are valid JSON objects without duplicate keys."""
    name = "clauses" if path.stem == "privacy" else path.stem
    for line in (CORPUS / f"{name}.requests.jsonl").read_text().splitlines():
        try:
            request = json.loads(line, object_pairs_hook=entries)
        except (json.JSONDecodeError, Repeated):
            continue
        if isinstance(request, dict):
            yield request


def answer(policy: placet.Policy, request: Any) -> dict[str, Any]:
    try:
        decision = policy.decide(request)
    except placet.RequestError as error:
        assert str(error)
        return {"error": {"code": error.code, "attribute": error.attribute, "expected": error.expected}}
    assert bool(decision) == (decision.effect == "allow") == policy.allows(request)
    assert policy.effect(request) is decision.effect
    return decision.to_dict()


def compared(expected: dict[str, Any]) -> dict[str, Any]:
    if "error" in expected:
        keys = ("code", "attribute")
        return {"error": {key: expected["error"][key] for key in keys if key in expected["error"]}}
    return expected


def without_null_group(policy: placet.Policy, value: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the request with None for each attribute of its null group; None without the error of a null group."""
    error = expected.get("error", {})
    name = error.get("attribute")
    if error.get("code") != "unknown_attribute" or value.get(name, ...) is not None:
        return None
    below = [attribute for attribute in policy.attributes if attribute.startswith(f"{name}.")]
    rest = {key: given for key, given in value.items() if key != name}
    return rest | dict.fromkeys(below) if below else None


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_decide_gives_the_corpus_answers(path: Path) -> None:
    policy = placet.Policy.from_file(path)
    name = "clauses" if path.stem == "privacy" else path.stem
    requests = (CORPUS / f"{name}.requests.jsonl").read_text().splitlines()
    answers = (CORPUS / f"{name}.answers.jsonl").read_text().splitlines()
    assert len(requests) == len(answers)
    read = 0
    for request, expected in zip(requests, map(json.loads, answers)):
        try:
            value = json.loads(request, object_pairs_hook=entries)
        except (json.JSONDecodeError, Repeated):
            assert expected["error"]["code"] in ("invalid_json", "duplicate_attribute")
            continue
        if not isinstance(value, dict):
            with pytest.raises(TypeError):
                policy.decide(value)
            assert expected["error"]["code"] == "invalid_json"
            continue
        came = answer(policy, value)
        # JSON requests reject a null group, but Python requests accept None for a group.
        if (alike := without_null_group(policy, value, expected)) is not None:
            assert came == answer(policy, alike)
            read += 1
            continue
        assert holds(compared(expected), came), f"{request}\nexpected {expected}\ncame     {came}"
        read += 1
    assert read * 10 >= len(requests) * 8


def native(kind: str, value: Any) -> Any:
    """Converts a JSON value to the Python type that a program would use."""
    if isinstance(value, list):
        return random.choice([list, tuple, set, frozenset])(value)
    if not isinstance(value, str):
        return value
    if kind == "date":
        return dt.date.fromisoformat(value)
    if kind == "time":
        at = dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
        if dt.datetime.min.year < at.year < dt.datetime.max.year:
            at = at.astimezone(dt.timezone(dt.timedelta(minutes=random.randint(-900, 900))))
        return at
    if kind == "duration":
        match = re.fullmatch(r"(-?)PT(\d+)\.(\d+)S", value)
        assert match
        span = dt.timedelta(seconds=int(match[2]), microseconds=int(match[3]))
        return -span if match[1] else span
    return value


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """Nests the dotted names of a request, unless a prefix is an attribute too."""
    out: dict[str, Any] = {}
    for name, value in flat.items():
        parts = name.split(".")
        prefixes = {".".join(parts[:end]) for end in range(1, len(parts))}
        if prefixes & flat.keys():
            out[name] = value
            continue
        inner = out
        for part in parts[:-1]:
            inner = inner.setdefault(part, {})
        inner[parts[-1]] = value
    return out


def test_decide_equals_the_reference_on_random_requests() -> None:
    # The program is built unless PLACET_SAMPLES is its path.
    built = os.environ.get("PLACET_SAMPLES")
    program = [built] if built else ["cargo", "run", "--quiet", "-p", "placet-samples", "--example", "samples", "--"]
    written = subprocess.run([*program, "1", "36", "40"], cwd=ROOT, check=True, capture_output=True, text=True)
    random.seed(1)
    counts: dict[str, int] = {}
    for line in written.stdout.splitlines():
        sample = json.loads(line)
        policy = placet.Policy.from_text(sample["policy"])
        kinds = {name: attribute.type for name, attribute in policy.attributes.items()}
        for case in sample["cases"]:
            expected, plain = case["answer"], case["request"]
            real = {name: native(kinds[name], value) for name, value in plain.items()}
            ways = [policy.decide(way) for way in (plain, real, UserDict(real), nested(real))]
            ways.append(policy.decide(**real))
            ask = policy.bind(*real)
            ways.append(ask.decide(*real.values()))
            assert ask.effect(*real.values()) == ways[0].effect
            for decision in ways:
                assert decision == ways[0]
            came = ways[0].to_dict()
            if not came.get("approximate") and not expected.get("approximate"):
                assert came == expected, f"{sample['policy']}\n{plain}"
                counts[came["effect"]] = counts.get(came["effect"], 0) + 1
    assert len(counts) == 3 and min(counts.values()) > 100, counts
