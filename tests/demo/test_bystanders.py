"""Who else takes part in the demo: the operator, the processes, and the view of what is left to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.demo.leftovers import family, left_of
from sandbox.demo.observer import Unsettled
from sandbox.demo.operator import Operator, OperatorFailed
from sandbox.demo.vendors import Vendor, VendorFailed
from sandbox.local_stack.processes import Warden


def test_a_process_that_still_runs_is_found_and_one_that_ended_is_not() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = family()
    assert child.pid in started
    assert left_of(started) != []
    child.communicate(b"\n")
    assert left_of({child.pid: started[child.pid]}) == []


def test_a_number_used_again_is_not_the_same_process() -> None:
    assert left_of({1: "1 since 0: something that was there before"}) == []


def test_what_the_operator_gets_told_is_kept(tmp_path: Path) -> None:
    operator = Operator(tmp_path / "ops.log")
    with pytest.raises(OperatorFailed, match="ended with 2"):
        operator.ops("no-such-command")
    assert operator.commands == ["ops --local no-such-command"]
    assert (tmp_path / "ops.log").read_text().startswith("$ ops --local no-such-command\n")


def test_a_vendor_is_a_process_that_takes_control_actions_and_ends() -> None:
    warden = Warden()
    try:
        with Vendor("sitoo", warden, "--site", "3") as sitoo:
            sitoo.control("add_warehouse", id=1, name="Alpha")
            assert sitoo.control("snapshot") == {"1": {}}
            assert sitoo.url.startswith("http://127.0.0.1:")
            with pytest.raises(VendorFailed, match="refused receive"):
                sitoo.control("receive", warehouse=9, skus={"CAP": 1})
            running = {pid: name for pid, name in family().items() if "sandbox.sitoo" in name}
            assert running
        assert left_of(running) == []
    finally:
        warden.close()


def test_a_vendor_that_cannot_start_is_an_error() -> None:
    warden = Warden()
    try:
        with pytest.raises(VendorFailed, match="did not start"):
            Vendor("centra", warden, "--plan", "no such plan")
    finally:
        warden.close()


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (Unsettled(0, 0, 0, 0, False), "nothing"),
        (Unsettled(3, 1, 0, 0, False), "3 SKUs to look at, 1 unconfirmed writes"),
        (Unsettled(0, 0, 2, 4, True), "2 unread transactions, 4 undelivered events, 1 bookings or Centra's changes not read yet"),
    ],
)
def test_what_is_left_to_do_is_said_in_words(left: Unsettled, text: str) -> None:
    assert str(left) == text
    assert left.nothing == (text == "nothing")
