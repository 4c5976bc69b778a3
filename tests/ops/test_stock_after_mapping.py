"""`ops stock show` while a mapping change is still being followed: what waits its turn is not called wrong."""

from __future__ import annotations

from connector.store.sku_map import SkuEntry
from tests.ops.world import GOTHENBURG, MAPPING, World

WITHOUT_CELLAR = MAPPING.replace("[{id: 5}, {id: 6}]", "[{id: 5}, {id: 6, sellable: false}]")


def test_a_sku_of_a_changed_store_waits_its_turn(world: World) -> None:
    world.apply(WITHOUT_CELLAR)
    size = world.rehearsal.centra.add_size("TEE-M")
    world.rehearsal.sitoo.add_product("TEE-M")
    world.rehearsal.sku_map.put_many(1, [SkuEntry("TEE-M", size["size_id"], size["product_id"], size["variant_id"], "TEE-M")])
    world.rehearsal.sitoo.receive(5, {"TEE-M": 2})
    world.rehearsal.sitoo.receive(6, {"TEE-M": 3})
    world.rehearsal.centra.put_stock(GOTHENBURG, "TEE-M", 2)
    world.ops("mapping", "apply", world.mapping(), "--yes")
    levels = world.rehearsal.levels
    # A function that still works by the older mapping takes the marks meanwhile.
    levels._dirty[1].clear()
    text = world.ops("stock", "show", "TEE-M")
    assert "Gothenburg: waits its turn, is looked at again at " in text
    assert "stock load" not in text
    levels._timed[1].clear()
    text = world.ops("stock", "show", "TEE-M")
    assert "Gothenburg: differs, and nothing is under way" in text
