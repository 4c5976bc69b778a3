"""What a Lambda runtime has and this machine has not: the emulator, and a place with only what the managed Python runtime ships."""

from __future__ import annotations

import compileall
import platform
import re
import shutil
from importlib import metadata
from pathlib import Path

_SHIPPED_BY_AWS = ("boto3", "awslambdaric")
_NAME = re.compile(r"^[A-Za-z0-9._-]+")


class EmulatorMissing(RuntimeError):
    """There is no Runtime Interface Emulator for this machine; the message says what to do."""


def find_emulator(sam_environment: Path, into: Path) -> Path:
    """A runnable copy of the emulator that aws-sam-cli ships, below `into`."""
    machine = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower(), "")
    found = sorted(sam_environment.glob(f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"))
    if platform.system() != "Linux" or not machine or not found:
        raise EmulatorMissing(f"no Lambda emulator for {platform.system()} {platform.machine()} in {sam_environment}: needs Linux and `make setup`")
    target = into / found[0].name
    if not target.exists() or target.stat().st_size != found[0].stat().st_size:
        into.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".new")
        shutil.copyfile(found[0], unfinished)
        unfinished.chmod(0o755)
        unfinished.replace(target)
    return target


def runtime_packages(into: Path) -> Path:
    """A folder with links to boto3, the runtime client and what they need: functions see these and their own code, nothing else of this environment.

    The linked packages are compiled if they are not, as they are in the managed runtime (without, INIT takes twice as long).
    """
    into.mkdir(parents=True, exist_ok=True)
    for distribution in _with_requirements(_SHIPPED_BY_AWS):
        for top in {Path(str(file)).parts[0] for file in metadata.files(distribution) or []}:
            source = Path(str(metadata.distribution(distribution).locate_file(top)))
            if top in ("..", "__pycache__") or not source.exists():
                continue
            link = into / top
            if link.is_symlink() and link.resolve() != source.resolve():
                link.unlink()
            if not link.is_symlink():
                link.symlink_to(source)
            if source.is_dir() and (source / "__init__.py").exists() and not (source / "__pycache__").is_dir():
                compileall.compile_dir(source, quiet=2)
    return into


def _with_requirements(names: tuple[str, ...]) -> list[str]:
    waiting, found = list(names), []
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.append(name)
        for requirement in metadata.requires(name) or []:
            match = _NAME.match(requirement)
            if match and "extra ==" not in requirement and _installed(match.group()):
                waiting.append(match.group())
    return found


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
