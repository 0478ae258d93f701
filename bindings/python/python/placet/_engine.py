"""The engine's asynchronous method, which needs a Python coroutine."""

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
        """Decides a request like `decide`, on an asyncio event loop that keeps running while resolvers fetch.

        Coroutine resolvers run on the loop, functions on threads. If cached values suffice, the call does not wait.
        Cancelling it cancels the coroutines that it waits for and starts no further fetch; other decisions that share
        such a fetch start it again.

        Parameters
        ----------
        request : mapping, dataclass, pydantic model or None
            Like for `decide`.
        keys : mapping of str to object, optional
            Like for `decide`.
        depth : {"effect", "obligations", "reasons"}, default "effect"
            Like for `decide`.
        ignore_unknown : bool, default False
            Like for `decide`.
        **attributes
            Further attributes of the request.

        Returns
        -------
        Answer

        Raises
        ------
        RequestError, InvalidKeyError, RuntimeError
            Like `decide`.
        """
        begun = self._begin(request, keys=keys, depth=depth, ignore_unknown=ignore_unknown, **attributes)
        return begun if isinstance(begun, Answer) else await begun
