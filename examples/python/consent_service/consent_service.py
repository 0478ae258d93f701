"""May this be done with this person's data? Answered by a policy, over a store of what people said.

``python consent_service.py`` serves it on http://127.0.0.1:8000; see README.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import placet
import prometheus_client
from consents import Consents, UnknownSubject, age
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from pydantic import BaseModel, ConfigDict, Field

POLICY = Path(__file__).parents[2] / "zai" / "privacy.placet"
SUBJECT, AS_OF = "subject.id", "as_of"
NOW = "now"
# What is taken from the store, the clock and the path of a request, and from nowhere else.
OWNED = {
    "at",
    "consent",
    "consent.withdrawn_at",
    "objected",
    "restricted",
    "subject.age",
    "subject.guardian_permission",
    "subject.verified",
    SUBJECT,
    AS_OF,
}


class Body(BaseModel):
    """What is sent: nothing but its fields."""

    model_config = ConfigDict(extra="forbid", strict=True)
    subject: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")


class Ask(Body):
    request: dict[str, Any]
    at: str | None = None


class Subject(Body):
    born: str | None = None
    guardian_permission: bool | None = None
    verified: bool | None = None


class Consent(Body):
    purpose: str
    state: Literal["granted", "refused", "withdrawn"]


class Mark(Body):
    on: bool


class Problem(Exception):
    """What was asked was not done. It is never a decision."""

    def __init__(self, status: int, code: str, message: str, attribute: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.attribute = status, code, attribute

    def answer(self) -> JSONResponse:
        error = {"code": self.code, "message": str(self), "attribute": self.attribute}
        return JSONResponse({"error": error}, self.status)


class Facts:
    """The attributes of the policy, as the store has them. Of who is not registered nothing is known."""

    def __init__(self, store: Consents) -> None:
        self.store = store

    def consent(self, key: Mapping[str, Any]) -> dict[str, Any]:
        subject, as_of = subject_of(key), as_of_of(key)
        said = self.store.read(subject, f"consent:{key['purpose']}", as_of)
        if said is None:
            return {"consent": "not_asked"} if self.store.is_registered(subject, as_of) else {}
        withdrawn_at = said.since if said.value == "withdrawn" else None
        # Else it would not count yet: what is at fault, this clock or that by which it was recorded, nobody knows.
        if withdrawn_at and withdrawn_at > (as_of or self.store.clock.now()):
            raise ValueError(f"a withdrawal of the future: {withdrawn_at.isoformat()}")
        return {"consent": said.value, "consent.withdrawn_at": withdrawn_at}

    def person(self, key: Mapping[str, Any]) -> dict[str, Any]:
        subject, as_of = subject_of(key), as_of_of(key)
        if not self.store.is_registered(subject, as_of):
            return {}
        born = self.store.read(subject, "born", as_of)
        day = (as_of or self.store.clock.now()).date()
        years = None if born is None else age(dt.date.fromisoformat(born.value), day)
        permission = self.store.read(subject, "guardian_permission", as_of)
        return {
            "subject.age": years,
            "subject.guardian_permission": permission is not None and permission.value == "true",
        }

    def mark(self, attribute: str, key: Mapping[str, Any]) -> dict[str, Any]:
        subject, as_of = subject_of(key), as_of_of(key)
        said = self.store.read(subject, attribute, as_of)
        if said is None:
            return {attribute: False} if self.store.is_registered(subject, as_of) else {}
        return {attribute: said.value == "true"}

    def resolvers(self, kept_for: float) -> Iterable[placet.Resolver]:
        """What fetches them: each group by one question to the store."""
        more: dict[str, float] = {"timeout": 2.0, "time_to_live": kept_for}
        keys = [SUBJECT, AS_OF]
        consent, person = ["consent", "consent.withdrawn_at"], ["subject.age", "subject.guardian_permission"]
        yield placet.Resolver("consent", self.consent, serves=consent, keys=[SUBJECT, "purpose", AS_OF], **more)
        yield placet.Resolver("person", self.person, serves=person, keys=keys, **more)
        for name, attribute in [
            ("identity", "subject.verified"),
            ("objection", "objected"),
            ("restriction", "restricted"),
        ]:
            yield placet.Resolver(name, Marked(self, attribute), serves=[attribute], keys=keys, **more)


class Marked:
    """What fetches an attribute that is a mark."""

    def __init__(self, facts: Facts, attribute: str) -> None:
        self.facts, self.attribute = facts, attribute

    def __call__(self, key: dict[str, Any]) -> dict[str, Any]:
        return self.facts.mark(self.attribute, key)


def subject_of(key: Mapping[str, Any]) -> str:
    return str(key[SUBJECT])


def as_of_of(key: Mapping[str, Any]) -> dt.datetime | None:
    """Of when facts are; None is now, when whatever was recorded counts."""
    return None if key[AS_OF] == NOW else dt.datetime.fromisoformat(key[AS_OF])


def claimed(request: Mapping[str, Any], prefix: str = "") -> str | None:
    """An attribute of the store's that a request gives, dotted or nested."""
    for key, value in request.items():
        name = prefix + key
        if name in OWNED:
            return name
        if isinstance(value, dict) and (found := claimed(value, f"{name}.")):
            return found
    return None


