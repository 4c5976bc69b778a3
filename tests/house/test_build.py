"""`make build` does nothing when nothing changed, and never leaves half a build behind. `sam` itself is replaced here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import build


class Sam:
    """Stands in for `sam build` and the compiler: writes one file, or fails half way."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.fails = False

    def __call__(self, runtime: str, architecture: str, target: Path) -> None:
        self.calls.append((runtime, architecture))
        target.mkdir()
        (target / "template.yaml").write_text(f"build {len(self.calls)}")
        if self.fails:
            raise build.BuildFailed("sam ended with 1")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {"template.yaml": "t", "tools/build.py": "b", "functions/f/app.py": "f", "shared/connector/x.py": "x"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(build, "ROOT", tmp_path)
    for name, path in {"WORK": ".aws-sam", "BUILD": ".aws-sam/build", "STAMP": ".aws-sam/build.inputs"}.items():
        monkeypatch.setattr(build, name, tmp_path / path)
    return tmp_path


@pytest.fixture
def sam(project: Path, monkeypatch: pytest.MonkeyPatch) -> Sam:
    replacement = Sam()
    monkeypatch.setattr(build, "sam_build", replacement)
    return replacement


def built(project: Path) -> str:
    return (project / ".aws-sam" / "build" / "template.yaml").read_text()


def test_it_builds_once(project: Path, sam: Sam) -> None:
    assert build.build("python3.13", "arm64") is True
    assert build.build("python3.13", "arm64") is False
    assert sam.calls == [("python3.13", "arm64")]
    assert built(project) == "build 1"


@pytest.mark.parametrize("changed", ["template.yaml", "tools/build.py", "functions/f/app.py", "shared/connector/x.py", "shared/connector/new.py"])
def test_it_builds_again_when_an_input_changes(project: Path, sam: Sam, changed: str) -> None:
    build.build("python3.13", "arm64")
    (project / changed).write_text("changed")
    assert build.build("python3.13", "arm64") is True
    assert built(project) == "build 2"


def test_it_builds_again_when_an_input_goes_away_or_is_renamed(project: Path, sam: Sam) -> None:
    build.build("python3.13", "arm64")
    (project / "shared/connector/x.py").rename(project / "shared/connector/y.py")
    assert build.build("python3.13", "arm64") is True
    (project / "shared/connector/y.py").unlink()
    assert build.build("python3.13", "arm64") is True
    assert len(sam.calls) == 3


def test_it_builds_again_for_another_runtime_or_architecture(project: Path, sam: Sam) -> None:
    for target in (("python3.13", "arm64"), ("python3.12", "arm64"), ("python3.12", "x86_64")):
        assert build.build(*target) is True
    assert len(sam.calls) == 3


def test_bytecode_is_no_input(project: Path, sam: Sam) -> None:
    build.build("python3.13", "arm64")
    (project / "functions/f/__pycache__").mkdir()
    (project / "functions/f/__pycache__/app.cpython-313.pyc").write_bytes(b"x")
    assert build.build("python3.13", "arm64") is False


def test_a_failed_build_leaves_the_last_good_one_and_is_tried_again(project: Path, sam: Sam) -> None:
    build.build("python3.13", "arm64")
    (project / "template.yaml").write_text("broken")
    sam.fails = True
    with pytest.raises(build.BuildFailed):
        build.build("python3.13", "arm64")
    assert built(project) == "build 1"
    sam.fails = False
    assert build.build("python3.13", "arm64") is True
    assert built(project) == "build 3"


def test_an_interpreter_that_is_not_there_is_named() -> None:
    with pytest.raises(build.BuildFailed, match=r"python3\.99 needs that interpreter"):
        build.interpreter("python3.99")


def test_the_interpreter_at_hand_is_the_projects_own() -> None:
    assert build.interpreter(build.runtime_at_hand()) == sys.executable


@pytest.mark.parametrize(("machine", "architecture"), [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("aarch64", "arm64"), ("arm64", "arm64")])
def test_architectures_by_the_name_of_the_machine(monkeypatch: pytest.MonkeyPatch, machine: str, architecture: str) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert build.architecture_at_hand() == architecture


def test_a_machine_that_lambda_does_not_know_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(build.BuildFailed, match="ARCHITECTURE="):
        build.architecture_at_hand()
