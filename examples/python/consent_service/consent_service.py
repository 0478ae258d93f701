"""An HTTP service that decides by a policy whether a person's data may be used, over a store of their statements.

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
# The attributes that the service sets from the store, the clock and the request body's own fields. Clients may not give
# them in a request, since a client could then claim a consent.
SERVICE_ATTRIBUTES = {
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
    """The base of request bodies. Unknown fields are errors, so that a misspelled field is not ignored."""

    model_config = ConfigDict(extra="forbid", strict=True)
    subject: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")


class DecisionBody(Body):
    """A request for a decision, optionally for an instant in the past."""

    request: dict[str, Any]
    at: str | None = None


class SubjectBody(Body):
    """A registration, or additional details of a registered person."""

    born: str | None = None
    guardian_permission: bool | None = None
    verified: bool | None = None


class ConsentBody(Body):
    """A consent, a refusal or a withdrawal, for a purpose or a group of purposes."""

    purpose: str
    state: Literal["granted", "refused", "withdrawn"]


class FlagBody(Body):
    """An objection or a restriction, or its revocation."""

    on: bool


class ServiceError(Exception):
    """An error response, which is never a decision."""

    def __init__(self, status: int, code: str, message: str, attribute: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.attribute = status, code, attribute

    def answer(self) -> JSONResponse:
        error = {"code": self.code, "message": str(self), "attribute": self.attribute}
        return JSONResponse({"error": error}, self.status)


class FactResolvers:
    """The resolvers of the policy's attributes. For a person who is not registered, all attributes are unknown."""

    def __init__(self, store: Consents) -> None:
        self.store = store

    def consent(self, key: Mapping[str, Any]) -> dict[str, Any]:
        subject, as_of = subject_of(key), requested_instant(key)
        fact = self.store.read(subject, f"consent:{key['purpose']}", as_of)
        if fact is None:
            return {"consent": "not_asked"} if self.store.is_registered(subject, as_of) else {}
        withdrawn_at = fact.since if fact.value == "withdrawn" else None
        # A withdrawal in the future comes from a wrong clock, here or where it was recorded. The policy would not apply
        # it yet, so the resolver fails instead and the consent stays unknown.
        if withdrawn_at and withdrawn_at > (as_of or self.store.clock.now()):
            raise ValueError(f"a withdrawal of the future: {withdrawn_at.isoformat()}")
        return {"consent": fact.value, "consent.withdrawn_at": withdrawn_at}

    def person(self, key: Mapping[str, Any]) -> dict[str, Any]:
        subject, as_of = subject_of(key), requested_instant(key)
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

    def flag(self, attribute: str, key: Mapping[str, Any]) -> dict[str, Any]:
        subject, as_of = subject_of(key), requested_instant(key)
        fact = self.store.read(subject, attribute, as_of)
        if fact is None:
            return {attribute: False} if self.store.is_registered(subject, as_of) else {}
        return {attribute: fact.value == "true"}

    def resolvers(self, time_to_live: float) -> Iterable[placet.Resolver]:
        """Returns the resolvers: each fetches a group of attributes with few queries to the store."""
        options: dict[str, float] = {"timeout": 2.0, "time_to_live": time_to_live}
        keys = [SUBJECT, AS_OF]
        consent, person = ["consent", "consent.withdrawn_at"], ["subject.age", "subject.guardian_permission"]
        yield placet.Resolver("consent", self.consent, serves=consent, keys=[SUBJECT, "purpose", AS_OF], **options)
        yield placet.Resolver("person", self.person, serves=person, keys=keys, **options)
        for name, attribute in [
            ("identity", "subject.verified"),
            ("objection", "objected"),
            ("restriction", "restricted"),
        ]:
            yield placet.Resolver(name, FlagResolver(self, attribute), serves=[attribute], keys=keys, **options)


class FlagResolver:
    """The resolver of a Boolean attribute."""

    def __init__(self, facts: FactResolvers, attribute: str) -> None:
        self.facts, self.attribute = facts, attribute

    def __call__(self, key: dict[str, Any]) -> dict[str, Any]:
        return self.facts.flag(self.attribute, key)


def subject_of(key: Mapping[str, Any]) -> str:
    return str(key[SUBJECT])


def requested_instant(key: Mapping[str, Any]) -> dt.datetime | None:
    """Returns the instant whose facts are requested; None for the present, when all records count."""
    return None if key[AS_OF] == NOW else dt.datetime.fromisoformat(key[AS_OF])


