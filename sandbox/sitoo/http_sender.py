"""Real event calls from the sandbox process, in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from sandbox.sitoo.events import TIMEOUT_S


class HttpSender:
    """One httpx client on the running event loop; tasks are kept until they end."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, url: str, headers: dict[str, str], body: bytes, done: Callable[[int | None], None]) -> None:
        task = asyncio.get_running_loop().create_task(self._post(url, headers, body, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, url: str, headers: dict[str, str], body: bytes, done: Callable[[int | None], None]) -> None:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=None)
        status: int | None = None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status = (await self._client.post(url, headers=headers, content=body)).status_code
        except (httpx.HTTPError, TimeoutError):
            status = None
        done(status)
