"""Cold starts and warm receivers under the emulator."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from bench.emulated import Stage, centra_events, drained, invoke, nudge, sitoo_events, stored
from bench.figures import Figure, percentile
from connector.domain.configuration import CentraSettings, Plan, Site, SitooWarehouse, Store
from connector.domain.configuration import Mapping as MappingFile

COLD_STARTS = 20
WARM_CALLS = 250
RECEIVER_GOAL, DRAIN_GOAL, WARM_GOAL_MS = 1.3, 1.8, 8.0
MAPPING = MappingFile(
    version=1,
    sites=(Site(1, "SEK", "Europe/Stockholm", (Store("One", 11, (SitooWarehouse(101),), 1),)),),
    centra=CentraSettings(plan=Plan.ENTERPRISE),
)

Events = Mapping[str, tuple[Callable[[], dict[str, Any]], Callable[[Any], bool]]]
"""Per function: makes its event, tells whether the answer is right."""

EVENTS: Events = {
    "Baseline": (dict, lambda answer: bool(answer["sent"])),
    "CentraWebhook": (lambda: centra_events([2735]), stored),
    "SitooWebhook": (lambda: sitoo_events([991]), stored),
    "SyncStoreStock": (nudge, drained),
}


def measure(stage: Stage, told: Callable[[str], None]) -> list[Figure]:
    stage.apply(MAPPING)
    stage.centra.control("add_warehouse", id=11, name="One")
    stage.sitoo.control("add_warehouse", id=101, name="One", store_id=1)
    cold = _cold_starts(stage, told)
    warm = {name: _warm_calls(stage, name, told) for name in ("CentraWebhook", "SitooWebhook")}
    print({k: (percentile(v, .5), min(v), max(v)) for k, v in cold.items()}, {k: (percentile(v,.5), percentile(v, .95), len(v)) for k, v in warm.items()})
    return []


def _cold_starts(stage: Stage, told: Callable[[str], None]) -> dict[str, list[float]]:
    """{function: ms of INIT and first invocation}, interleaved, so that whatever else this machine does hits all of them alike."""
    taken: dict[str, list[float]] = {name: [] for name in EVENTS}
    for number in range(COLD_STARTS + 1):
        told(f"cold start {number} of {COLD_STARTS}")
        for name, (event, right) in EVENTS.items():
            emulator = stage.start(stage.functions[name])
            try:
                outcome = invoke(emulator, event(), right)
            finally:
                emulator.stop()
            if number:  # the first round only warms the disk's cache
                taken[name].append(outcome.duration_s * 1000)
    return taken


def _warm_calls(stage: Stage, name: str, told: Callable[[str], None]) -> list[float]:
    """Ms of handler time without its SQS calls."""
    make = {"CentraWebhook": centra_events, "SitooWebhook": sitoo_events}[name]
    emulator = stage.start(stage.probed(name))
    taken = []
    try:
        for number in range(WARM_CALLS + 1):
            told(f"{name}: call {number} of {WARM_CALLS}")
            outcome = invoke(emulator, make([10 * number + k for k in range(1 + number % 5)]), lambda answer: stored(answer["answer"]))
            if number:
                taken.append(outcome.answer["handler_ms"] - outcome.answer["sqs_ms"])
    finally:
        emulator.stop()
    return taken
