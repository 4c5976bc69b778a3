"""`ops mapping plan|apply` against both sandboxes."""

from __future__ import annotations

import pytest

from connector.runtime.queues import Work
from connector.store.mappings import Applied, MappingChanged
from tests.ops.world import GOTHENBURG, MAPPING, STOCKHOLM, World

SAFE = MAPPING.replace("sitoo_store: 1", "sitoo_store: 1\n        safety_stock: 2")


def threshold(world: World, warehouse: int) -> int | None:
    return world.rehearsal.centra.catalogue.warehouses[warehouse].threshold


def calls(world: World, field: str) -> int:
    return world.rehearsal.centra.calls().get(field, 0)


def test_plan_shows_and_writes_nothing(world: World) -> None:
    text = world.ops("mapping", "plan", world.mapping(SAFE))
    assert "11 Store Stockholm" in text
    assert "3 Floor, 4 Reclaims (not sellable)" in text
    assert "No mapping is in force yet" in text
    assert "This file can be applied: the first mapping, 2 stores, 1 safety stock to write, " in text
    assert "mapping.yaml`" in text
    assert world.connection.mappings.current() is None
    assert threshold(world, STOCKHOLM) is None
    assert calls(world, "mutations") == 0


def test_apply_stores_the_mapping_writes_safety_stock_and_nudges(world: World) -> None:
    variant = world.rehearsal.centra.add_size("TEE-M")["variant_id"]
    world.apply(SAFE + f"variant_safety_stock: {{{variant}: 3}}\n")
    current = world.connection.mappings.current()
    assert current is not None
    assert (current.revision, current.applied_by, current.mapping.sites[0].stores[0].safety_stock) == (1, "ops:test", 2)
    assert (threshold(world, STOCKHOLM), threshold(world, GOTHENBURG)) == (2, None)
    assert world.rehearsal.centra.catalogue.size("TEE-M").variant.stock_offset == 3
    bodies = [m.body for m in world.rehearsal.queues.receive(Work.STORE_STOCK)]
    assert bodies == ['{"v":1,"kind":"nudge","site":1,"reason":"mapping"}']


def test_applying_again_changes_nothing_and_costs_no_mutation(world: World) -> None:
    world.apply(SAFE)
    before = calls(world, "mutations")
    assert "Nothing to change." in world.apply(SAFE)
    assert calls(world, "mutations") == before == 1
    assert revision(world) == 1


def revision(world: World) -> int:
    current = world.connection.mappings.current()
    return current.revision if current else 0


def test_safety_stock_changed_by_hand_in_centra_is_written_again(world: World) -> None:
    world.apply(SAFE)
    world.rehearsal.centra.catalogue.warehouses[STOCKHOLM].threshold = 9
    text = world.apply(SAFE)
    assert "warehouse 11" in text
    assert (threshold(world, STOCKHOLM), revision(world)) == (2, 1)


def test_a_variant_that_leaves_the_file_loses_its_offset_a_store_keeps_its_threshold(world: World) -> None:
    variant = world.rehearsal.centra.add_size("TEE-M")["variant_id"]
    world.apply(SAFE + f"variant_safety_stock: {{{variant}: 3}}\n")
    world.apply(MAPPING)
    assert world.rehearsal.centra.catalogue.size("TEE-M").variant.stock_offset == 0
    assert threshold(world, STOCKHOLM) == 2


def test_safety_stock_can_be_left_to_people(world: World) -> None:
    world.apply(SAFE + "switches: {write_safety_stock: false}\n")
    assert threshold(world, STOCKHOLM) is None


