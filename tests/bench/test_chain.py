"""The simulated chain charges what it promises, and a sale in it reaches Centra."""

from __future__ import annotations

from functools import partial

from bench.chain import DISPATCH_S, RECEIVE_S, VENDOR_MEAN_S, VENDOR_SPREAD_S, Chain, ordinary_sku
from bench.cost import MeteredLevels, Units
from connector.store.memory.leases import MemoryLeases
from connector.store.memory.stock_levels import MemoryStockLevels
from connector.store.stock_levels import Mark

FASTEST_CALL_S = VENDOR_MEAN_S - VENDOR_SPREAD_S


def test_a_sale_reaches_centra_no_sooner_than_its_calls_take() -> None:
    chain = Chain(2, 3, plenty=10)
    chain.at(1.0, partial(chain.sell, chain.warehouses[0], ordinary_sku(1)))
    chain.run(30.0)
    outcome = chain.outcome()
    # Feed, items and Centra's stock are read whole; setStock commits half-way through its own time.
    assert outcome.missing == []
    assert outcome.seconds("sale")[0] > DISPATCH_S + RECEIVE_S + 3.5 * FASTEST_CALL_S
    assert chain.world.centra.snapshot()[chain.warehouses[0]][ordinary_sku(1)]["physical"] == 9
    assert sum(call.mutations for call in chain.centra_calls) == 1


def test_kinds_of_movements_are_told_apart() -> None:
    chain = Chain(1, 4, plenty=10)
    (warehouse,) = chain.warehouses
    chain.sell(warehouse, ordinary_sku(0), "lost", lost=True)
    chain.sell_offline(warehouse, ordinary_sku(1), 20.0)
    chain.receive(warehouse, {ordinary_sku(2): 5})
    chain.sell(warehouse, ordinary_sku(3))
    chain.run(90.0)
    outcome = chain.outcome()
    assert {label: len(outcome.seconds(label)) for label in ("lost", "offline", "receipt", "sale")} == {
        "lost": 1,
        "offline": 1,
        "receipt": 1,
        "sale": 1,
    }
    offline = next(r for r in outcome.reached if r.movement.label == "offline")
    assert offline.movement.at == chain.started + 20.0


def test_units_are_counted_by_rows() -> None:
    units = Units()
    levels = MeteredLevels(MemoryStockLevels(MemoryLeases()), units)
    levels.mark(1, [Mark(11, "A", -1), Mark(12, "A", -1)], 5.0)
    levels.mark(1, [Mark(11, "B", -1)], 5.0)
    assert (units.writes, units.reads) == (5, 0)
    assert len(levels.dirty(1)) == 3
    assert units.reads == 1
