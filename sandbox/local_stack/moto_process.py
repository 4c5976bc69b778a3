"""moto's server as a process of its own: `python -m sandbox.local_stack.moto_process PORT`.

The application is moto's; what is ours makes a call cost half: connections stay open (werkzeug's server closes each), requests are not logged,
and two functions that moto calls hundreds of times a request are replaced by faster ones with the same result.
"""

from __future__ import annotations

import io
import signal
import sys
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import moto.backends
import moto.sqs.models
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox.moto_dynamodb import mend_dynamodb

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class MotoServer(ThreadingHTTPServer):
    """One thread per connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, application: Application) -> None:
        super().__init__(("127.0.0.1", port), _Exchange)
        self.application = application


class _Exchange(BaseHTTPRequestHandler):
    """WSGI over HTTP/1.1 with open connections. Every request of the AWS clients names its length, so nothing is left unread."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: MotoServer

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = b"".join(self.server.application(self._environ(body), self._start))
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer if self.command != "HEAD" else b"")
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""

    def _start(self, status: str, headers: list[tuple[str, str]], error: Any = None) -> None:
        self.send_response_only(int(status.split()[0]))
        for name, value in headers:
            if name.lower() not in ("content-length", "connection"):
                self.send_header(name, value)

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        return environ


def quicken_moto() -> None:
    """Read the list of moto's modules from disk once, not per request; the clock without detours (SQS reads it for each message at each send)."""
    modules = tuple(moto.backends.list_of_moto_modules())
    vars(moto.backends)["list_of_moto_modules"] = lambda: modules
    vars(moto.sqs.models)["unix_time_millis"] = lambda: time.time() * 1000


def main() -> None:
    quicken_moto()
    mend_dynamodb()
    server = MotoServer(int(sys.argv[1]), DomainDispatcherApplication(create_backend_app))
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: sys.exit(0))
    server.serve_forever()


if __name__ == "__main__":
    main()
