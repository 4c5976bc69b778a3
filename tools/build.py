"""`make build`: the deployable functions and layer in .aws-sam/build, without Docker, precompiled.

Runtime and architecture are those at hand unless given. Nothing happens while the inputs are unchanged. The result is built beside the
old one and swapped in at the end, so that a running local stack or a second build never sees half of it.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".aws-sam"
BUILD = WORK / "build"
STAMP = WORK / "build.inputs"
WHEELHOUSE = ROOT / ".venv" / "wheelhouse"
INPUT_FILES = ("template.yaml", "tools/build.py")
INPUT_FOLDERS = ("functions", "shared")
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


class BuildFailed(Exception):
    """What to tell the person who ran the build."""


def runtime_at_hand() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def architecture_at_hand() -> str:
    machine = platform.machine().lower()
    if machine not in ARCHITECTURES:
        raise BuildFailed(f"Lambda has no architecture like this machine's ({machine}); pass ARCHITECTURE=arm64 or x86_64")
    return ARCHITECTURES[machine]


def input_paths() -> Iterator[Path]:
    for name in INPUT_FILES:
        yield ROOT / name
    for folder in INPUT_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def fingerprint(runtime: str, architecture: str) -> str:
    digest = hashlib.sha256(f"{runtime} {architecture} {sys.version}".encode())
    for path in input_paths():
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def interpreter(runtime: str) -> str:
    """The interpreter whose bytecode the functions will load: the project's own, else one on the PATH."""
    if runtime == runtime_at_hand():
        return sys.executable
    found = shutil.which(runtime)
    if found is None:
        raise BuildFailed(f"building for {runtime} needs that interpreter on the PATH; at hand is {runtime_at_hand()}")
    return found


def run_quietly(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise BuildFailed(f"{done.stdout}\n{Path(command[0]).name} ended with {done.returncode}")


def build_environment(python: str) -> dict[str, str]:
    """pip inside `sam build` uses the wheels that setup fetched and verified: offline, and the locked versions."""
    environment = dict(os.environ, SAM_CLI_TELEMETRY="0", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(WHEELHOUSE), PIP_DISABLE_PIP_VERSION_CHECK="1")
    environment["PATH"] = f"{Path(python).parent}{os.pathsep}{environment['PATH']}"
    environment.pop("PYTHONPATH", None)
    return environment


def sam_build(runtime: str, architecture: str, target: Path) -> None:
    python = interpreter(runtime)
    environment = build_environment(python)
    overrides = [f"ParameterKey=Runtime,ParameterValue={runtime}", f"ParameterKey=Architecture,ParameterValue={architecture}"]
    sam = str(ROOT / ".venv-sam" / "bin" / "sam")
    run_quietly([sam, "build", "--build-dir", str(target), "--parameter-overrides", *overrides], environment)
    # A hash that is never checked spares each cold start one stat per module, and survives the zip's changed file times.
    run_quietly([python, "-m", "compileall", "-q", "-f", "-j", "2", "--invalidation-mode", "unchecked-hash", str(target)], environment)


def swap_in(target: Path) -> None:
    old = WORK / "old"
    shutil.rmtree(old, ignore_errors=True)
    if BUILD.exists():
        BUILD.rename(old)
    target.rename(BUILD)
    shutil.rmtree(old, ignore_errors=True)


def build(runtime: str, architecture: str) -> bool:
    """Bring .aws-sam/build up to date. True when there was something to do. Waits for a build that is already running."""
    WORK.mkdir(exist_ok=True)
    with (WORK / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = fingerprint(runtime, architecture)
        if BUILD.exists() and STAMP.exists() and STAMP.read_text() == wanted:
            return False
        target = WORK / "next"
        shutil.rmtree(target, ignore_errors=True)
        STAMP.unlink(missing_ok=True)
        sam_build(runtime, architecture, target)
        swap_in(target)
        STAMP.write_text(wanted)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(prog="make build", description=__doc__)
    parser.add_argument("--runtime", help="e.g. python3.13; default: the interpreter at hand")
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], help="default: this machine's")
    arguments = parser.parse_args()
    try:
        runtime = arguments.runtime or runtime_at_hand()
        architecture = arguments.architecture or architecture_at_hand()
        changed = build(runtime, architecture)
    except BuildFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"built for {runtime} on {architecture}" if changed else "build is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
