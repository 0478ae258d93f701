"""Routes that run only if a policy allows the request.

``python guard.py`` serves it on http://127.0.0.1:8000; see README.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import placet
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

POLICY = placet.Policy.from_file(Path(__file__).parents[2] / "newsletter.placet")

Consent = Literal["granted", "refused", "withdrawn", "not_asked"]


class Person(BaseModel):
    """A person in the service's records. None means unknown."""

    email: str
    age: int | None
    consent: Consent | None


PEOPLE = {
    "ada": Person(email="ada@example.org", age=36, consent="granted"),
    "bob": Person(email="bob@example.org", age=12, consent="granted"),
    "eve": Person(email="eve@example.org", age=40, consent=None),
}


class Guard:
    """A FastAPI dependency that returns the person if the policy allows using their data for the purpose."""

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose

    def __call__(self, name: str) -> Person:
        person = PEOPLE.get(name)
        if person is None:
            raise HTTPException(404)
        decision = POLICY.decide(
            {"purpose": self.purpose, "subject": {"age": person.age}, "consent": person.consent}
        )
        if not decision:
            raise Refused(decision)
        return person


class Refused(Exception):
    """The error of a request that the policy does not allow."""

    def __init__(self, decision: placet.Decision) -> None:
        super().__init__(repr(decision))
        self.decision = decision


app = FastAPI()


@app.exception_handler(Refused)
def refused(_: Request, error: Refused) -> JSONResponse:
    """Returns the decision with its reasons and the unknown attributes."""
    decision = error.decision
    status = 409 if decision.effect is placet.Effect.INDETERMINATE else 403
    return JSONResponse(decision.to_dict(), status)


@app.post("/newsletter/{name}")
def newsletter(person: Annotated[Person, Depends(Guard("newsletter"))]) -> dict[str, Any]:
    """Sends the newsletter."""
    return {"sent_to": person.email}


@app.post("/orders/{name}")
def order(person: Annotated[Person, Depends(Guard("deliver"))]) -> dict[str, Any]:
    """Delivers an order."""
    return {"delivered_to": person.email}


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app)
