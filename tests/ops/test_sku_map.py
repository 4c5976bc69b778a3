"""`ops sku-map build|show|add`, and the refresh that the drain does on a miss."""

from __future__ import annotations

import pytest

from connector.domain.exceptions import Kind, State, sku_entity
from connector.flows.refresh_sku_map import RefreshSkuMap
from connector.runtime.queues import Work
from connector.store.sku_map import SkuEntry
from tests.ops.world import MAPPING, STOCKHOLM, World

EAN = "7350000000012"


@pytest.fixture
def mapped(world: World) -> World:
    world.apply()
    return world


def entry(world: World, sku: str) -> SkuEntry | None:
    return world.rehearsal.sku_map.get_many(1, [sku]).get(sku)


def open_cases(world: World) -> dict[Kind, list[str]]:
    found: dict[Kind, list[str]] = {}
    for case in world.rehearsal.cases.list(state=State.OPEN):
        found.setdefault(case.problem.kind, []).append(case.problem.entity)
    return found


def refresher(world: World) -> RefreshSkuMap:
    conn = world.connection
    return RefreshSkuMap(1, conn.centra, conn.sitoo(1), conn.sku_map, conn.cases)


def test_build_matches_by_sku_and_by_barcode(mapped: World) -> None:
    tee = mapped.rehearsal.centra.add_size("TEE-M", ean=EAN)
    hat = mapped.rehearsal.centra.add_size("1002-01-ONE", ean="0123456789012")
    mapped.rehearsal.sitoo.add_product("TEE-M")
    productid = mapped.rehearsal.sitoo.add_product("HAT", barcode="99", aliases=["123456789012"])
    text = mapped.ops("sku-map", "build")
    assert "Map: 2 added, 0 changed, 0 removed, 0 unchanged." in text
    assert entry(mapped, "TEE-M") == SkuEntry("TEE-M", tee["size_id"], tee["product_id"], tee["variant_id"], "TEE-M", EAN, 12, "")
    found = SkuEntry("HAT", hat["size_id"], hat["product_id"], hat["variant_id"], "1002-01-ONE", "0123456789012", productid, "99")
    assert entry(mapped, "HAT") == found


def test_building_again_changes_nothing(mapped: World) -> None:
    for n in range(120):
        mapped.rehearsal.centra.add_size(f"S-{n}")
        mapped.rehearsal.sitoo.add_product(f"S-{n}")
    assert "120 added" in mapped.ops("sku-map", "build")
    assert "Map: 0 added, 0 changed, 0 removed, 120 unchanged." in mapped.ops("sku-map", "build")


def test_only_unmapped_skus_in_stock_are_exceptions(mapped: World) -> None:
    sitoo = mapped.rehearsal.sitoo
    mapped.rehearsal.centra.add_size("OTHER")
    sitoo.add_products(["IN-STOCK", "BELOW-ZERO", "RECLAIMED", "NEVER-MOVED"])
    sitoo.add_product("GIFT-CARD", stock_counted=False)
    sitoo.receive(5, {"IN-STOCK": 1})
    sitoo.sell(6, {"BELOW-ZERO": 1})
    sitoo.receive(4, {"RECLAIMED": 1})
    text = mapped.ops("sku-map", "build")
    assert set(open_cases(mapped)[Kind.UNMAPPED_SKU]) == {sku_entity(1, "IN-STOCK"), sku_entity(1, "BELOW-ZERO")}
    assert "Not in Centra and without stock in a mapped store, so no exception: 2." in text
    assert "not counted in Sitoo, ignored" in text


def test_ambiguous_skus_are_exceptions_and_lose_their_entry(mapped: World) -> None:
    mapped.rehearsal.centra.add_size("TEE-M")
    mapped.rehearsal.sitoo.add_product("TEE-M")
    mapped.ops("sku-map", "build")
    mapped.rehearsal.centra.add_size("TEE-M")
    assert "0 added, 0 changed, 1 removed" in mapped.ops("sku-map", "build")
    assert entry(mapped, "TEE-M") is None
    case = mapped.rehearsal.cases.find(Kind.AMBIGUOUS_SKU, sku_entity(1, "TEE-M"))
    assert case is not None
    assert case.problem.happened.startswith("SKU TEE-M of Sitoo cannot be told apart: Centra has it on several sizes (")
    assert case.body == '{"v":1,"kind":"sku","site":1,"sku":"TEE-M"}'
    assert "cannot be told apart" in mapped.ops("sku-map", "show", "TEE-M", exit_code=1)


