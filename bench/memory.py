"""Peak resident memory (VmHWM) of the functions' processes under the emulator."""

from __future__ import annotations

from collections.abc import Callable

from bench.emulated import Failed, Stage, centra_events, drained, invoke, nudge, sitoo_events, stored
from bench.figures import Figure
from connector.domain.configuration import CentraSettings, Plan, Site, SitooWarehouse, Store
from connector.domain.configuration import Mapping as MappingFile
from connector.store.dynamo.sku_map import DynamoSkuMap
from connector.store.sku_map import SkuEntry

RECEIVER_GOAL_MB, DRAIN_GOAL_MB = 128.0, 256.0
RECEIVER_CALLS = 100
MAPPED_SKUS, MOVED_SKUS, STORES = 100_000, 400, 2
FIRST_CENTRA, FIRST_SITOO = 11, 101
STORE_LIST = tuple(Store(f"Store {n + 1}", FIRST_CENTRA + n, (SitooWarehouse(FIRST_SITOO + n),), n + 1) for n in range(STORES))
MAPPING = MappingFile(version=1, sites=(Site(1, "SEK", "Europe/Stockholm", STORE_LIST),), centra=CentraSettings(plan=Plan.ENTERPRISE))


def measure(stage: Stage, told: Callable[[str], None]) -> list[Figure]:
    how = f"VmHWM under the emulator after {RECEIVER_CALLS} calls with up to 5 events"
    figures = [
        Figure(f"memory.{shown}", _receiver(stage, name, told), "MB", 1, how, RECEIVER_GOAL_MB)
        for name, shown in (("CentraWebhook", "centra_webhook"), ("SitooWebhook", "sitoo_webhook"))
    ]
    _fill(stage, told)
    how = (
        f"VmHWM under the emulator after a drain that brought {MOVED_SKUS} SKUs of each of {STORES} stores to Centra; {MAPPED_SKUS:,} SKUs in the map"
    )
    return [*figures, Figure("memory.drain", _drain(stage, told), "MB", 1, how, DRAIN_GOAL_MB)]


def _receiver(stage: Stage, name: str, told: Callable[[str], None]) -> float:
    told(f"{name}: memory")
    make = {"CentraWebhook": centra_events, "SitooWebhook": sitoo_events}[name]
    emulator = stage.start(stage.functions[name])
    try:
        for number in range(RECEIVER_CALLS):
            invoke(emulator, make([10 * number + k for k in range(1 + number % 5)]), stored)
        return emulator.peak_memory_kb / 1024
    finally:
        emulator.stop()


def _fill(stage: Stage, told: Callable[[str], None]) -> None:
    """The SKU map, and the SKUs that will move in both sandboxes."""
    stage.apply(MAPPING)
    skus = [f"SKU-{n:06d}" for n in range(MOVED_SKUS)]
    sizes = {}
    for number, sku in enumerate(skus):
        sizes[sku] = stage.centra.control("add_size", sku=sku)
        if number % 100 == 0:
            told(f"catalogue: {number} of {MOVED_SKUS} SKUs")
    stage.sitoo.control("add_products", skus=skus)
    for store in STORE_LIST:
        stage.centra.control("add_warehouse", id=store.centra_warehouse, name=store.name)
        stage.sitoo.control("add_warehouse", id=store.sitoo_warehouses[0].id, name=store.name, store_id=store.sitoo_store)
    sku_map = DynamoSkuMap(stage.database(), stage.tables["SkuMap"])
    entries = [SkuEntry(sku, ids["size_id"], ids["product_id"], ids["variant_id"], sku) for sku, ids in sizes.items()]
    highest = max(entry.size_id for entry in entries)
    entries += [SkuEntry(f"OTHER-{n:06d}", highest + n, highest + n, highest + n, f"OTHER-{n:06d}") for n in range(1, MAPPED_SKUS - MOVED_SKUS + 1)]
    for start in range(0, len(entries), 5_000):
        told(f"SKU map: {start:,} of {MAPPED_SKUS:,}")
        sku_map.put_many(1, entries[start : start + 5_000])


def _drain(stage: Stage, told: Callable[[str], None]) -> float:
    """Raises Failed when the drain did not bring everything to Centra: its memory would mean nothing."""
    emulator = stage.start(stage.functions["SyncStoreStock"])
    try:
        told("the drain starts its feed")
        invoke(emulator, nudge(), drained)
        for store in STORE_LIST:
            stage.sitoo.control("receive", warehouse=store.sitoo_warehouses[0].id, skus={f"SKU-{n:06d}": 5 for n in range(MOVED_SKUS)})
        told("the drain drains")
        invoke(emulator, nudge(), drained)
        written = len({(row["warehouse"], row["sku"]) for row in stage.centra.control("commits")})
        if written != STORES * MOVED_SKUS:
            raise Failed(f"the drain brought {written} of {STORES * MOVED_SKUS} levels to Centra")
        return emulator.peak_memory_kb / 1024
    finally:
        emulator.stop()
