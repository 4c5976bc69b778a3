"""`make demo`: play the day, check what must hold, write build/demo/summary.json and build/demo/report.html. Exit code 0 when all of it held."""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from connector.runtime.clock import SystemClock
from ops.connection import Refusal
from sandbox.demo.checks import check
from sandbox.demo.day import Day, Played
from sandbox.demo.evidence import Evidence
from sandbox.demo.latency import Latencies, measure, writes_of
from sandbox.demo.leaks import found_in
from sandbox.demo.operator import OperatorFailed
from sandbox.demo.report import render
from sandbox.demo.script import STANDARD_S
from sandbox.demo.summary import passed, show, summarise
from sandbox.demo.timeline import steps
from sandbox.demo.vendors import PROJECT, VendorFailed
from sandbox.demo.view import View
from sandbox.local_stack.aws import AwsNotStarted
from sandbox.local_stack.folder_claim import FolderClaim, FolderTaken
from sandbox.local_stack.runtime_files import EmulatorMissing
from sandbox.local_stack.stack import LOCAL_FOLDER, NotBuilt

FOLDER = PROJECT / "build" / "demo"
CANNOT = (NotBuilt, EmulatorMissing, AwsNotStarted, VendorFailed, OperatorFailed, FolderTaken, Refusal)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description=__doc__)
    parser.add_argument("--seconds", type=float, default=STANDARD_S, help="how long trade lasts (default %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="another seed plans another day")
    arguments = parser.parse_args()
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.default_int_handler)
    try:
        claim = FolderClaim(FOLDER, "a demo")
    except FolderTaken as taken:
        return _cannot(taken)
    try:
        # The day takes this one itself, later; a local stack at work must not cost a demo's files.
        FolderClaim(LOCAL_FOLDER, "a demo").release()
        return play(arguments.seconds, arguments.seed)
    except FolderTaken as taken:
        return _cannot(taken)
    finally:
        claim.release()


def play(seconds: float, seed: int) -> int:
    """Clear the folder, play, judge; the exit code."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    # The view owns the terminal; what libraries complain of, if they do, goes into a file.
    complaints = logging.FileHandler(FOLDER / "demo.log", delay=True)
    logging.basicConfig(handlers=[complaints], level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    console, clock = Console(), SystemClock()
    try:
        with View(console, clock.now) as view:
            played = Day(FOLDER, seconds, seed, view, clock).play()
        return finish(console, played, FOLDER)
    except KeyboardInterrupt:
        console.print("Stopped; everything that was started has ended.")
        return 130
    except CANNOT as problem:
        return _cannot(problem)


def _cannot(problem: Exception) -> int:
    print(f"the demo cannot go on: {problem}", file=sys.stderr)
    return 1


def finish(console: Console, played: Played, folder: Path) -> int:
    """Judge, measure, tell and write down."""
    evidence = played.evidence
    started_at = evidence.journal.started_at
    commits = [row for row in evidence.logs.sitoo_commits if row["at"] >= started_at and row["sku"] != evidence.unmapped]
    timelines = steps(evidence.shops, played.opening_sitoo, commits, evidence.journal.held_back, evidence.journal.paths)
    latencies = measure(timelines, played.opening_centra, writes_of(evidence.logs.centra_commits, started_at), evidence.journal.windows)
    summary, page = _written(played, evidence, latencies)
    secrets = [secret for placed in evidence.journal.placed for secret in placed.secrets]
    if told := found_in([("summary.json", json.dumps(summary, ensure_ascii=False)), ("report.html", page)], secrets):
        evidence = replace(evidence, web=replace(evidence.web, leaks=[*evidence.web.leaks, *told]))
        summary, page = _written(played, evidence, latencies)
    (folder / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "report.html").write_text(page, encoding="utf-8")
    show(console, summary, evidence.cases)
    console.print(f"\nThe whole story: {folder / 'report.html'}", soft_wrap=True)
    return 0 if passed(summary) else 1


def _written(played: Played, evidence: Evidence, latencies: Latencies) -> tuple[dict[str, Any], str]:
    """The summary and the page."""
    summary = summarise(evidence, check(evidence), latencies, played.calls_before_trade)
    return summary, render(summary, evidence, latencies, played.commands)


if __name__ == "__main__":
    sys.exit(main())
