"""Tests of the guarded routes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent))

import guard

client = TestClient(guard.app)


@pytest.mark.parametrize(
    ("path", "status", "part"),
    [
        ("/newsletter/ada", 200, {"sent_to": "ada@example.org"}),
        ("/orders/ada", 200, {"delivered_to": "ada@example.org"}),
        ("/newsletter/bob", 403, {"effect": "deny", "rules": ["children"], "cites": ["§9"]}),
        ("/orders/bob", 403, {"effect": "deny", "rules": ["children"]}),
        ("/newsletter/eve", 409, {"effect": "indeterminate", "missing": ["consent"]}),
        ("/orders/eve", 200, {"delivered_to": "eve@example.org"}),
        ("/orders/nobody", 404, {}),
    ],
)
def test_routes_return_the_effect_as_a_status(path: str, status: int, part: dict[str, object]) -> None:
    answer = client.post(path)
    assert answer.status_code == status
    assert answer.json().items() >= part.items()
