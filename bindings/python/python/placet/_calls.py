"""How what fetches is called."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any


def is_async(fetch: Callable[..., object]) -> bool:
    """Whether a call gives a coroutine: of a coroutine function, or of an object whose ``__call__`` is one."""
    return inspect.iscoroutinefunction(fetch) or inspect.iscoroutinefunction(getattr(type(fetch), "__call__", None))


def run(fetch: Callable[[dict[str, Any]], Awaitable[object]], key: dict[str, Any], seconds: float) -> object:
    """What a coroutine gives on an event loop of its own, which ends after so long."""

    async def fetched() -> object:
        return await asyncio.wait_for(fetch(key), seconds)

    return asyncio.run(fetched())
