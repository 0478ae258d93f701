"""The engine, where Python's own coroutines are needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, final

from placet import _placet
from placet._placet import Answer


@final
class Engine(_placet.Engine):
    __doc__ = _placet.Engine.__doc__
    __module__ = "placet"
    __slots__ = ()

    async def decide_async(
        self,
        request: object = None,
        /,
        *,
        keys: Mapping[str, Any] | None = None,
        depth: Literal["effect", "obligations", "reasons"] = "effect",
        ignore_unknown: bool = False,
        **attributes: object,
    ) -> Answer:
        """Decides a request as `decide` does, on an event loop of asyncio, which goes on while resolvers are asked.

        Resolvers that are coroutine functions run on the loop; others on threads. Where what is kept is enough, nothing
        is waited for. Cancelled, it asks no further, and a coroutine that it waits for is cancelled; other decisions that
        wait for the same fetch it anew.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            As for `decide`.
        keys : mapping of str to object, optional
            As for `decide`.
        depth : {"effect", "obligations", "reasons"}, default "effect"
            As for `decide`.
        ignore_unknown : bool, default False
            As for `decide`.
        **attributes
            Further attributes.

        Returns
        -------
        Answer

        Raises
        ------
        RequestError, RuntimeError
            As `decide`.
        """
        begun = self._begin(request, keys=keys, depth=depth, ignore_unknown=ignore_unknown, **attributes)
        return begun if isinstance(begun, Answer) else await begun
