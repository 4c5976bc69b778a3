"""Real calls of a vendor's webhooks from its sandbox process, in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx


class HttpSender:
    """One httpx client on the running event loop; `timeout` gives the seconds a call may take. Tasks are kept until they end."""

    def __init__(self, timeout: Callable[[], float]) -> None:
        self._timeout = timeout
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
            async with asyncio.timeout(self._timeout()):
                status = (await self._client.post(url, headers=headers, content=body)).status_code
        except (httpx.HTTPError, TimeoutError):
            status = None
        done(status)
