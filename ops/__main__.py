"""`ops`: the operators' command. `python -m ops` and the console script `ops` start here."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from ops import doctor, exceptions, mapping, order, returns, sku_map, stock
from ops.connection import Refusal
from ops.failures import PlainGroup
from ops.wording import called_as

app = typer.Typer(cls=PlainGroup, no_args_is_help=True, help="Run the connector between Centra and Sitoo.", pretty_exceptions_enable=False)
app.add_typer(mapping.app, name="mapping")
app.add_typer(sku_map.app, name="sku-map")
app.add_typer(stock.app, name="stock")
app.add_typer(order.app, name="order")
app.add_typer(returns.app, name="return")
app.add_typer(exceptions.app, name="exceptions")
app.command("doctor")(doctor.doctor)


class Stage(StrEnum):
    DEV = "dev"
    PROD = "prod"


@app.callback()
def choose(
    ctx: typer.Context,
    local: Annotated[bool, typer.Option("--local", help="Talk to the running local stack (make local, make demo).")] = False,
    stage: Annotated[Stage | None, typer.Option("--stage", help="Talk to the deployed stack of this stage.")] = None,
) -> None:
    """Choose the stack; what is chosen is connected to when a command first needs it, so that help needs none."""
    if ctx.obj is None:
        ctx.obj = partial(_connect, local, stage, ctx.invoked_subcommand or "doctor")


def _connect(local: bool, stage: Stage | None, command: str) -> object:
    if local == (stage is not None):
        here, there = (called_as(local=is_local, stage="dev") for is_local in (True, False))
        raise Refusal(
            f"Say which stack{', not both' if local else ''}; put it before the command, one of them: `{here} {command} …` for the one that"
            f" `make local` or `make demo` runs here, `{there} {command} …` (or prod) for a deployed one."
        )
    from ops.connect import connect
    from ops.stack import deployed_stack, local_stack

    called = called_as(local=local, stage=stage)
    return connect(local_stack() if stage is None else deployed_stack(stage.value), Console(), called)


if __name__ == "__main__":
    app(prog_name="ops")
