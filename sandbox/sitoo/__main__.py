"""The Sitoo sandbox as a process: `python -m sandbox.sitoo --port 8902`. Prints `ready http://…` when it serves."""

from __future__ import annotations

import argparse
import asyncio

import uvicorn
from starlette.applications import Starlette

from sandbox.clock import RealTime
from sandbox.http_sender import HttpSender
from sandbox.listening import listen
from sandbox.sitoo.app import create_app
from sandbox.sitoo.events import TIMEOUT_S
from sandbox.sitoo.state import SitooState


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.sitoo", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--account", type=int, default=90123)
    parser.add_argument("--site", type=int, default=1)
    parser.add_argument("--currency", default="SEK")
    parser.add_argument("--api-user", action="append", default=[], metavar="ID:PASSWORD", help="may be repeated")
    given = parser.parse_args()
    users = dict(user.split(":", 1) for user in given.api_user)
    clock = RealTime()
    state = SitooState(clock, account=given.account, site=given.site, api_users=users, currency=given.currency)
    state.feed.sender = HttpSender(lambda: TIMEOUT_S)
    asyncio.run(_serve(create_app(state, clock), given.host, given.port, given.account))


async def _serve(app: Starlette, host: str, port: int, account: int) -> None:
    listener = listen(host, port)
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    print(f"ready http://{host}:{listener.getsockname()[1]}/v2/accounts/{account}", flush=True)
    await server.serve(sockets=[listener])


if __name__ == "__main__":
    main()