def client_supplied(request: Mapping[str, Any], prefix: str = "") -> str | None:
    """Returns the first attribute in a request, dotted or nested, that only the service may set; None without one."""
    for key, value in request.items():
        name = prefix + key
        if name in SERVICE_ATTRIBUTES:
            return name
        if isinstance(value, dict) and (found := client_supplied(value, f"{name}.")):
            return found
    return None


class Metrics:
    """The metrics for Prometheus. The engine's own counters are read when Prometheus collects."""

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
        for name, description, field in [
            ("cache_hits", "Facts that were kept", "hits"),
            ("fetches", "Questions to the store", "fetches"),
            ("shared_fetches", "Decisions that waited for a fetch that another began", "shared"),
            ("failed_fetches", "Decisions that did without facts, because the fetch failed", "failures"),
            ("late_fetches", "Decisions that did without facts, because the fetch was late", "late"),
        ]:
            family = CounterMetricFamily(f"placet_{name}", description, labels=["resolver"])
            for resolver, counters in counts.items():
                family.add_metric([resolver], getattr(counters, field))
            yield family
        yield GaugeMetricFamily("placet_cached_keys", "Keys of which facts are in the cache", self.engine.cached)


class Service:
    """The engine with its store, decision log, metrics and policy reloading."""

    def __init__(self, policy: Path, store: str | Path, log: Path | None, time_to_live: float) -> None:
        self.store = Consents(store)
        self.log = None if log is None else placet.DecisionLog(log)
        resolvers = FactResolvers(self.store).resolvers(time_to_live)
        self.engine = placet.Engine(
            placet.Policy.from_file(policy), resolvers, keys={SUBJECT: str, AS_OF: str}, log=self.log
        )
        self.metrics = Metrics(self.engine)
        self.reloader = placet.watch(self.engine, policy, on_report=self.log_reload)

    @staticmethod
    def log_reload(report: placet.ReloadReport) -> None:
        level = logging.WARNING if report.outcome == "kept" else logging.INFO
        logging.getLogger("consent_service").log(level, "%s", report)

    def close(self) -> None:
        self.reloader.close()
        if self.log is not None:
            self.log.close()
        self.store.close()

    async def decide(self, body: DecisionBody, *, obligations: bool) -> tuple[placet.Answer, dt.datetime]:
        if attribute := client_supplied(body.request):
            message = f"`{attribute}` is taken from the store, not from requests"
            raise ServiceError(400, "claimed_attribute", message, attribute)
        now = self.store.clock.now()
        at = now if body.at is None else parse_instant(body.at)
        if at > now:
            raise ServiceError(400, "invalid_body", "`at` lies in the future")
        keys = {SUBJECT: body.subject, AS_OF: NOW if body.at is None else at.isoformat()}
        depth: Literal["effect", "obligations"] = "obligations" if obligations else "effect"
        try:
            return await self.engine.decide_async({**body.request, "at": at}, keys=keys, depth=depth), at
        except placet.RequestError as error:
            if (error.code, error.attribute) != ("unknown_attribute", "at"):
                raise
        # The policy does not declare `at`, so decide without it.
        return await self.engine.decide_async(body.request, keys=keys, depth=depth), at

    def record(self, subject: str, facts: Mapping[str, str], *, register: bool = False) -> dict[str, Any]:
        """Records facts and invalidates cached ones. The response must follow both, so that it acknowledges them."""
        try:
            recorded = self.store.record(subject, facts, register=register)
        finally:
            # Also after a failure, since the commit may have succeeded before it.
            self.engine.invalidate(SUBJECT, subject)
        return {"subject": subject, "recorded_at": format_instant(recorded)}

    def purposes(self, name: str) -> list[str]:
        """Returns the purposes that a name stands for: the purpose itself, or all purposes of a group.

        Requests name purposes, not groups. An unknown name is an error: a withdrawal for it would never take effect.
        """
        attribute = self.engine.policy.attributes.get("purpose")
        if attribute is None or attribute.values is not None and name not in {*attribute.values, *attribute.groups}:
            raise ServiceError(400, "invalid_body", f"the policy knows no purpose `{name}`")
        return list(attribute.groups.get(name, (name,)))


