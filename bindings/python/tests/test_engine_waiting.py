"""Shared fetches, invalidation during a fetch, cancellation, and decisions without waiting."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import placet
import pytest

from asking import (
    ALL,
    ANNA,
    EVERY_KIND,
    EVERY_WAY,
    KEYS,
    MARKETING,
    SHOP,
    Asked,
    AskedAsync,
    Gate,
    ask,
    ask_async,
    eventually,
    faulty,
    gives,
)


def test_threads_with_the_same_key_share_a_fetch() -> None:
    gate = Gate()
    engine = faulty(gate)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(ask, engine) for _ in range(8)]
        eventually(lambda: engine.counts()["faulty"].shared == 7)
        gate.open.set()
        assert all(answer.result() for answer in answers)
    assert gate.begun == 1 and engine.counts()["faulty"].fetches == 1


def test_tasks_with_the_same_key_share_a_fetch() -> None:
    begun = 0

    async def fetch(_: dict[str, Any]) -> Mapping[str, Any]:
        nonlocal begun
        begun += 1
        await asyncio.sleep(0.01)
        return ALL

    async def main(engine: placet.Engine) -> None:
        tasks = [asyncio.create_task(engine.decide_async(MARKETING, keys=ANNA)) for _ in range(500)]
        assert all(await asyncio.gather(*tasks))

    engine = faulty(fetch)
    asyncio.run(main(engine))
    assert begun == 1 and engine.counts()["faulty"].shared == 499


def test_decide_async_waits_for_many_keys_concurrently() -> None:
    waiting = 0
    all_here = asyncio.Event()

    async def fetch(key: dict[str, Any]) -> Mapping[str, Any]:
        nonlocal waiting
        waiting += 1
        if waiting == 1_000:
            all_here.set()
        await all_here.wait()
        return {**ALL, "consent": "granted" if int(key["subject.id"]) % 2 else "refused"}

    async def main() -> None:
        engine = faulty(fetch)
        asks = [engine.decide_async(MARKETING, keys={"subject.id": str(number)}) for number in range(1_000)]
        answers = await asyncio.gather(*asks)
        assert [bool(answer) for answer in answers] == [number % 2 == 1 for number in range(1_000)]

    asyncio.run(main())


def test_decide_async_mixes_functions_and_coroutines() -> None:
    async def age(_: dict[str, Any]) -> Mapping[str, Any]:
        await asyncio.sleep(0)
        return {"subject.age": 30}

    def rest(_: dict[str, Any]) -> Mapping[str, Any]:
        time.sleep(0.001)
        return {"consent": "granted", "objected": False}

    engine = placet.Engine(
        SHOP,
        [
            placet.Resolver("age", age, serves=["subject.age"], keys=["subject.id"], timeout=30),
            placet.Resolver("rest", rest, serves=["consent", "objected"], keys=["subject.id"], timeout=30),
        ],
        keys=KEYS,
    )

    async def main() -> None:
        asks = [engine.decide_async(MARKETING, keys={"subject.id": str(number)}) for number in range(200)]
        assert all(await asyncio.gather(*asks))

    asyncio.run(main())
    assert ask(engine)


@EVERY_WAY
@EVERY_KIND
def test_invalidate_discards_a_fetch_that_began_before(way: Callable[..., placet.Answer], kind: type[Asked]) -> None:
    """A withdrawal during a fetch of the consent applies to every later decision."""
    store = {"consent": "granted"}
    reading, read = threading.Event(), threading.Event()

    def held(_: dict[str, Any]) -> Mapping[str, Any]:
        facts = {**ALL, **store}
        if facts["consent"] == "granted":
            reading.set()
            assert read.wait(20)
        return facts

    async def held_async(key: dict[str, Any]) -> Mapping[str, Any]:
        return await asyncio.to_thread(held, key)

    engine = faulty(held if kind is Asked else held_async)
    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(way, engine)
        assert reading.wait(20)
        store["consent"] = "refused"
        engine.invalidate("subject.id", "anna")
        assert not way(engine), "it is fetched again"
        read.set()
        before.result()
    assert not way(engine), "the late result is not cached"


def test_invalidate_takes_effect_at_once_under_load() -> None:
    store = {str(subject): "granted" for subject in range(4)}
    wrong: list[str] = []
    done = threading.Event()

    def fetch(key: dict[str, Any]) -> Mapping[str, Any]:
        state = store[key["subject.id"]]
        time.sleep(0.0005)
        return {**ALL, "consent": state}

    engine = faulty(fetch)

    def read() -> None:
        while not done.is_set():
            for subject in store:
                ask(engine, keys={"subject.id": subject})

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for turn in range(200):
            subject, state = str(turn % 4), "refused" if turn // 4 % 2 == 0 else "granted"
            store[subject] = state
            engine.invalidate("subject.id", subject)
            if bool(ask(engine, keys={"subject.id": subject})) != (state == "granted"):
                wrong.append(f"{turn}: {subject} {state}")
        done.set()
        for reader in readers:
            reader.result()
    assert wrong == [] and engine.counts()["faulty"].hits > 0


def test_decide_releases_the_gil_while_waiting() -> None:
    gate = Gate()
    engine = faulty(gate)
    answers: list[placet.Answer] = []
    asking = threading.Thread(target=lambda: answers.append(ask(engine)))
    asking.start()
    # This thread could not run if the waiting thread held the GIL.
    eventually(lambda: gate.begun == 1)
    assert not answers
    gate.open.set()
    asking.join()
    assert answers[0]


def test_decide_async_keeps_the_loop_running() -> None:
    gate = Gate()
    engine = faulty(gate)

    async def main() -> bool:
        asked = asyncio.create_task(engine.decide_async(MARKETING, keys=ANNA))
        while not gate.begun:
            await asyncio.sleep(0.001)
        assert not asked.done()
        gate.open.set()
        return bool(await asked)

    assert asyncio.run(main())


def test_decide_async_answers_from_the_cache_without_waiting() -> None:
    engine = faulty(AskedAsync(ALL))

    async def main() -> None:
        await engine.decide_async(MARKETING, keys=ANNA)
        others: list[str] = []
        asyncio.get_running_loop().call_soon(others.append, "another")
        assert (await engine.decide_async(MARKETING, keys=ANNA)).origins[0].source == "cached"
        assert others == [], "no other callback ran in between"
        # So `decide` works even on the loop's thread.
        assert engine.decide(MARKETING, keys=ANNA)

    asyncio.run(main())


def test_decide_refuses_to_block_a_needed_loop() -> None:
    engine = faulty(AskedAsync(ALL))
    functions = faulty(gives(ALL))

    async def main() -> None:
        with pytest.raises(RuntimeError, match="decide_async"):
            engine.decide(MARKETING, keys=ANNA)
        assert engine.decide({"purpose": "deliver"}), "no resolver is needed"
        assert functions.decide(MARKETING, keys=ANNA), "no loop is needed"
        # Also during the fetch.
        asked = asyncio.create_task(engine.decide_async(MARKETING, keys=ANNA))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="decide_async"):
            engine.decide(MARKETING, keys=ANNA)
        assert await asked
        assert await asyncio.to_thread(engine.decide, MARKETING, keys={"subject.id": "bert"}), "another thread may"

    asyncio.run(main())


def test_resolver_detects_coroutine_functions() -> None:
    async def fetch(_: dict[str, Any]) -> Mapping[str, Any]:
        return ALL

    async def with_more(_more: int, key: dict[str, Any]) -> Mapping[str, Any]:
        return await fetch(key)

    class Store:
        async def find(self, key: dict[str, Any]) -> Mapping[str, Any]:
            return await fetch(key)

    for one in (fetch, functools.partial(with_more, 1), Store().find, AskedAsync(ALL)):
        assert ask(faulty(one)) and ask_async(faulty(one))


def test_resolvers_see_the_callers_context_variables() -> None:
    request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="nobody")
    seen = []

    async def one(_: dict[str, Any]) -> Mapping[str, Any]:
        await asyncio.sleep(0)
        seen.append(request_id.get())
        return {"consent": "granted"}

    async def other(_: dict[str, Any]) -> Mapping[str, Any]:
        seen.append(request_id.get())
        return {"subject.age": 30}

    engine = placet.Engine(
        SHOP, [placet.Resolver("one", one, serves=["consent"]), placet.Resolver("other", other, serves=["subject.age"])]
    )

    async def main(name: str) -> None:
        request_id.set(name)
        assert await engine.decide_async(MARKETING, objected=False)

    asyncio.run(main("first"))
    asyncio.run(main("second"))
    assert seen == ["first", "first", "second", "second"]


def test_cancelled_decision_does_not_block_others() -> None:
    began, ended = 0, 0
    release = asyncio.Event()

    async def fetch(_: dict[str, Any]) -> Mapping[str, Any]:
        nonlocal began, ended
        began += 1
        try:
            await release.wait()
        except asyncio.CancelledError:
            ended += 1
            raise
        return ALL

    engine = faulty(fetch)

    async def main() -> None:
        ask = functools.partial(engine.decide_async, MARKETING, keys=ANNA)
        first = asyncio.create_task(ask())
        others = [asyncio.create_task(ask()) for _ in range(10)]
        while not began:
            await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        # One of the waiting decisions repeats the fetch for all of them.
        while began < 2:
            await asyncio.sleep(0)
        release.set()
        assert all(await asyncio.gather(*others)) and (began, ended) == (2, 1)
        engine.invalidate_all()
        release.clear()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(ask(), 0.001)
        release.set()
        assert await ask(), "it can be asked again"

    asyncio.run(main())
    assert ended == 2


def test_cancelled_decision_still_caches_its_function_result() -> None:
    gate = Gate()
    engine = faulty(gate)

    async def main() -> None:
        asked = asyncio.create_task(engine.decide_async(MARKETING, keys=ANNA))
        while not gate.begun:
            await asyncio.sleep(0.001)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    asyncio.run(main())
    gate.open.set()
    eventually(lambda: engine.cached == 1)
    assert ask(engine) and gate.begun == 1


def test_closed_loop_drops_its_decisions() -> None:
    gate = Gate()
    engine = faulty(gate)

    async def begin() -> list[object]:
        return [engine._begin(MARKETING, keys=ANNA)]

    loop = asyncio.new_event_loop()
    begun = loop.run_until_complete(begin())
    loop.close()
    # The waker finds the loop closed.
    eventually(lambda: gate.begun == 1)
    gate.open.set()
    eventually(lambda: engine.cached == 1)
    assert ask(engine) and len(begun) == 1
