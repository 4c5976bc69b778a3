"""What went wrong, in a sentence an operator can act on."""

from __future__ import annotations

from typing import Any

import typer
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from typer.core import TyperGroup

from connector.centra import errors as centra
from connector.runtime.budget import BudgetExhausted
from connector.runtime.queues import QueueUnavailable
from connector.runtime.sitoo_lock import LockBusy
from connector.sitoo import errors as sitoo
from connector.store.dynamo.connection import StoreBusy
from connector.store.leases import LeaseLost
from ops.connection import Connection, Refusal
from ops.wording import called_as, clock_time, pasteable

_WHEN_DOWN = "Run the command again when it answers, it goes on where it was; what else to do is in docs/runbooks/vendor-down.md."
_SIGN_IN = "Sign in first: `aws configure` or `aws sso login`, and export AWS_PROFILE=… when you have several accounts."
_NOT_SIGNED_IN = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"}


def sentence(error: BaseException) -> str | None:
    """None for what is a fault of the program itself: that deserves its traceback."""
    match error:
        case Refusal():
            return str(error)
        case centra.Unauthorised():
            return "Centra refuses the token: it is wrong or expired. Make a new one (System > API Tokens) and put it into the secret."
        case sitoo.Unauthorised():
            return "Sitoo refuses the API user: its id or password is wrong. Correct them in the secret."
        case centra.Throttled(until=until) | sitoo.Throttled(until=until) | BudgetExhausted(until=until) | LockBusy(until=until):
            return f"The vendor may not be called before {clock_time(until)}; run the command again then. What was done so far is kept."
        case centra.Refused():
            return f"Centra refused the request: {error}. `ops doctor` tells whether its schema differs from what the connector expects."
        case sitoo.Refused():
            return f"{error}"
        case sitoo.Unconfirmed():
            return f"Sitoo's answer cannot be trusted, so nothing was concluded from it: {error}"
        case centra.CentraError():
            return f"Centra did not answer as it should: {error}. {_WHEN_DOWN}"
        case sitoo.SitooError():
            return f"Sitoo did not answer as it should: {error}. {_WHEN_DOWN}"
        case LeaseLost():
            return "Somebody else took over this work meanwhile; what was done so far is kept."
        case QueueUnavailable() | StoreBusy() | BotoCoreError() | ClientError():
            return _of_aws(error)
        case _:
            return None


def _of_aws(error: Exception) -> str:
    match error:
        case NoRegionError():
            return "AWS does not know which region: export AWS_DEFAULT_REGION=… with the one you deployed to (eu-north-1), or run `aws configure`."
        case NoCredentialsError() | PartialCredentialsError() | TokenRetrievalError() | SSOError() | ProfileNotFound():
            return f"AWS does not let you in: {error}. {_SIGN_IN}"
        case ClientError() if error.response.get("Error", {}).get("Code") in _NOT_SIGNED_IN:
            return f"AWS does not let you in: {error.response['Error'].get('Message', error)}. {_SIGN_IN}"
        case _:
            return f"AWS (or the local stack) did not answer as it should: {error}"


class PlainGroup(TyperGroup):
    """A command group that tells a failure in one sentence on standard error, exit code 1, instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            text = _misplaced(error) or sentence(error)
            if text is None:
                raise
            made = ctx.obj
            local, stage = bool(ctx.params.get("local")), ctx.params.get("stage")
            called = made.called if isinstance(made, Connection) else called_as(local=local, stage=stage)
            typer.secho(pasteable(text, called), fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from error


def _misplaced(error: Exception) -> str | None:
    """An option of `ops` itself, typed after the command."""
    option = getattr(error, "option_name", None)
    return f"Put {option} before the command, as in `ops --local doctor`." if option in ("--local", "--stage") else None