def test_what_differs_from_what_is_in_force_is_shown(world: World) -> None:
    world.apply()
    text = world.ops("mapping", "plan", world.mapping(SAFE + "centra: {quota_share: 0.5}\n"))
    assert "Changes against revision 1, applied by ops:test" in text
    rows = [line.split("│")[1:4] for line in text.splitlines() if line.count("│") == 4]
    shown = {tuple(cell.strip() for cell in row) for row in rows}
    assert ("centra.quota_share", "0.8", "0.5") in shown
    assert ("sites[1].stores[Stockholm].safety_stock", "–", "2") in shown


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("centra_warehouse: 12", "centra_warehouse: 99"), "error Gothenburg: names Centra warehouse 99, which does not exist"),
        (("centra_warehouse: 1,", "centra_warehouse: 98,"), "error Central: names Centra warehouse 98, which does not exist"),
        (("[{id: 5}, {id: 6}]", "[{id: 77}]"), "error Gothenburg: names Sitoo warehouse 77, which does not exist"),
        (("sitoo_warehouse: 2}", "sitoo_warehouse: 78}"), "error Central: names Sitoo warehouse 78, which does not exist"),
        (("currency: SEK", "currency: EUR"), "error site 1: has EUR in the file, but SEK in Sitoo's settings"),
        (("Europe/Stockholm", "Europe/Oslo"), "error site 1: has Europe/Oslo in the file, but Europe/Stockholm"),
        (("- id: 1\n    currency", "- id: 7\n    currency"), "error site 7: does not exist in Sitoo; it has 1"),
        (
            ("version: 1", "version: 1\nsitoo: {api_users: {stock: fast}}"),
            "error lane stock: names the Sitoo API user 'fast'; the secret has",
        ),
        (("version: 1", "version: 1\nvariant_safety_stock: {55: 1}"), "error variant 55: does not exist in Centra"),
    ],
)
def test_what_does_not_exist_is_refused(world: World, change: tuple[str, str], told: str) -> None:
    assert change[0] in MAPPING
    path = world.mapping(MAPPING.replace(*change))
    text = world.ops("mapping", "plan", path, exit_code=1)
    assert told in text
    assert "This file would be refused: " in text
    assert "Not applied: correct the errors above first." in world.ops("mapping", "apply", path, "--yes", exit_code=1)
    assert world.connection.mappings.current() is None


def test_the_kinds_of_warehouses_must_fit(world: World) -> None:
    swapped = MAPPING.replace("[{id: 5}, {id: 6}]", "[{id: 2}]").replace("sitoo_warehouse: 2}", "sitoo_warehouse: 6}")
    text = world.ops("mapping", "plan", world.mapping(swapped), exit_code=1)
    assert "error Gothenburg: Sitoo warehouse 2 (Central mirror) is Virtual; a store's stock must be FIFO" in text
    assert "error Central: Sitoo warehouse 6 (Cellar) is FIFO; a mirror of Centra must be Virtual" in text


def test_an_offset_below_a_threshold_that_centra_has_is_refused(world: World) -> None:
    variant = world.rehearsal.centra.add_size("TEE-M")["variant_id"]
    world.rehearsal.centra.catalogue.warehouses[GOTHENBURG].threshold = 4
    text = world.ops("mapping", "plan", world.mapping(MAPPING + f"variant_safety_stock: {{{variant}: 3}}\n"), exit_code=1)
    assert "has safety stock 3, below the threshold 4 that Gothenburg has in Centra" in text


def test_a_buffer_above_the_median_is_doubted(world: World) -> None:
    world.rehearsal.sitoo.add_products(["A", "B", "C", "D"])
    world.rehearsal.sitoo.receive(3, {"A": 1, "B": 1, "C": 9})
    world.rehearsal.sitoo.receive(4, {"A": 50, "B": 50, "D": 50})
    doubt = "warning Stockholm: keeps 2 units of every size back, above the median on-hand of 1"
    assert doubt in world.ops("mapping", "plan", world.mapping(SAFE))
    assert doubt not in world.ops("mapping", "plan", world.mapping(SAFE.replace("safety_stock: 2", "safety_stock: 1")))


def test_slips_are_doubted_but_not_refused(world: World) -> None:
    world.rehearsal.centra.catalogue.warehouses[STOCKHOLM].stock_master = "CENTRA"
    world.rehearsal.centra.catalogue.warehouses[GOTHENBURG].name = "Malmö"
    world.rehearsal.sitoo.add_warehouse(7, "Floor", store_id=3)
    world.rehearsal.sitoo.add_warehouse(8, "Workshop")
    world.rehearsal.sitoo.set_sellable(3, False)
    path = world.mapping(MAPPING.replace("sitoo_store: 2", "sitoo_store: 1"))
    text = world.ops("mapping", "plan", path)
    for told in (
        "warning Stockholm: Centra warehouse 11 has stock master CENTRA: set it to External",
        "warning Gothenburg: Centra calls warehouse 12 'Malmö'; is that this store?",
        "warning Sitoo store 3: has warehouse 7 (Floor) but no Centra warehouse in the file",
        "warning Sitoo warehouse 8: (Workshop) is in no store of the file",
        "warning Stockholm: Sitoo warehouse 3 (Floor) is sellable in the file and not sellable in Sitoo; the file counts",
        "warning Gothenburg: Sitoo warehouse 5 (Floor) belongs to store 2 in Sitoo, not to store 1",
    ):
        assert told in text
    world.ops("mapping", "apply", path, "--yes")
    assert revision(world) == 1


