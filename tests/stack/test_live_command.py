"""`python -m sandbox.local_stack` as a process: it says when it is ready and leaves nothing behind, however it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

from sandbox.local_stack.processes import session_members
from tests.stack.conftest import ENV

PROJECT = Path(__file__).parents[2]
UNUSED = ("centra_order_api_url", "centra_order_api_secret", "mapping_file")


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    path = tmp_path / "local.env"
    path.write_text("\n".join(f"{key.upper()}={value}" for key, value in asdict(ENV).items() if key not in UNUSED) + "\nMAPPING_FILE=my.yaml\n")
    return path


def run(env_file: Path, build: Path, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sandbox.local_stack", "--env-file", str(env_file)]
    return subprocess.Popen(
        [*command, "--template", str(build / "template.yaml"), "--folder", str(folder)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def descendants(pid: int) -> set[int]:
    """The sessions of a process's children."""
    children = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return {int(child) for text in children for child in text.split()}


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_is_ready_and_ends_with_everything_it_started(env_file: Path, build: Path, tmp_path: Path, signum: signal.Signals) -> None:
    process = run(env_file, build, tmp_path)
    assert process.stdout is not None
    hint, ready = process.stdout.readline(), process.stdout.readline()
    assert "ops --local mapping apply my.yaml" in hint
    assert ready.startswith("ready http://127.0.0.1:")
    described = json.loads((tmp_path / "stack.json").read_text())
    assert described["pid"] == process.pid
    assert httpx.post(f"{described['gateway']}/echo").status_code == 200
    sessions = descendants(process.pid)
    assert len(sessions) == 3
    process.send_signal(signum)
    _, complaints = process.communicate(timeout=20)
    deadline = time.monotonic() + 5
    while any(session_members(session) for session in sessions):
        assert time.monotonic() < deadline, "a process is left"
        time.sleep(0.05)
    assert complaints == ""
    if signum is not signal.SIGKILL:
        assert process.returncode == 0
        assert not (tmp_path / "stack.json").exists()


def test_what_is_wrong_with_the_file_is_said_at_once(build: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.env"
    path.write_text("CENTRA_TOKEN=x\nNONSENSE=1\nno pair\nPORT=99999999\n")
    process = run(path, build, tmp_path)
    _, complaints = process.communicate(timeout=20)
    assert process.returncode == 1
    for text in ("SITOO_PASSWORD", "are missing", "unknown key NONSENSE", "line 3", "PORT must be"):
        assert text in complaints


def test_a_missing_build_is_named(env_file: Path, tmp_path: Path) -> None:
    process = run(env_file, tmp_path / "nowhere", tmp_path)
    _, complaints = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "make build" in complaints


def test_a_second_stack_touches_nothing_of_the_first(env_file: Path, build: Path, tmp_path: Path) -> None:
    folder = tmp_path / "local"
    first = run(env_file, build, folder)
    assert first.stdout is not None
    assert first.stdout.readline()
    assert first.stdout.readline().startswith("ready ")
    described, logs = (folder / "stack.json").read_text(), sorted(path.name for path in (folder / "logs").iterdir())
    second = run(env_file, build, folder)
    _, complaints = second.communicate(timeout=20)
    assert second.returncode == 1
    assert f"a local stack (pid {first.pid}) works in {folder}" in complaints
    assert (folder / "stack.json").read_text() == described
    assert sorted(path.name for path in (folder / "logs").iterdir()) == logs
    assert httpx.post(f"{json.loads(described)['gateway']}/echo").status_code == 200
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=20)
    assert not (folder / "stack.json").exists()


def test_a_taken_port_leaves_the_folder_as_it_is(env_file: Path, build: Path, tmp_path: Path) -> None:
    folder = tmp_path / "local"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "Old.log").write_text("what happened before")
    (folder / "stack.json").write_text("{}")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        env_file.write_text(env_file.read_text().replace("PORT=0", f"PORT={port}"))
        process = run(env_file, build, folder)
        _, complaints = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"port {port} is taken" in complaints
    assert (folder / "logs" / "Old.log").read_text() == "what happened before"
    assert (folder / "stack.json").read_text() == "{}"


def test_a_missing_file_names_the_page_that_explains_it(build: Path, tmp_path: Path) -> None:
    process = run(tmp_path / "no.env", build, tmp_path)
    _, complaints = process.communicate(timeout=20)
    assert process.returncode == 1
    assert complaints.count("no.env") == 1
    assert "docs/local-stack.md" in complaints


def test_a_file_that_is_something_else_is_not_told_line_by_line(build: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.env"
    path.write_text("just prose\n" * 40)
    process = run(path, build, tmp_path)
    _, complaints = process.communicate(timeout=20)
    assert complaints.count("is no KEY=VALUE") == 4
    assert "and 36 more" in complaints