def test_an_entry_goes_with_its_size_but_not_with_a_product_sitoo_hides(mapped: World) -> None:
    mapped.rehearsal.centra.add_size("TEE-M")
    mapped.rehearsal.sitoo.add_product("TEE-M")
    gone = SkuEntry("GONE", 999_999, 1, 1, "GONE")
    mapped.rehearsal.sku_map.put_many(1, [gone])
    mapped.ops("sku-map", "build")
    assert entry(mapped, "GONE") is None
    hidden = SkuEntry("HIDDEN", mapped.rehearsal.centra.add_size("HIDDEN")["size_id"], 1, 1, "HIDDEN")
    mapped.rehearsal.sku_map.put_many(1, [hidden])
    mapped.ops("sku-map", "build")
    assert entry(mapped, "HIDDEN") == hidden


def test_an_empty_list_is_unknown_and_leaves_the_map_alone(mapped: World) -> None:
    mapped.rehearsal.sku_map.put_many(1, [SkuEntry("TEE-M", 1, 1, 1, "TEE-M")])
    assert "Sitoo lists no products; the SKU map was left as it is." in mapped.ops("sku-map", "build", exit_code=1)
    mapped.rehearsal.sitoo.add_product("TEE-M")
    assert "Centra lists no sizes; the SKU map was left as it is." in mapped.ops("sku-map", "build", exit_code=1)
    assert entry(mapped, "TEE-M") is not None


def test_a_reading_that_breaks_off_leaves_the_map_alone(mapped: World) -> None:
    mapped.rehearsal.centra.add_size("TEE-M")
    mapped.rehearsal.sitoo.add_product("TEE-M")
    mapped.ops("sku-map", "build")
    mapped.rehearsal.centra.fault("error", operation="AllSizes")
    assert "Run the command again" in mapped.ops("sku-map", "build", exit_code=1)
    assert entry(mapped, "TEE-M") is not None


def test_a_person_decides_and_the_decision_stands(mapped: World) -> None:
    mapped.rehearsal.centra.add_size("TEE-M")
    second = mapped.rehearsal.centra.add_size("TEE-M")["size_id"]
    mapped.rehearsal.sitoo.add_product("TEE-M", barcode=EAN)
    mapped.ops("sku-map", "build")
    text = mapped.ops("sku-map", "add", "TEE-M", "--size-id", str(second))
    assert "Redrive what waited for it: `ops exceptions redrive ambiguous-sku-" in text
    text = mapped.ops("sku-map", "build")
    assert "Mapped now, but still with an open exception: 1." in text
    found = entry(mapped, "TEE-M")
    assert found is not None
    assert (found.size_id, found.chosen) == (second, True)
    assert "chosen by a person" in mapped.ops("sku-map", "show", "TEE-M")


def test_adding_an_unmapped_sku_and_redriving_it_brings_its_stock_to_centra(mapped: World) -> None:
    rehearsal = mapped.rehearsal
    size = rehearsal.centra.add_size("1001-M")["size_id"]
    rehearsal.sitoo.add_product("TEE-M")
    rehearsal.run(61)
    rehearsal.sitoo.receive(3, {"TEE-M": 3})
    rehearsal.run(10)
    case = rehearsal.cases.find(Kind.UNMAPPED_SKU, sku_entity(1, "TEE-M"))
    assert case is not None
    assert "TEE-M" not in rehearsal.centra.snapshot().get(STOCKHOLM, {})
    mapped.ops("sku-map", "add", "TEE-M", "--size-id", str(size))
    mapped.ops("exceptions", "redrive", case.case_id)
    rehearsal.run(30)
    assert rehearsal.centra.snapshot()[STOCKHOLM]["1001-M"]["physical"] == 3
    after = rehearsal.cases.get(case.case_id)
    assert after is not None
    assert after.state is State.RESOLVED


