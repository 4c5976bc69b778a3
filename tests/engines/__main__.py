"""`python -m tests.engines`: the storage and queue contracts on DynamoDB Local and ElasticMQ.

Needs Java 17 and Maven; the first run downloads both engines (about 90 MB) into build/engines. Further arguments go to pytest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POM = Path(__file__).with_name("pom.xml")
BUILD = ROOT / "build" / "engines"
START_S = 60


def main(arguments: Sequence[str]) -> int:
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    if missing:
        print(f"make engines needs Java 17 and Maven; not found: {', '.join(missing)}", file=sys.stderr)
        return 2
    libraries = download()
    dynamodb, sqs = free_port(), free_port()
    with ExitStack() as engines:
        engines.enter_context(engine("dynamodb-local", dynamodb_local(libraries, dynamodb), dynamodb))
        engines.enter_context(engine("elasticmq", elasticmq(libraries, sqs), sqs))
        environment = {**os.environ, "ENGINE_DYNAMODB_URL": f"http://127.0.0.1:{dynamodb}", "ENGINE_SQS_URL": f"http://127.0.0.1:{sqs}"}
        return subprocess.run([sys.executable, "-m", "pytest", "tests/store", "tests/queues", *arguments], cwd=ROOT, env=environment).returncode


def download() -> Path:
    """The folder with both engines' libraries; kept until the pom changes."""
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()[:16]
    folder = BUILD / f"lib-{digest}"
    if not folder.is_dir():
        print("Downloading DynamoDB Local and ElasticMQ …", flush=True)
        partial = BUILD / f"partial-{os.getpid()}"
        subprocess.run(["mvn", "-q", "-B", "-f", POM, "dependency:copy-dependencies", f"-DoutputDirectory={partial}"], check=True)
        partial.rename(folder)
    return folder


def dynamodb_local(libraries: Path, port: int) -> list[str]:
    runner = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"
    return [f"-Dsqlite4java.library.path={libraries}", "-cp", f"{libraries}/*", runner, "-inMemory", "-disableTelemetry", "-port", str(port)]


def elasticmq(libraries: Path, port: int) -> list[str]:
    places = ("node-address.host", "127.0.0.1"), ("node-address.port", port), ("rest-sqs.bind-hostname", "127.0.0.1"), ("rest-sqs.bind-port", port)
    settings = [f"-D{name}={value}" for name, value in (*places, ("rest-stats.enabled", "false"))]
    return [*settings, "-cp", f"{libraries}/*", "org.elasticmq.server.Main"]


@contextmanager
def engine(name: str, command: Sequence[str], port: int) -> Iterator[None]:
    """Runs until the block ends; its output is in build/engines/<name>.log."""
    log = BUILD / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(["java", "-Xmx512m", *command], stdout=out, stderr=subprocess.STDOUT, cwd=BUILD)
        try:
            wait_until_it_answers(name, process, port, log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def wait_until_it_answers(name: str, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{name} did not start; the end of {log}:\n{log.read_text(errors='replace')[-2000:]}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