def test_other_sellable_warehouses_have_their_skus_looked_at_again(world: World) -> None:
    world.apply()
    world.rehearsal.sitoo.add_products(["A", "B", "C"])
    world.rehearsal.sitoo.receive(6, {"A": 1, "B": 2})
    world.rehearsal.sitoo.sell(6, {"A": 1})
    world.rehearsal.sitoo.receive(5, {"C": 1})
    world.apply(MAPPING.replace("{id: 6}", "{id: 6, sellable: false}"))
    levels, clock = world.rehearsal.levels, world.rehearsal.clock
    assert {(d.warehouse, d.sku) for d in levels.dirty(1)} == {(GOTHENBURG, "B")}
    assert levels.ripen(1, clock.now() + 119) == 0
    assert levels.ripen(1, clock.now() + 121) == 1


def test_new_and_closed_stores_are_pointed_out(world: World) -> None:
    one_store = MAPPING[: MAPPING.index("      - name: Gothenburg")] + MAPPING[MAPPING.index("    central:") :]
    world.apply(one_store)
    assert "New for stock: Gothenburg. After applying: `ops stock load --store Gothenburg`." in world.apply()
    assert "Gothenburg leaves the mapping: Centra keeps its last quantities" in world.ops("mapping", "plan", world.mapping(one_store))


def test_mistakes_in_the_file_are_listed_with_their_lines(world: World) -> None:
    text = world.ops("mapping", "plan", world.mapping(MAPPING.replace("SEK", "sek").replace("id: 5", "id: 3")), exit_code=1)
    assert "mapping.yaml line 5: sites[0].currency must be an ISO 4217 code" in text
    assert "2 mistakes in mapping.yaml; nothing was compared." in text


def test_apply_asks(world: World) -> None:
    assert "Not applied." in world.ops("mapping", "apply", world.mapping(), typed="n\n", exit_code=1)
    assert revision(world) == 0
    world.ops("mapping", "apply", world.mapping(), typed="y\n")
    assert revision(world) == 1


def test_somebody_else_was_faster(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(*_: object, **__: object) -> Applied:
        raise MappingChanged

    monkeypatch.setattr(world.connection.mappings, "apply", changed)
    assert "somebody else applied a mapping in the meantime" in world.ops("mapping", "apply", world.mapping(SAFE), "--yes", exit_code=1)
    assert threshold(world, STOCKHOLM) is None


def test_safety_stock_that_centra_refuses_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.connection.centra, "set_threshold", lambda *_: ("Warehouse is locked.",))
    text = world.ops("mapping", "apply", world.mapping(SAFE), "--yes", exit_code=1)
    assert "Centra refused safety stock: warehouse 11 (Stockholm): Warehouse is locked." in text
    assert "not all safety stock was written" in text
    assert revision(world) == 1


def test_a_failing_vendor_is_one_plain_sentence(world: World) -> None:
    world.rehearsal.centra.token(expired=True)
    text = world.ops("mapping", "plan", world.mapping(), exit_code=1)
    assert text.strip() == "Centra refuses the token: it is wrong or expired. Make a new one (System > API Tokens) and put it into the secret."


def test_commands_need_a_mapping_first(world: World) -> None:
    assert "No mapping is in force yet" in world.ops("sku-map", "build", exit_code=1)


def test_the_only_site_need_not_be_named(world: World) -> None:
    world.apply()
    assert "The mapping has no site 9; it has 1." in world.ops("stock", "show", "A", "--site", "9", exit_code=1)


def test_a_changed_shipping_method_is_told_by_its_option(world: World) -> None:
    orders = "orders: {shipping_methods: [{option: Home, fulfilment: ship_from_store, carrier: PostNord}], contract: {pick_up: [phone]}}\n"
    world.apply(MAPPING + orders)
    text = world.ops("mapping", "plan", world.mapping(MAPPING + orders.replace("PostNord", "DHL").replace("[phone]", "[phone, email]")))
    assert "orders.shipping_methods[Home].carrier" in text
    assert "phone, email" in text