def test_adding_a_sku_nobody_waits_for_has_it_looked_at(mapped: World) -> None:
    size = mapped.rehearsal.centra.add_size("1001-M")["size_id"]
    mapped.rehearsal.sitoo.add_product("TEE-M")
    mapped.rehearsal.queues.receive(Work.STORE_STOCK)
    mapped.ops("sku-map", "add", "TEE-M", "--size-id", str(size))
    assert [m.body for m in mapped.rehearsal.queues.receive(Work.STORE_STOCK)] == ['{"v":1,"kind":"sku","site":1,"sku":"TEE-M"}']


@pytest.mark.parametrize(
    ("sku", "size", "told"),
    [
        ("tee-m", 0, "Sitoo site 1 has no product with SKU tee-m"),
        ("TEE-M", 424_242, "Centra has no product size 424242"),
        ("TEE-M", 0, "already belongs to OLD"),
    ],
)
def test_what_cannot_be_added(mapped: World, sku: str, size: int, told: str) -> None:
    taken = mapped.rehearsal.centra.add_size("1001-M")["size_id"]
    mapped.rehearsal.sku_map.put_many(1, [SkuEntry("OLD", taken, 1, 1, "1001-M")])
    mapped.rehearsal.sitoo.add_product("TEE-M")
    assert told in mapped.ops("sku-map", "add", sku, "--size-id", str(size or taken), exit_code=1)
    assert entry(mapped, "TEE-M") is None


def test_a_refresh_finds_stores_and_tells_what_it_cannot_find(mapped: World) -> None:
    mapped.rehearsal.centra.add_size("A")
    mapped.rehearsal.centra.add_size("1001-M", ean=EAN)
    mapped.rehearsal.centra.add_size("D")
    mapped.rehearsal.centra.add_size("D")
    mapped.rehearsal.sitoo.add_products(["A", "C", "D"])
    mapped.rehearsal.sitoo.add_product("B", barcode=EAN)
    before = mapped.rehearsal.centra.calls()["requests"]
    found, problems = refresher(mapped).refresh(["A", "B", "C", "D", "UNHEARD-OF"])
    assert mapped.rehearsal.centra.calls()["requests"] == before + 1
    assert set(found) == {"A", "B"}
    assert {s: e.size_id for s, e in mapped.rehearsal.sku_map.get_many(1, ["A", "B"]).items()} == {s: e.size_id for s, e in found.items()}
    assert {p.entity: p.kind for p in problems} == {
        sku_entity(1, "C"): Kind.UNMAPPED_SKU,
        sku_entity(1, "D"): Kind.AMBIGUOUS_SKU,
        sku_entity(1, "UNHEARD-OF"): Kind.UNMAPPED_SKU,
    }


def test_a_refresh_gives_no_size_away(mapped: World) -> None:
    size = mapped.rehearsal.centra.add_size("A", ean=EAN)["size_id"]
    mapped.rehearsal.sitoo.add_product("B", barcode=EAN)
    mapped.rehearsal.sku_map.put_many(1, [SkuEntry("A", size, 1, 1, "A")])
    found, problems = refresher(mapped).refresh(["B"])
    assert found == {}
    assert problems[0].kind is Kind.AMBIGUOUS_SKU
    assert f"Centra size {size} already belongs to A" in problems[0].happened


def test_a_refresh_does_not_give_a_barcodes_size_to_another_than_its_own_sku(mapped: World) -> None:
    """An old article still carries the barcode of the one that replaced it, which nobody has sold yet."""
    size = mapped.rehearsal.centra.add_size("TEE-M", ean=EAN)["size_id"]
    mapped.rehearsal.sitoo.add_product("OLD", barcode=EAN)
    mapped.rehearsal.sitoo.add_product("TEE-M")
    found, (problem,) = refresher(mapped).refresh(["OLD"])
    assert found == {}
    assert problem.kind is Kind.AMBIGUOUS_SKU
    assert f"Centra size {size} already belongs to TEE-M" in problem.happened
    assert entry(mapped, "OLD") is None
    assert entry(mapped, "TEE-M") is None
    found, problems = refresher(mapped).refresh(["TEE-M"])
    assert (found["TEE-M"].size_id, problems) == (size, [])


