"""Matching Sitoo products with Centra sizes: certain or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.sku_matching import CentraSize, Match, SitooProduct, Why, gtin, match_skus, spellings

EAN = "7350000000012"


def verdict(products: list[SitooProduct], sizes: list[CentraSize], sku: str = "TEE-M", chosen: dict[str, int] | None = None) -> Match:
    return match_skus(products, sizes, chosen=chosen)[sku]


def test_the_exact_sku_matches() -> None:
    found = verdict([SitooProduct("TEE-M")], [CentraSize(1, "TEE-M", ""), CentraSize(2, "TEE-L", "")])
    assert (found.why, found.size_id) == (Why.SKU, 1)


def test_the_sku_goes_before_the_barcode() -> None:
    found = verdict([SitooProduct("TEE-M", (EAN,))], [CentraSize(1, "TEE-M", ""), CentraSize(2, "OTHER", EAN)])
    assert (found.why, found.size_id) == (Why.SKU, 1)


@pytest.mark.parametrize("codes", [(EAN,), ("", EAN), ("0000", f" {EAN} ")])
def test_a_barcode_or_an_alias_matches_when_the_sku_does_not(codes: tuple[str, ...]) -> None:
    found = verdict([SitooProduct("TEE-M", codes)], [CentraSize(1, "1001-02-M", EAN)])
    assert (found.why, found.size_id) == (Why.BARCODE, 1)


def test_a_upc_is_the_same_article_with_and_without_its_leading_zero() -> None:
    found = verdict([SitooProduct("TEE-M", ("123456789012",))], [CentraSize(1, "X", "0123456789012")])
    assert (found.why, found.size_id) == (Why.BARCODE, 1)


def test_a_sku_on_two_sizes_is_ambiguous() -> None:
    found = verdict([SitooProduct("TEE-M")], [CentraSize(1, "TEE-M", ""), CentraSize(2, "TEE-M", "")])
    assert (found.why, found.size_id) == (Why.DUPLICATE_SKU, None)
    assert [c.size_id for c in found.candidates] == [1, 2]


def test_a_retired_size_gives_way_to_the_active_one_with_its_sku() -> None:
    found = verdict([SitooProduct("TEE-M")], [CentraSize(1, "TEE-M", "", active=False), CentraSize(2, "TEE-M", "")])
    assert (found.why, found.size_id) == (Why.SKU, 2)


def test_a_retired_size_alone_still_matches() -> None:
    assert verdict([SitooProduct("TEE-M")], [CentraSize(1, "TEE-M", "", active=False)]).size_id == 1


def test_other_capital_letters_are_ambiguous_even_with_a_matching_barcode() -> None:
    found = verdict([SitooProduct("tee-m", (EAN,))], [CentraSize(1, "TEE-M", EAN)], "tee-m")
    assert (found.why, found.size_id) == (Why.CASE_ONLY, None)


def test_a_barcode_on_two_sizes_is_ambiguous() -> None:
    found = verdict([SitooProduct("TEE-M", (EAN,))], [CentraSize(1, "A", EAN), CentraSize(2, "B", EAN)])
    assert found.why is Why.DUPLICATE_BARCODE


def test_a_barcode_on_two_products_is_ambiguous_for_both() -> None:
    found = match_skus([SitooProduct("A", (EAN,)), SitooProduct("B", (EAN,))], [CentraSize(1, "X", EAN)])
    assert [found[sku].why for sku in "AB"] == [Why.DUPLICATE_BARCODE, Why.DUPLICATE_BARCODE]
    assert found["A"].rivals == ("B",)


def test_two_barcodes_that_lead_to_two_sizes_are_ambiguous() -> None:
    found = verdict([SitooProduct("TEE-M", (EAN, "96385074"))], [CentraSize(1, "A", EAN), CentraSize(2, "B", "96385074")])
    assert found.why is Why.DUPLICATE_BARCODE


def test_a_size_with_its_own_sku_in_sitoo_is_not_given_to_a_second_product() -> None:
    found = match_skus([SitooProduct("TEE-M"), SitooProduct("OLD", (EAN,))], [CentraSize(1, "TEE-M", EAN)])
    assert (found["TEE-M"].why, found["OLD"].why, found["OLD"].rivals) == (Why.SKU, Why.SIZE_TAKEN, ("TEE-M",))


def test_a_size_matched_earlier_is_not_given_away() -> None:
    found = match_skus([SitooProduct("TEE-M")], [CentraSize(1, "TEE-M", "")], taken={1: "OLD"})
    assert (found["TEE-M"].why, found["TEE-M"].rivals) == (Why.SIZE_TAKEN, ("OLD",))


def test_what_a_person_chose_stands_before_every_rule() -> None:
    sizes = [CentraSize(1, "TEE-M", ""), CentraSize(2, "TEE-M", "")]
    assert verdict([SitooProduct("TEE-M")], sizes, chosen={"TEE-M": 2}) == Match("TEE-M", Why.CHOSEN, 2)


def test_a_choice_lapses_with_its_size() -> None:
    assert verdict([SitooProduct("TEE-M")], [CentraSize(1, "TEE-M", "")], chosen={"TEE-M": 9}).why is Why.SKU


def test_what_sitoo_does_not_count_is_not_mapped() -> None:
    assert verdict([SitooProduct("TEE-M", counted=False)], [CentraSize(1, "TEE-M", "")]).why is Why.NOT_COUNTED


def test_nothing_alike_is_missing() -> None:
    assert verdict([SitooProduct("TEE-M", (EAN,))], [CentraSize(1, "HAT", "")]) == Match("TEE-M", Why.MISSING)


@pytest.mark.parametrize(("code", "full"), [("96385074", "00000096385074"), (EAN, "0" + EAN), ("ab12", "ab12"), ("12345", "12345"), (" ", "")])
def test_gtin(code: str, full: str) -> None:
    assert gtin(code) == full


@pytest.mark.parametrize(
    ("code", "forms"),
    [
        ("", ()),
        (EAN, (EAN,)),
        ("123456789012", ("123456789012", "0123456789012")),
        ("0123456789012", ("123456789012", "0123456789012")),
        ("AB-1", ("AB-1",)),
    ],
)
def test_spellings(code: str, forms: tuple[str, ...]) -> None:
    assert spellings(code) == forms


SKUS = st.sampled_from(["A", "a", "B", "b", "C"])
CODES = st.sampled_from(["", "96385074", EAN, "123456789012", "0123456789012"])
PRODUCTS = st.lists(st.builds(SitooProduct, SKUS, st.tuples(CODES, CODES), st.booleans()), max_size=5, unique_by=lambda p: p.sku)
SIZES = st.lists(st.builds(CentraSize, st.integers(1, 6), SKUS, CODES, st.booleans()), max_size=6, unique_by=lambda s: s.size_id)


@given(PRODUCTS, SIZES)
def test_every_product_gets_one_verdict_and_no_size_two_skus(products: list[SitooProduct], sizes: list[CentraSize]) -> None:
    found = match_skus(products, sizes)
    assert set(found) == {p.sku for p in products}
    owners = [v.size_id for v in found.values() if v.size_id is not None]
    assert len(owners) == len(set(owners))
    for product in products:
        verdict = found[product.sku]
        assert (verdict.size_id is not None) == (verdict.why in {Why.SKU, Why.BARCODE, Why.CHOSEN})
        assert (verdict.why is Why.NOT_COUNTED) != product.counted


@given(PRODUCTS, SIZES)
def test_the_order_of_the_lists_does_not_matter(products: list[SitooProduct], sizes: list[CentraSize]) -> None:
    forwards, backwards = match_skus(products, sizes), match_skus(products[::-1], sizes[::-1])
    assert {sku: (v.why, v.size_id) for sku, v in forwards.items()} == {sku: (v.why, v.size_id) for sku, v in backwards.items()}
