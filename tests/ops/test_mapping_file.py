"""The mapping file: what is wrong with it is told at once, in plain words, with path and line."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import yaml

from connector.domain.configuration import Lane, Mapping, Plan, StockAuthority, Store
from connector.store.mapping_json import from_json, to_json
from ops.mapping_checks import check
from ops.mapping_file import BadMappingFile, MappingFile, load
from tests.ops.world import MAPPING

EXAMPLE = Path(__file__).parents[2] / "mapping.example.yaml"


def read(tmp_path: Path, text: str) -> MappingFile:
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(BadMappingFile) as bad:
        read(tmp_path, text)
    return [str(m) for m in bad.value.mistakes]


def checked(tmp_path: Path, text: str) -> list[str]:
    return [str(m) for m in check(read(tmp_path, text))]


def test_the_example_is_valid_and_survives_storage() -> None:
    file = load(EXAMPLE)
    assert check(file) == []
    assert from_json(to_json(file.mapping)) == file.mapping
    stockholm = file.mapping.sites[0].stores[0]
    assert (stockholm.sellable_ids(), stockholm.safety_stock, file.mapping.centra.plan) == ((3,), 1, Plan.GROWTH)
    assert file.mapping.variant_safety_stock == {4711: 3}


def keys_of(kind: type) -> set[str]:
    names: set[str] = set()
    for name, hint in get_type_hints(kind).items():
        names.add(name)
        for inner in (hint, *get_args(hint)):
            if isinstance(inner, type) and dataclasses.is_dataclass(inner):
                names |= keys_of(inner)
    return names


def test_the_example_shows_every_key_and_explains_each() -> None:
    shown: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            shown.update(str(key) for key in value)
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")))
    assert keys_of(Mapping) <= shown
    comments = " ".join(line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line.strip().startswith(("#", "- #")))
    for choice in (*Lane, *Plan, *StockAuthority):
        assert choice.value in comments


def test_defaults_apply(tmp_path: Path) -> None:
    mapping = read(tmp_path, MAPPING).mapping
    assert (mapping.centra.quota_share, mapping.stock.risk_units, mapping.switches.sync_store_stock) == (0.8, 2, True)


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    keys = ", ".join(field.name for field in dataclasses.fields(Store))
    text = MAPPING.replace("currency: SEK", "currency: 7").replace("sitoo_store: 1", "sitoo_stor: 1").replace("- id: 3", "- id: '3'")
    assert mistakes(tmp_path, text + "centra: {plan: huge}\n") == [
        "line 5: sites[0].currency must be text, not 7",
        f"line 10: sites[0].stores[0].sitoo_stor is not a key this file knows; here it may have: {keys}",
        'line 12: sites[0].stores[0].sitoo_warehouses[0].id must be a whole number, without quotes, not "3"',
        "line 20: centra.plan must be one of 'growth', 'enhanced', 'high_volume' or 'enterprise', not \"huge\"",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: the file must be a set of `key: value` lines, starting with `version: 1`"),
        ("- 1\n", "line 1: the file must be a set of `key: value` lines, starting with `version: 1`"),
        ("version: 1\nsites: [\n", "line 3: this is not YAML: expected the node content, but found '<stream end>'"),
        ("version: 1\n", "line 1: sites is missing"),
        ("version: true\nsites: []\n", "line 1: version must be a whole number, without quotes, not true"),
        ("version: 1\nversion: 1\nsites: []\n", "line 2: version is given twice; the first is on line 1"),
        ("version: 1\nsites: 3\n", "line 2: sites must be a list, not 3"),
        ("version: 1\nsites: [7]\n", "line 2: sites[0] must be a set of `key: value` lines, not 7"),
        ("version: 1\nsites: []\nsitoo: {api_users: {tills: x}}\n", "line 3: sitoo.api_users.tills as a key must be one of 'stock_risk'"),
        ("version: 1\nsites: []\nvariant_safety_stock: {red: 1}\n", 'line 3: variant_safety_stock.red as a key must be a whole number, not "red"'),
        ("version: 1\nsites: []\nswitches: {sync_store_stock: 2026-01-01}\n", "line 3: switches.sync_store_stock must be true or false"),
    ],
)
def test_one_mistake(tmp_path: Path, text: str, told: str) -> None:
    assert any(m.startswith(told) for m in mistakes(tmp_path, text)), mistakes(tmp_path, text)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadMappingFile, match="cannot be read"):
        load(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadMappingFile, match="UTF-8"):
        load(tmp_path / "binary.yaml")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("version: 1", "version: 2"), "line 2: version must be 1"),
        (("currency: SEK", "currency: sek"), "line 5: sites[0].currency must be an ISO 4217 code"),
        (("Europe/Stockholm", "Stockholm"), "line 6: sites[0].timezone must be a time zone name"),
        (("centra_warehouse: 12", "centra_warehouse: 11"), "line 15: sites[0].stores[1].centra_warehouse Centra warehouse 11 is already used"),
        (("centra_warehouse: 1, ", "centra_warehouse: 11, "), "line 19: sites[0].central[0].centra_warehouse Centra warehouse 11 is already used"),
        (("[{id: 5}, {id: 6}]", "[{id: 5}, {id: 3}]"), "line 17: sites[0].stores[1].sitoo_warehouses[1].id Sitoo warehouse 3 is already used"),
        (("sitoo_warehouse: 2", "sitoo_warehouse: 6"), "line 19: sites[0].central[0].sitoo_warehouse Sitoo warehouse 6 is already used"),
        (("name: Gothenburg", "name: STOCKHOLM"), "line 14: sites[0].stores[1].name the store name stockholm is already used"),
        (("name: Gothenburg", "name: ' '"), "line 14: sites[0].stores[1].name must not be empty"),
        (("- id: 3\n", "- {id: 3, sellable: false}\n"), "line 11: sites[0].stores[0].sitoo_warehouses has no sellable warehouse"),
        (("sitoo_store: 2", "safety_stock: -1"), "line 16: sites[0].stores[1].safety_stock must not be below 0"),
        (("sitoo_warehouse: 2}", "sitoo_warehouse: 2, stock_authority: sitoo}"), "line 19: sites[0].central[0].stock_authority must be centra"),
    ],
)
def test_what_the_shape_cannot_tell(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    assert change[0] in MAPPING
    assert any(m.startswith(told) for m in checked(tmp_path, MAPPING.replace(*change))), checked(tmp_path, MAPPING.replace(*change))


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ("    pools: [{name: SE, warehouses: [11, 99]}]\n", "names Centra warehouse 99"),
        ("    pools: [{name: SE, warehouses: []}]\n", "must name at least one warehouse"),
        ("    pools: [{name: SE, warehouses: [11]}, {name: SE, warehouses: [12]}]\n", "the pool name SE is already used"),
        ("centra: {quota_share: 0}\n", "must be above 0 and at most 1"),
        ("centra: {quota_share: 1.01}\n", "must be above 0 and at most 1"),
        ("stock: {max_sizes_per_set_stock: 201}\n", "must lie between 1 and 200, not 201"),
        ("stock: {gap_s: 1}\n", "must lie between 10 and 86400, not 1"),
        ("variant_safety_stock: {5: -1}\n", "must not be below 0"),
    ],
)
def test_what_the_optional_parts_may_not_say(tmp_path: Path, added: str, told: str) -> None:
    found = checked(tmp_path, MAPPING + added)
    assert len(found) == 1
    assert told in found[0]


def test_an_offset_below_a_threshold_is_refused(tmp_path: Path) -> None:
    text = MAPPING.replace("sitoo_store: 2", "safety_stock: 3")
    assert checked(tmp_path, text + "variant_safety_stock: {5: 3, 6: 0}\n") == []
    assert checked(tmp_path, text + "variant_safety_stock: {5: 2}\n") == [
        "line 20: variant_safety_stock.5 is 2, below the safety stock 3 of Gothenburg, which it would replace for this variant; raise it or remove it"
    ]
