"""The Centra sandbox as a process: `python -m sandbox.centra --port 8901`. Prints `ready http://…/graphql` when it serves."""

from __future__ import annotations

import argparse
import asyncio

import uvicorn
from starlette.applications import Starlette

from sandbox.centra.app import create_app
from sandbox.centra.limits import PLANS
from sandbox.centra.state import CentraState
from sandbox.clock import RealTime
from sandbox.http_sender import HttpSender
from sandbox.listening import listen


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.centra", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default="sandbox-token")
    parser.add_argument("--plan", choices=[*PLANS, "none"], default="growth", help="whose rate limits are enforced")
    given = parser.parse_args()
    clock = RealTime()
    state = CentraState(clock, token=given.token)
    state.throttle(plan=None if given.plan == "none" else given.plan)
    state.hooks.sender = HttpSender(lambda: state.hooks.settings.timeout)
    asyncio.run(_serve(create_app(state, clock), given.host, given.port))


async def _serve(app: Starlette, host: str, port: int) -> None:
    listener = listen(host, port)
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    print(f"ready http://{host}:{listener.getsockname()[1]}/graphql", flush=True)
    await server.serve(sockets=[listener])


if __name__ == "__main__":
    main()
