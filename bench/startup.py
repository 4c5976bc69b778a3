"""Cold starts and warm receivers under the emulator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from bench.emulated import Stage, centra_events, drained, invoke, nudge, sitoo_events, stored
from bench.figures import Figure, percentile
from connector.domain.configuration import CentraSettings, Plan, Site, SitooWarehouse, Store
from connector.domain.configuration import Mapping as MappingFile
from connector.flows.store_stock.turn import site_key
from connector.store.dynamo.leases import DynamoLeases

COLD_STARTS = 24
WARM_CALLS = 250
RECEIVER_GOAL, DRAIN_GOAL, WARM_GOAL_MS = 1.3, 1.8, 8.0
HELD_S = 3600.0
MAPPING = MappingFile(
    version=1,
    sites=(Site(1, "SEK", "Europe/Stockholm", (Store("One", 11, (SitooWarehouse(101),), 1),)),),
    centra=CentraSettings(plan=Plan.ENTERPRISE),
)

Answer = Callable[[Any], bool]
EVENTS: Mapping[str, tuple[Callable[[], dict[str, Any]], Answer]] = {
    "Baseline": (dict, lambda answer: bool(answer["sent"])),
    "CentraWebhook": (lambda: centra_events([2735]), stored),
    "SitooWebhook": (lambda: sitoo_events([991]), stored),
    "SyncStoreStock": (nudge, drained),
}
"""Per function: makes its event, tells whether the answer is right."""

SHOWN = {"Baseline": "baseline", "CentraWebhook": "centra_webhook", "SitooWebhook": "sitoo_webhook", "SyncStoreStock": "drain"}

COLD = (
    "INIT and first invocation under the Runtime Interface Emulator as the caller sees them, ratio of medians, functions interleaved; "
    "the baseline creates an SQS client with boto3 and sends one message; all precompiled"
)


def measure(stage: Stage, told: Callable[[str], None]) -> list[Figure]:
    stage.apply(MAPPING)
    stage.centra.control("add_warehouse", id=11, name="One")
    stage.sitoo.control("add_warehouse", id=101, name="One", store_id=1)
    first_pass = _cold_starts(stage, ("Baseline", "SyncStoreStock"), 5, "cold pass", told)
    _hold_the_site(stage)
    cold = _cold_starts(stage, tuple(EVENTS), COLD_STARTS, "cold start", told)
    warm = {name: _warm_calls(stage, name, told) for name in ("CentraWebhook", "SitooWebhook")}
    return [*_cold_figures(cold), *_information(cold, first_pass), *_warm_figures(warm)]


def _cold_figures(cold: Mapping[str, list[float]]) -> list[Figure]:
    median = {name: percentile(taken, 0.5) for name, taken in cold.items()}
    figures = []
    for name in ("CentraWebhook", "SitooWebhook"):
        ratio, how = median[name] / median["Baseline"], f"{COLD}; it stores one event call"
        figures.append(Figure(f"startup.{SHOWN[name]}_ratio", ratio, "× baseline", len(cold[name]), how, RECEIVER_GOAL))
    ratio = median["SyncStoreStock"] / median["Baseline"]
    how = f"{COLD}; it reads the mapping, connects everything and takes a nudge while another drain holds the site"
    return [*figures, Figure("startup.drain_ratio", ratio, "× baseline", len(cold["SyncStoreStock"]), how, DRAIN_GOAL)]


def _information(cold: Mapping[str, list[float]], first_pass: Mapping[str, list[float]]) -> list[Figure]:
    whole = percentile(first_pass["SyncStoreStock"], 0.5) / percentile(first_pass["Baseline"], 0.5)
    how = f"{COLD}; with a whole pass over a quiet site: about twenty calls of moto's server and four of the sandboxes are in it"
    figures = [Figure("startup.drain_with_pass_ratio", whole, "× baseline", len(first_pass["SyncStoreStock"]), how)]
    medians = [
        Figure(f"startup.{SHOWN[name]}_median", percentile(taken, 0.5), "ms", len(taken), "INIT and first invocation, median")
        for name, taken in cold.items()
    ]
    return [*figures, *medians]


def _warm_figures(warm: Mapping[str, list[float]]) -> list[Figure]:
    how = "handler time less its SQS calls, under the emulator, 1 to 5 events a call"
    figures = [Figure(f"startup.{SHOWN[name]}.warm_p95", percentile(taken, 0.95), "ms", len(taken), how) for name, taken in warm.items()]
    both = [ms for taken in warm.values() for ms in taken]
    return [*figures, Figure("startup.receiver.warm_p95", percentile(both, 0.95), "ms", len(both), f"{how}, both receivers", WARM_GOAL_MS)]


def _hold_the_site(stage: Stage) -> None:
    leases = DynamoLeases(stage.database(), stage.tables["Cursors"])
    if leases.acquire(site_key(1), "bench", time.time(), HELD_S) is None:
        raise RuntimeError("a drain of the rounds before still holds the site")


def _cold_starts(stage: Stage, names: tuple[str, ...], times: int, what: str, told: Callable[[str], None]) -> dict[str, list[float]]:
    """{function: ms of INIT and first invocation}, interleaved, so that whatever else this machine does hits all of them alike."""
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(times + 1):
        told(f"{what} {number} of {times}")
        for name in names:
            event, right = EVENTS[name]
            emulator = stage.start(stage.functions[name])
            try:
                outcome = invoke(emulator, event(), right)
            finally:
                emulator.stop()
            if number:  # the first round warms the disk's cache
                taken[name].append(outcome.duration_s * 1000)
    return taken


def _warm_calls(stage: Stage, name: str, told: Callable[[str], None]) -> list[float]:
    """Ms of handler time without its SQS calls."""
    make = {"CentraWebhook": centra_events, "SitooWebhook": sitoo_events}[name]
    emulator = stage.start(stage.probed(name))
    taken: list[float] = []
    try:
        for number in range(WARM_CALLS + 1):
            if number % 25 == 0:
                told(f"{name}: warm call {number} of {WARM_CALLS}")
            event = make([10 * number + k for k in range(1 + number % 5)])
            answer = invoke(emulator, event, lambda answer: stored(answer["answer"])).answer
            if number:
                taken.append(answer["handler_ms"] - answer["sqs_ms"])
    finally:
        emulator.stop()
    return taken
