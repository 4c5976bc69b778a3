"""`ops doctor`: each way in which reality can differ from what the connector assumes is told with what to do."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, graphql_sync

from connector.centra.errors import Refused
from connector.domain.configuration import Lane
from connector.domain.exceptions import Kind, Owner, Problem
from connector.store.sku_map import SkuEntry
from connector.store.stock_levels import Mark
from ops.centra_http import expiry_of
from ops.connection import Connection
from tests.ops.world import MAPPING, STOCKHOLM, World

SDL = (Path(__file__).parents[2] / "sandbox/centra/schema.graphql").read_text(encoding="utf-8")


@pytest.fixture
def running(world: World) -> World:
    """Everything in order: mapped, loaded, drained a moment ago."""
    world.apply()
    size = world.rehearsal.centra.add_size("TEE-M")
    world.rehearsal.sitoo.add_product("TEE-M")
    world.rehearsal.sku_map.put_many(1, [SkuEntry("TEE-M", size["size_id"], size["product_id"], size["variant_id"], "TEE-M")])
    world.ops("stock", "load", "--yes")
    world.rehearsal.sitoo.receive(3, {"TEE-M": 3})
    world.rehearsal.run(130)
    return world


def told(world: World, *, exit_code: int) -> list[tuple[str, str]]:
    """(health, what: finding) row by row, wrapped lines joined."""
    rows: list[tuple[str, str]] = []
    for line in world.ops("doctor", exit_code=exit_code).splitlines():
        if line.count("│") != 4:
            continue
        health, what, finding = (cell.strip() for cell in line.split("│")[1:4])
        if health:
            rows.append((health, f"{what}: {finding}"))
        else:
            rows[-1] = (rows[-1][0], f"{rows[-1][1]}{' ' + what if what else ''} {finding}".rstrip())
    return rows


def only(rows: list[tuple[str, str]]) -> tuple[str, str]:
    """The one row that is not ok."""
    (row,) = [r for r in rows if r[0] != "ok"]
    return row


class ChangedSchema:
    """Answers introspection from another schema, everything else as before."""

    def __init__(self, inner: Connection, sdl: str) -> None:
        self._inner, self._sdl = inner.graphql, sdl

    def execute(self, document: str, variables: Mapping[str, Any], *, lane: Lane) -> dict[str, Any]:
        if "__schema" in document:
            return {"data": graphql_sync(build_schema(self._sdl), document).data}
        return self._inner.execute(document, variables, lane=lane)


def with_schema(world: World, renamed: tuple[str, str]) -> None:
    assert renamed[0] in SDL
    world.connection = replace(world.connection, graphql=ChangedSchema(world.connection, SDL.replace(*renamed)))


def test_everything_in_order(running: World) -> None:
    rows = told(running, exit_code=0)
    assert {health for health, _ in rows} == {"ok"}
    texts = " ".join(text for _, text in rows)
    assert "documents and the enum values fit" in texts
    assert "Warehouse.stock:read" in texts
    assert "v1.60.0" in texts
    assert "revision 1 fits both vendors (2 stores)" in texts
    assert running.rehearsal.centra.calls().get("mutations", 0) == running.rehearsal.centra.calls().get("setStock", 0)


@pytest.mark.parametrize(
    ("renamed", "where", "text"),
    [
        (("updateWarehouse(", "warehouseUpdate("), "SetThreshold", "Cannot query field 'updateWarehouse'"),
        (("stockOffset: Int\n  product:", "offset: Int\n  product:"), "VariantOffsets", "Cannot query field 'stockOffset'"),
        (("StockSetInput", "SetStockInput"), "SetStock", "Unknown type 'StockSetInput'"),
        (("PHYSICAL FREE", "PHYS FREE"), "StockQuantityType", "has no value PHYSICAL; it has PHYS, FREE_TO_ALLOCATE"),
        (("RateLimitInterval", "Interval"), "RateLimitInterval", "there is no such enum"),
    ],
)
def test_a_schema_that_differs(running: World, renamed: tuple[str, str], where: str, text: str) -> None:
    with_schema(running, renamed)
    rows = [found for health, found in told(running, exit_code=1) if health == "error"]
    assert any(row.startswith(f"Centra schema: {where}: ") and text in row and "names.py" in row for row in rows), rows


def test_a_schema_that_is_not_shown(running: World) -> None:
    inner = running.connection.graphql

    class Closed:
        def execute(self, document: str, variables: Mapping[str, Any], *, lane: Lane) -> dict[str, Any]:
            if "__schema" in document:
                raise Refused(("Introspection is not allowed.",))
            return inner.execute(document, variables, lane=lane)

    running.connection = replace(running.connection, graphql=Closed())
    health, text = only(told(running, exit_code=0))
    assert health == "warning"
    assert "Centra does not show its schema (Introspection is not allowed.)" in text


def test_a_missing_permission_is_named(running: World) -> None:
    running.rehearsal.centra.token(permissions=["Warehouse:read", "Warehouse.stock:read", "ProductSize:read", "Order:read", "Shipment:read"])
    rows = told(running, exit_code=1)
    assert any(health == "error" and "permission" in text and "Make a token with" in text for health, text in rows), rows


def test_an_expired_token(running: World) -> None:
    running.rehearsal.centra.token(expired=True)
    rows = told(running, exit_code=1)
    assert (
        "error",
        "Centra: Centra refuses the token: it is wrong or expired. Make a new one (System > API Tokens) and put it into the secret.",
    ) in rows
    assert sum("refuses the token" in text for _, text in rows) == 1
    assert ("ok", "Sitoo: answers") in rows
    assert any(text.startswith("SKU map of site 1: 1 SKU") for _, text in rows), "the connector's own state is told all the same"


@pytest.mark.parametrize(("version", "text"), [("v1.59.9", "set stock.max_sizes_per_set_stock to 1"), ("", "Centra does not tell its version")])
def test_a_version_with_the_set_stock_fault(running: World, version: str, text: str) -> None:
    running.rehearsal.centra.app_version = version
    health, found = only(told(running, exit_code=0))
    assert health == "warning"
    assert text in found


@pytest.mark.parametrize(
    ("plan", "exit_code", "health", "text"),
    [
        ("enhanced", 0, "warning", "it looks like plan enhanced: set centra.plan to use it"),
        ("growth", 0, "ok", "as plan growth says"),
    ],
)
def test_limits_above_the_plan_of_the_mapping(running: World, plan: str, exit_code: int, health: str, text: str) -> None:
    running.rehearsal.centra.throttle(plan)
    assert any(h == health and "Centra limits" in t and text in t for h, t in told(running, exit_code=exit_code))


def test_limits_below_the_plan_of_the_mapping(running: World) -> None:
    running.apply(MAPPING + "centra: {plan: enterprise}\n")
    running.rehearsal.centra.throttle("high_volume")
    health, text = only(told(running, exit_code=1))
    assert health == "error"
    assert "set centra.plan to high_volume in the mapping" in text


def token_until(at: float) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": at}).encode()).decode().rstrip("=")
    return f"e30.{claims}.c2ln"


def test_a_token_about_to_expire(running: World) -> None:
    now = running.connection.clock.now()
    running.connection = replace(running.connection, token_expires=expiry_of(token_until(now + 3 * 86_400)))
    assert only(told(running, exit_code=0)) == ("warning", "Centra token: expires in 3 days: make a new one and put it into the secret")
    running.connection = replace(running.connection, token_expires=now + 30 * 86_400)
    assert ("ok", "Centra token: expires in 30 days") in told(running, exit_code=0)


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.bnVsbA.c", "a.e30.c", "a.%%%.c"])
def test_a_token_that_does_not_tell(token: str) -> None:
    assert expiry_of(token) is None


def test_no_mapping_yet(world: World) -> None:
    rows = told(world, exit_code=1)
    assert ("error", "mapping: none is in force: write one (see mapping.example.yaml) and run `ops mapping apply FILE`") in rows
    assert [health for health, _ in rows].count("error") == 1


def test_what_can_be_mapped_is_listed_before_there_is_a_mapping(world: World) -> None:
    rows = told(world, exit_code=1)
    for row in (
        "Centra warehouse 11: Store Stockholm: stock master EXTERNAL",
        "Sitoo site 1: currency SEK, timezone Europe/Stockholm",
        "Sitoo warehouse 2: Central mirror: Virtual, no store, a mirror of Centra's stock, site 1",
        "Sitoo warehouse 3: Floor: FIFO, store 1, sellable, site 1",
        "Sitoo warehouse 4: Reclaims: FIFO, store 1, not sellable, site 1",
    ):
        assert ("ok", row) in rows


def test_a_wrong_sitoo_password_is_found_before_there_is_a_mapping(world: World) -> None:
    refuse_sitoo(world)
    rows = told(world, exit_code=1)
    assert any(health == "error" and "Sitoo refuses the API user: its id or password is wrong" in text for health, text in rows), rows
    assert ("ok", "Centra warehouse 11: Store Stockholm: stock master EXTERNAL") in rows


def test_a_drain_that_runs_has_not_loaded_what_lay_there_before(world: World) -> None:
    world.apply()
    size = world.rehearsal.centra.add_size("TEE-M")
    world.rehearsal.sitoo.add_product("TEE-M")
    world.rehearsal.sku_map.put_many(1, [SkuEntry("TEE-M", size["size_id"], size["product_id"], size["variant_id"], "TEE-M")])
    world.rehearsal.run(130)
    never = "the stock was never loaded; run `ops stock load`"
    assert only(told(world, exit_code=1)) == ("error", f"first load of site 1: Stockholm, Gothenburg: {never}")
    world.drain_beside()
    world.ops("stock", "load", "--yes", "--store", "Stockholm")
    assert only(told(world, exit_code=1)) == ("error", f"first load of site 1: Gothenburg: {never}")
    world.ops("stock", "load", "--yes")
    assert {health for health, _ in told(world, exit_code=0)} == {"ok"}


def test_nothing_loaded_yet(world: World) -> None:
    world.apply()
    errors = {text for health, text in told(world, exit_code=1) if health == "error"}
    assert errors == {
        "SKU map of site 1: is empty: run `ops sku-map build`",
        "first load of site 1: Stockholm, Gothenburg: the stock was never loaded; run `ops stock load`",
        "drain of site 1: has never run: is the site among SitooSiteIds of the stack, is the schedule on, do the function's logs show errors?",
    }


def test_a_drain_that_stands_still(running: World) -> None:
    running.rehearsal.clock.sleep(600)
    health, text = only(told(running, exit_code=1))
    assert health == "error"
    assert text.startswith("drain of site 1: last read the vendors 1")
    assert "DRAIN_STUCK" in text


def test_skus_that_wait_too_long(running: World) -> None:
    running.rehearsal.levels.mark(1, [Mark(STOCKHOLM, "TEE-M")], running.connection.clock.now() - 1_000)
    assert only(told(running, exit_code=0)) == (
        "warning",
        "drain of site 1: 1 SKU waits, the oldest for 17 min: the budget is too small, or Centra refuses them",
    )


def test_open_exceptions_are_counted(running: World) -> None:
    for sku in "AB":
        running.rehearsal.cases.open(Problem(Kind.UNMAPPED_SKU, sku, Owner.MERCHANDISING, "x", "y"), now=1.0, by="test")
    assert only(told(running, exit_code=0)) == ("warning", "exceptions: 2 UNMAPPED_SKU: see `ops exceptions list`")


def test_what_changed_at_the_vendors_since_the_mapping_was_applied(running: World) -> None:
    running.rehearsal.sitoo.set_settings(currencycode="NOK")
    running.rehearsal.sitoo.set_sellable(3, False)
    running.rehearsal.centra.catalogue.warehouses[STOCKHOLM].stock_master = "CENTRA"
    rows = told(running, exit_code=1)
    assert ("error", "site 1: has SEK in the file, but NOK in Sitoo's settings (currencycode)") in rows
    texts = [text for health, text in rows if health == "warning"]
    assert any("sellable in the file and not sellable in Sitoo" in text for text in texts)
    assert any("has stock master CENTRA: set it to External" in text for text in texts)


def test_safety_stock_and_switches_that_were_changed(running: World) -> None:
    running.apply(MAPPING.replace("sitoo_store: 1", "safety_stock: 2") + "switches: {sync_store_stock: false}\n")
    running.rehearsal.centra.catalogue.warehouses[STOCKHOLM].threshold = 7
    texts = [text for health, text in told(running, exit_code=0) if health == "warning"]
    assert "safety stock of warehouse 11: is 7 in Centra and 2 in the mapping: run `ops mapping apply FILE`" in texts
    assert "switches.sync_store_stock: is false: no store stock reaches Centra" in texts


def refuse_sitoo(world: World) -> None:
    """From now on the operators' command has a wrong password for Sitoo."""
    users = world.rehearsal.sitoo.api_users
    users.update(dict.fromkeys(users, "another password"))
    wrong = world.connection.sitoo(1)
    users.update(dict.fromkeys(users, "the right one"))
    world.connection = replace(world.connection, sitoo=lambda _site: wrong)


def test_a_sitoo_user_that_is_refused(running: World) -> None:
    refuse_sitoo(running)
    rows = told(running, exit_code=1)
    assert any(health == "error" and "Sitoo refuses the API user: its id or password is wrong" in text for health, text in rows), rows


@pytest.mark.parametrize(("vendor", "other"), [("Centra", "Sitoo"), ("Sitoo", "Centra")])
def test_a_vendor_that_is_down_has_a_row_with_its_address_and_the_page_for_it(running: World, vendor: str, other: str) -> None:
    sandbox = running.rehearsal.centra if vendor == "Centra" else running.rehearsal.sitoo
    sandbox.fault("error", times=None)
    rows = told(running, exit_code=1)
    (row,) = [text for health, text in rows if health == "error" and text.startswith(f"{vendor}: ")]
    assert f"{vendor} did not answer as it should: {vendor} ({vendor.lower()}.test) answered HTTP" in row
    assert "docs/runbooks/vendor-down.md" in row
    assert ("ok", f"{other}: answers") in rows
    assert sum("did not answer" in text for _, text in rows) == 1
