"""A second demo, or one beside a local stack, says who is in the way and touches nothing."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from sandbox.demo import __main__ as demo
from sandbox.local_stack.folder_claim import FolderClaim, FolderTaken


@pytest.mark.parametrize("taken", ["demo", "local"])
def test_a_second_demo_leaves_the_files_of_the_first(
    taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "FOLDER", tmp_path / "demo")
    monkeypatch.setattr(demo, "LOCAL_FOLDER", tmp_path / "local")
    monkeypatch.setattr(sys, "argv", ["demo"])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "report.html").write_text("the last day")
    claim = FolderClaim(tmp_path / taken, "somebody")
    assert demo.main() == 1
    assert f"somebody (pid {os.getpid()}) works in {tmp_path / taken}" in capsys.readouterr().err
    assert (tmp_path / "demo" / "report.html").read_text() == "the last day"
    claim.release()


def test_a_claim_is_free_again_once_released(tmp_path: Path) -> None:
    first = FolderClaim(tmp_path / "local", "one")
    with pytest.raises(FolderTaken, match="one \\(pid"):
        FolderClaim(tmp_path / "local", "two")
    first.release()
    first.release()
    FolderClaim(tmp_path / "local", "three").release()
