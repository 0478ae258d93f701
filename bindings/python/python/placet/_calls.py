"""Helpers that call the Python callables of resolvers."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any


def is_async(fetch: Callable[..., object]) -> bool:
    """Returns True for a coroutine function, and for an object whose ``__call__`` is one."""
    return inspect.iscoroutinefunction(fetch) or inspect.iscoroutinefunction(getattr(type(fetch), "__call__", None))


def run(fetch: Callable[[dict[str, Any]], Awaitable[object]], key: dict[str, Any], seconds: float) -> object:
    """Runs a coroutine on a new event loop, with a timeout, and returns its result."""

    async def with_timeout() -> object:
        return await asyncio.wait_for(fetch(key), seconds)

    return asyncio.run(with_timeout())