def parse_instant(text: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
        if "T" in text and at.tzinfo is not None:
            return at.astimezone(dt.timezone.utc)
    except (ValueError, OverflowError):
        pass
    raise ServiceError(400, "invalid_body", "an instant is written as `2026-01-15T10:00:00Z`")


def parse_date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ServiceError(400, "invalid_body", "a day is written as `2010-01-31`") from None


def format_instant(at: dt.datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def bool_text(value: bool) -> str:
    return "true" if value else "false"


def create_app(
    policy: Path = POLICY,
    store: str | Path = "consents.sqlite3",
    log: Path | None = None,
    time_to_live: float = 60.0,
) -> FastAPI:
    """Creates the application; `app.state.service` is its `Service`."""
    service = Service(policy, store, log, time_to_live)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(title="A consent service", lifespan=lifespan)
    app.state.service = service

    @app.exception_handler(ServiceError)
    def service_error(_: Request, error: ServiceError) -> JSONResponse:
        return error.answer()

    @app.exception_handler(RequestValidationError)
    def invalid_body(_: Request, error: RequestValidationError) -> JSONResponse:
        messages = (".".join(map(str, fault["loc"][1:])) + ": " + fault["msg"] for fault in error.errors())
        return ServiceError(400, "invalid_body", "; ".join(messages)).answer()

    @app.exception_handler(placet.RequestError)
    def request_error(_: Request, error: placet.RequestError) -> JSONResponse:
        return ServiceError(400, error.code, str(error), error.attribute).answer()

    @app.exception_handler(UnknownSubject)
    def unknown_subject(_: Request, error: UnknownSubject) -> JSONResponse:
        return ServiceError(404, "unknown_subject", f"nobody is registered as `{error}`").answer()

    @app.exception_handler(sqlite3.Error)
    def store_failed(_: Request, error: sqlite3.Error) -> JSONResponse:
        return ServiceError(503, "store_failed", f"the store failed: {error}").answer()

    @app.post("/decide")
    async def decide(body: DecisionBody, obligations: bool = False, explain: bool = False) -> dict[str, Any]:
        """Decides a request. Returns the decision, its policy, and the origins of its facts."""
        begun = time.perf_counter()
        try:
            answer, at = await service.decide(body, obligations=obligations)
        except (ServiceError, placet.RequestError):
            service.metrics.refused.inc()
            raise
        service.metrics.decisions.labels(answer.effect.value).inc()
        service.metrics.seconds.observe(time.perf_counter() - begun)
        response = {**answer.to_dict(), "at": format_instant(at)}
        return {**response, "explanation": answer.decision.explain()} if explain else response

    @app.post("/subjects", status_code=201)
    def subject(body: SubjectBody) -> dict[str, Any]:
        """Registers a person, or adds details."""
        facts = {}
        if body.born is not None:
            born = parse_date(body.born)
            if born > service.store.clock.now().date():
                raise ServiceError(400, "invalid_body", "nobody is born tomorrow")
            facts["born"] = born.isoformat()
        if body.guardian_permission is not None:
            facts["guardian_permission"] = bool_text(body.guardian_permission)
        if body.verified is not None:
            facts["subject.verified"] = bool_text(body.verified)
        return service.record(body.subject, facts, register=True)

    @app.post("/consents", status_code=201)
    def consent(body: ConsentBody) -> dict[str, Any]:
        """Records a consent, a refusal, or a withdrawal."""
        purposes = service.purposes(body.purpose)
        recorded = service.record(body.subject, {f"consent:{purpose}": body.state for purpose in purposes})
        return {**recorded, "purposes": purposes}

    @app.post("/objections", status_code=201)
    def objection(body: FlagBody) -> dict[str, Any]:
        """Records an objection, or its revocation."""
        return service.record(body.subject, {"objected": bool_text(body.on)})

    @app.post("/restrictions", status_code=201)
    def restriction(body: FlagBody) -> dict[str, Any]:
        """Records a restriction, or its revocation."""
        return service.record(body.subject, {"restricted": bool_text(body.on)})

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Checks that the process is alive, without the store."""
        return {"status": "alive", "policy": service.engine.policy.hash}

    @app.get("/ready")
    def ready() -> JSONResponse:
        """Checks that the store answers."""
        policy = service.engine.policy.hash
        try:
            service.store.is_registered("")
        except sqlite3.Error as error:
            return JSONResponse({"status": "unready", "policy": policy, "store": str(error)}, 503)
        return JSONResponse({"status": "ready", "policy": policy})

    @app.get("/metrics")
    def metrics() -> Response:
        """Returns the metrics for Prometheus."""
        text = prometheus_client.generate_latest(service.metrics.registry)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    return app


def main() -> None:
    """Serves until a signal; then finishes running requests and closes the service."""
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
