"""The mapping as JSON: whatever can be configured comes back equal; whatever this version does not know is refused."""

from __future__ import annotations

import json
from collections import abc
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.configuration import (
    CentralTransfers,
    CentralWarehouse,
    CentraSettings,
    Lane,
    Mapping,
    Plan,
    Pool,
    Site,
    SitooSettings,
    SitooWarehouse,
    StockAuthority,
    StockSettings,
    Store,
    Switches,
)
from connector.store.mapping_json import MappingUnreadable, from_json, to_json

STORE = Store("Malmö", 11, (SitooWarehouse(1), SitooWarehouse(2, sellable=False)), 7, StockAuthority.CENTRA, 3, sync_stock=False)
BARE = Store("Lund", 12, ())
SITE = Site(1, "SEK", "Europe/Stockholm", (STORE, BARE), (CentralWarehouse("Borås", 1, 20),), (Pool("EU", (1, 11, 12)),))
MAPPING = Mapping(
    version=1,
    sites=(SITE,),
    centra=CentraSettings(Plan.ENTERPRISE, 0.5),
    sitoo=SitooSettings({Lane.ORDERS: "orders", Lane.STOCK_RISK: "stock"}),
    stock=StockSettings(risk_units=5),
    switches=Switches(central_transfers=CentralTransfers.CONNECTOR),
    variant_safety_stock={4711: 2, 4712: 0},
)


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    """Anything that fits the type hint, so that fields added later are covered without a word here."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return st.one_of(*(of_type(one) for one in arguments))
    if origin is tuple:
        return st.lists(of_type(arguments[0]), max_size=3).map(tuple)
    if origin in (dict, abc.Mapping):
        return st.dictionaries(of_type(arguments[0]), of_type(arguments[1]), max_size=3)
    if is_dataclass(kind):
        build: Any = kind
        hints = get_type_hints(kind)
        return st.builds(build, **{field.name: of_type(hints[field.name]) for field in fields(kind)})
    if kind is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    strategy: st.SearchStrategy[Any] = st.from_type(kind)
    return strategy


@given(of_type(Mapping))
def test_every_mapping_comes_back_equal(mapping: Mapping) -> None:
    back = from_json(to_json(mapping))
    assert back == mapping
    assert repr(back) == repr(mapping), "types too: enums, tuples, int keys, floats"


def test_an_example_of_each_kind_of_value() -> None:
    back = from_json(to_json(MAPPING))
    assert back == MAPPING
    assert back.sites[0].stores[0].sellable_ids() == (1,)
    assert back.sitoo.api_users[Lane.ORDERS] == "orders"
    assert back.variant_safety_stock[4711] == 2


def test_what_is_stored_is_plain_json() -> None:
    stored = json.loads(to_json(MAPPING))
    assert stored["variant_safety_stock"] == {"4711": 2, "4712": 0}
    assert stored["centra"] == {"plan": "enterprise", "quota_share": 0.5, "events": False}
    assert stored["sites"][0]["stores"][1]["safety_stock"] is None


def test_fields_that_an_older_version_did_not_write_take_their_default() -> None:
    assert from_json('{"version": 1, "sites": [{"id": 1, "currency": "SEK", "timezone": "UTC", "stores": []}]}').stock == StockSettings()


def test_a_whole_number_is_good_enough_for_a_fraction() -> None:
    share = from_json('{"version": 1, "sites": [], "centra": {"quota_share": 1}}').centra.quota_share
    assert (share, type(share)) == (1.0, float)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "not JSON"),
        ("[]", "mapping: .* is not dict"),
        ('{"sites": []}', "mapping: .*version"),
        ('{"version": 1, "sites": [], "surprise": 1}', "mapping: unknown surprise"),
        ('{"version": true, "sites": []}', "mapping.version: True is not int"),
        ('{"version": 1, "sites": {}}', "mapping.sites: {} is not list"),
        ('{"version": 1, "sites": [{"id": 1}]}', r"mapping.sites\[0\]"),
        ('{"version": 1, "sites": [], "centra": {"plan": "tiny"}}', "mapping.centra.plan: 'tiny'"),
        ('{"version": 1, "sites": [], "centra": {"quota_share": "0.8"}}', "mapping.centra.quota_share"),
        ('{"version": 1, "sites": [], "variant_safety_stock": {"x": 1}}', "mapping.variant_safety_stock: 'x' is not a whole number"),
        ('{"version": 1, "sites": [], "sitoo": {"api_users": {"express": "x"}}}', "mapping.sitoo.api_users: 'express'"),
    ],
)
def test_what_this_version_does_not_know_is_refused_by_place(text: str, place: str) -> None:
    with pytest.raises(MappingUnreadable, match=place):
        from_json(text)