class Figures:
    """What Prometheus is told. What the engine counts itself is read off it when somebody asks."""

    def __init__(self, engine: placet.Engine) -> None:
        self.engine = engine
        self.registry = prometheus_client.CollectorRegistry()
        self.decisions = prometheus_client.Counter(
            "placet_decisions", "Decisions, by their effect", ["effect"], registry=self.registry
        )
        self.refused = prometheus_client.Counter(
            "placet_refused_requests", "Requests that were no requests of the policy", registry=self.registry
        )
        self.seconds = prometheus_client.Histogram(
            "placet_decision_seconds",
            "Time from a request to its decision",
            buckets=[1e-5 * 2**step for step in range(20)],
            registry=self.registry,
        )
        self.registry.register(self)

    def collect(self) -> Iterable[Metric]:
        counts = self.engine.counts()
        for name, told, field in [
            ("cache_hits", "Facts that were kept", "hits"),
            ("fetches", "Questions to the store", "fetches"),
            ("shared_fetches", "Decisions that waited for a fetch that another began", "shared"),
            ("failed_fetches", "Decisions that did without facts, because the fetch failed", "failures"),
            ("late_fetches", "Decisions that did without facts, because the fetch was late", "late"),
        ]:
            family = CounterMetricFamily(f"placet_{name}", told, labels=["resolver"])
            for resolver, counted in counts.items():
                family.add_metric([resolver], getattr(counted, field))
            yield family
        yield GaugeMetricFamily("placet_cached_keys", "Keys of which facts are in the cache", self.engine.cached)


class Service:
    """A policy's engine over a store."""

    def __init__(self, policy: Path, store: str | Path, log: Path | None, kept_for: float) -> None:
        self.store = Consents(store)
        self.log = None if log is None else placet.DecisionLog(log)
        resolvers = Facts(self.store).resolvers(kept_for)
        self.engine = placet.Engine(
            placet.Policy.from_file(policy), resolvers, keys={SUBJECT: str, AS_OF: str}, log=self.log
        )
        self.figures = Figures(self.engine)
        self.reloader = placet.watch(self.engine, policy, on_report=self.reloaded)

    @staticmethod
    def reloaded(report: placet.ReloadReport) -> None:
        level = logging.WARNING if report.outcome == "kept" else logging.INFO
        logging.getLogger("consent_service").log(level, "%s", report)

    def close(self) -> None:
        self.reloader.close()
        if self.log is not None:
            self.log.close()
        self.store.close()

    async def decide(self, ask: Ask, *, obligations: bool) -> tuple[placet.Answer, dt.datetime]:
        if attribute := claimed(ask.request):
            message = f"`{attribute}` is taken from the store, not from requests"
            raise Problem(400, "claimed_attribute", message, attribute)
        now = self.store.clock.now()
        at = now if ask.at is None else parse_instant(ask.at)
        if at > now:
            raise Problem(400, "invalid_body", "`at` lies in the future")
        keys = {SUBJECT: ask.subject, AS_OF: NOW if ask.at is None else at.isoformat()}
        depth: Literal["effect", "obligations"] = "obligations" if obligations else "effect"
        try:
            return await self.engine.decide_async({**ask.request, "at": at}, keys=keys, depth=depth), at
        except placet.RequestError as error:
            if (error.code, error.attribute) != ("unknown_attribute", "at"):
                raise
        # A policy that does not ask when is not told.
        return await self.engine.decide_async(ask.request, keys=keys, depth=depth), at

    def record(self, subject: str, facts: Mapping[str, str], *, new: bool = False) -> dict[str, Any]:
        """Records, invalidates what was known, and only then says so."""
        try:
            recorded = self.store.record(subject, facts, new=new)
        finally:
            # Also after a failure: it may have been recorded none the less.
            self.engine.invalidate(SUBJECT, subject)
        return {"subject": subject, "recorded_at": shown(recorded)}

    def purposes(self, name: str) -> list[str]:
        """What consent to a name is consent to: the purpose itself, or all that it is the group of.

        Requests are decided by these: a withdrawal for a name that none can have must not be taken, and never count.
        """
        attribute = self.engine.policy.attributes.get("purpose")
        if attribute is None or attribute.values is not None and name not in attribute.values:
            raise Problem(400, "invalid_body", f"the policy knows no purpose `{name}`")
        return list(attribute.groups.get(name, (name,)))


