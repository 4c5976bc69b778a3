"""What the demo measured on the real local stack, if it has been played: for information, beside the simulated burst."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bench.emulated import PROJECT
from bench.figures import Figure

SUMMARY = PROJECT / "build" / "demo" / "summary.json"


def measure(told: Callable[[str], None]) -> list[Figure]:
    told("the demo's summary")
    if not SUMMARY.exists():
        return []
    return figures_of(json.loads(SUMMARY.read_text(encoding="utf-8")))


def figures_of(summary: dict[str, Any]) -> list[Figure]:
    """p50 and p95 of each path of the demo's latencies."""
    how = "the demo's latest day on the local stack, its faults included: real processes on this machine, path {}"
    return [
        Figure(f"stock.demo.{_name(path)}_{rank}", float(found[rank]), "s", int(found["n"]), how.format(path))
        for path, found in summary["latency_s"].items()
        for rank in ("p50", "p95")
    ]


def _name(path: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in path.lower()).split())
