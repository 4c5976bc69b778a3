"""Stands between the functions and the local AWS: passes requests on, or does to them what networks and services do on bad days."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar
from urllib.parse import urlsplit

SERVICES = ("SQS", "SECRETS_MANAGER", "DYNAMODB")
_LIMIT_S = 60


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of an AWS client; `forward` asks the local AWS with this body or another one."""

    body: bytes
    forward: Callable[[bytes], Reply]


Rule = Callable[[Asked], Reply | None]
"""What happens to a request; None: the connection is cut without an answer."""


R = TypeVar("R", bound=Rule)


class Held:
    """Requests wait here while the rule is in force and are cut off then. `stored`: the local AWS does what they ask before they wait."""

    def __init__(self, *, stored: bool = False) -> None:
        self._stored, self._waiting, self._over = stored, threading.Semaphore(0), threading.Event()

    def __call__(self, asked: Asked) -> Reply | None:
        if self._stored:
            asked.forward(asked.body)
        self._waiting.release()
        self._over.wait(_LIMIT_S)
        return None

    def wait_for_one(self) -> None:
        assert self._waiting.acquire(timeout=_LIMIT_S), "nothing was asked"

    def release(self) -> None:
        self._over.set()


def broken(_asked: Asked) -> Reply:
    """The service answers that it failed."""
    return Reply(500, json.dumps({"__type": "InternalFailure", "message": "no"}).encode())


def answer_lost(asked: Asked) -> None:
    """The service does what it was asked, and the connection breaks before its answer."""
    asked.forward(asked.body)


def last_of_several_failed(asked: Asked) -> Reply:
    """SQS takes all entries of a batch but the last one; a batch of one passes."""
    batch = json.loads(asked.body)
    *taken, last = batch["Entries"]
    if not taken:
        return asked.forward(asked.body)
    answer = json.loads(asked.forward(json.dumps(batch | {"Entries": taken}).encode()).body)
    answer["Failed"] = [{"Id": last["Id"], "SenderFault": False, "Code": "InternalError", "Message": "no"}]
    return Reply(200, json.dumps(answer).encode())


class Between:
    """Listens from construction to `close`; `target` (the local AWS) is set before the first request."""

    def __init__(self) -> None:
        self.target = ""
        self._rules: dict[str, Rule] = {}
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, name="between", daemon=True).start()

    def variables(self) -> dict[str, str]:
        """What leads a function's AWS clients here."""
        return {f"AWS_ENDPOINT_URL_{service}": f"http://127.0.0.1:{self._server.server_port}" for service in SERVICES}

    @contextmanager
    def at(self, operation: str, rule: R) -> Iterator[R]:
        """Have `rule` in force for an operation (SendMessageBatch, GetSecretValue …)."""
        self._rules[operation] = rule
        try:
            yield rule
        finally:
            del self._rules[operation]
            if isinstance(rule, Held):
                rule.release()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, headers: Mapping[str, str], body: bytes) -> Reply | None:
        rule = self._rules.get(headers.get("X-Amz-Target", "").rpartition(".")[2])
        asked = Asked(body, lambda changed: self._forward(headers, changed))
        return rule(asked) if rule else asked.forward(body)

    def _forward(self, headers: Mapping[str, str], body: bytes) -> Reply:
        connection = http.client.HTTPConnection(urlsplit(self.target).netloc, timeout=_LIMIT_S)
        passed = {name: value for name, value in headers.items() if name.lower() not in ("host", "content-length", "connection")}
        with closing(connection):
            connection.request("POST", "/", body, passed)
            answer = connection.getresponse()
            return Reply(answer.status, answer.read())


class _Server(ThreadingHTTPServer):
    """One thread per connection."""

    daemon_threads = True

    def __init__(self, between: Between) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.between = between


class _Exchange(BaseHTTPRequestHandler):
    """One connection. AWS clients name the length of what they send."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        reply = self.server.between.answer(dict(self.headers.items()), body)
        if reply is None:
            self.close_connection = True
            return
        # A caller that was killed or has given up is gone by now.
        with suppress(OSError):
            self.send_response_only(reply.status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged."""