def test_a_refresh_does_not_guess_what_a_build_found_ambiguous(mapped: World) -> None:
    """Sitoo cannot be asked who else has a barcode: only a build, which reads every product, sees the second article."""
    rehearsal = mapped.rehearsal
    size = rehearsal.centra.add_size("1001-M", ean=EAN)["size_id"]
    rehearsal.sitoo.add_product("A", barcode=EAN)
    rehearsal.sitoo.add_product("B", aliases=[EAN])
    mapped.ops("sku-map", "build")
    found, (problem,) = refresher(mapped).refresh(["A"])
    assert found == {}
    assert problem.kind is Kind.AMBIGUOUS_SKU
    assert "Sitoo SKUs B" in problem.happened
    rehearsal.sitoo.products["B"].aliases = []
    case = rehearsal.cases.find(Kind.AMBIGUOUS_SKU, sku_entity(1, "A"))
    assert case is not None
    mapped.ops("exceptions", "redrive", case.case_id)
    found, problems = refresher(mapped).refresh(["A"])
    assert (found["A"].size_id, problems) == (size, [])


@pytest.mark.parametrize(("centra", "sitoo"), [("tee-m", "TEE-M"), ("TEE-M", "tee-m"), ("TEE-M", "Tee-m")])
def test_a_refresh_does_not_guess_that_case_does_not_matter(mapped: World, centra: str, sitoo: str) -> None:
    mapped.rehearsal.centra.add_size(centra, ean=EAN)
    mapped.rehearsal.sitoo.add_product(sitoo, barcode=EAN)
    found, (problem,) = refresher(mapped).refresh([sitoo])
    assert found == {}
    assert problem.kind is Kind.AMBIGUOUS_SKU
    assert f"Centra writes it with other capital letters ({centra})" in problem.happened


def test_a_refresh_by_exact_sku_asks_sitoo_once(mapped: World) -> None:
    mapped.rehearsal.centra.add_size("TEE-M", ean=EAN)
    mapped.rehearsal.sitoo.add_product("TEE-M", barcode=EAN)
    before = sum(mapped.rehearsal.sitoo.calls().values())
    found, _ = refresher(mapped).refresh(["TEE-M"])
    assert set(found) == {"TEE-M"}
    assert sum(mapped.rehearsal.sitoo.calls().values()) == before + 1


def test_a_refresh_keeps_a_persons_choice(mapped: World) -> None:
    mapped.rehearsal.centra.add_size("A")
    chosen = SkuEntry("A", 77, 1, 1, "X", chosen=True)
    mapped.rehearsal.sku_map.put_many(1, [chosen])
    assert refresher(mapped).refresh(["A"]) == ({"A": chosen}, [])


def test_a_second_site_keeps_its_own_map(world: World) -> None:
    world.apply(MAPPING)
    world.rehearsal.sku_map.put_many(2, [SkuEntry("A", 5, 1, 1, "A")])
    world.rehearsal.centra.add_size("A")
    world.rehearsal.sitoo.add_product("A")
    world.ops("sku-map", "build")
    other = world.rehearsal.sku_map.get_many(2, ["A"])["A"]
    assert other.size_id == 5


@pytest.mark.parametrize(
    ("size", "barcode", "told"),
    [
        (("tee-m", ""), "", "Centra writes it with other capital letters (tee-m)"),
        (("X", EAN), EAN, "its barcode is on several articles (Centra sizes 700001, Sitoo SKUs OTHER)"),
    ],
)
def test_why_a_sku_is_ambiguous_is_told(mapped: World, size: tuple[str, str], barcode: str, told: str) -> None:
    mapped.rehearsal.centra.add_size(*size)
    mapped.rehearsal.sitoo.add_product("TEE-M", barcode=barcode)
    mapped.rehearsal.sitoo.add_product("OTHER", aliases=[EAN])
    mapped.ops("sku-map", "build")
    case = mapped.rehearsal.cases.find(Kind.AMBIGUOUS_SKU, sku_entity(1, "TEE-M"))
    assert case is not None
    assert case.problem.happened == f"SKU TEE-M of Sitoo cannot be told apart: {told}."