def parse_instant(text: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
        if "T" in text and at.tzinfo is not None:
            return at.astimezone(dt.timezone.utc)
    except (ValueError, OverflowError):
        pass
    raise Problem(400, "invalid_body", "an instant is written as `2026-01-15T10:00:00Z`")


def parse_day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Problem(400, "invalid_body", "a day is written as `2010-01-31`") from None


def shown(at: dt.datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def word(value: bool) -> str:
    return "true" if value else "false"


def create_app(
    policy: Path = POLICY,
    store: str | Path = "consents.sqlite3",
    log: Path | None = None,
    kept_for: float = 60.0,
) -> FastAPI:
    """The service; `app.state.service` holds what is behind its paths."""
    service = Service(policy, store, log, kept_for)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(title="A consent service", lifespan=lifespan)
    app.state.service = service

    @app.exception_handler(Problem)
    def problem(_: Request, error: Problem) -> JSONResponse:
        return error.answer()

    @app.exception_handler(RequestValidationError)
    def no_body(_: Request, error: RequestValidationError) -> JSONResponse:
        places = (".".join(map(str, fault["loc"][1:])) + ": " + fault["msg"] for fault in error.errors())
        return Problem(400, "invalid_body", "; ".join(places)).answer()

    @app.exception_handler(placet.RequestError)
    def erroneous(_: Request, error: placet.RequestError) -> JSONResponse:
        return Problem(400, error.code, str(error), error.attribute).answer()

    @app.exception_handler(UnknownSubject)
    def unknown(_: Request, error: UnknownSubject) -> JSONResponse:
        return Problem(404, "unknown_subject", f"nobody is registered as `{error}`").answer()

    @app.exception_handler(sqlite3.Error)
    def store_failed(_: Request, error: sqlite3.Error) -> JSONResponse:
        return Problem(503, "store_failed", f"the store failed: {error}").answer()

    @app.post("/decide")
    async def decide(ask: Ask, obligations: bool = False, explain: bool = False) -> dict[str, Any]:
        """The decision, by which policy it was made, and from what."""
        begun = time.perf_counter()
        try:
            answer, at = await service.decide(ask, obligations=obligations)
        except (Problem, placet.RequestError):
            service.figures.refused.inc()
            raise
        service.figures.decisions.labels(answer.effect.value).inc()
        service.figures.seconds.observe(time.perf_counter() - begun)
        told = {**answer.to_dict(), "at": shown(at)}
        return {**told, "explanation": answer.decision.explain()} if explain else told

    @app.post("/subjects", status_code=201)
    def subject(body: Subject) -> dict[str, Any]:
        """Registers somebody, or takes more of who they are."""
        facts = {}
        if body.born is not None:
            born = parse_day(body.born)
            if born > service.store.clock.now().date():
                raise Problem(400, "invalid_body", "nobody is born tomorrow")
            facts["born"] = born.isoformat()
        if body.guardian_permission is not None:
            facts["guardian_permission"] = word(body.guardian_permission)
        if body.verified is not None:
            facts["subject.verified"] = word(body.verified)
        return service.record(body.subject, facts, new=True)

    @app.post("/consents", status_code=201)
    def consent(body: Consent) -> dict[str, Any]:
        """Takes a consent, a refusal, or a withdrawal."""
        purposes = service.purposes(body.purpose)
        recorded = service.record(body.subject, {f"consent:{purpose}": body.state for purpose in purposes})
        return {**recorded, "purposes": purposes}

    @app.post("/objections", status_code=201)
    def objection(body: Mark) -> dict[str, Any]:
        """Takes an objection, or takes it back."""
        return service.record(body.subject, {"objected": word(body.on)})

    @app.post("/restrictions", status_code=201)
    def restriction(body: Mark) -> dict[str, Any]:
        """Takes a restriction, or takes it back."""
        return service.record(body.subject, {"restricted": word(body.on)})

    @app.get("/health")
    async def health() -> dict[str, str]:
        """That the process lives, whatever becomes of the store."""
        return {"status": "alive", "policy": service.engine.policy.hash}

    @app.get("/ready")
    def ready() -> JSONResponse:
        """That the store answers too."""
        policy = service.engine.policy.hash
        try:
            service.store.is_registered("")
        except sqlite3.Error as error:
            return JSONResponse({"status": "unready", "policy": policy, "store": str(error)}, 503)
        return JSONResponse({"status": "ready", "policy": policy})

    @app.get("/metrics")
    def metrics() -> Response:
        """Figures, for Prometheus."""
        text = prometheus_client.generate_latest(service.figures.registry)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    return app


def main() -> None:
    """Serves until it is told to stop; then ends what it began."""
    import uvicorn

    parser = argparse.ArgumentParser(description="Answers by a policy over a store of what people said.")
    parser.add_argument("--policy", type=Path, default=POLICY, help="the policy, which is watched")
    parser.add_argument("--store", default="consents.sqlite3", help="the file of the SQLite database")
    parser.add_argument("--log", type=Path, default=Path("decisions.jsonl"), help="where decisions are logged")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    uvicorn.run(create_app(options.policy, options.store, options.log), host=options.host, port=options.port)


if __name__ == "__main__":
    main()
