"""OrderLinks.

Item: pk `open#{warehouse}` or `closed#{warehouse}`, sk `{order number}#{sku}`; an OpenLine's numbers by name (`shipments` as JSON {shipment id:
units}), `rev`, `nonce`; closed ones `ttl` (90 days: longer than any feed reads back).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from connector.store.dynamo.attributes import Row, real, text, whole
from connector.store.dynamo.connection import Connection
from connector.store.dynamo.shelves import Change as Stow
from connector.store.dynamo.shelves import Place, Shelves, Stored
from connector.store.order_line_changes import Change, LineKey, allocate, begin_shipping, deliver, link, may_close, ship, withhold
from connector.store.order_links import OpenLine

CLOSED_DAYS = 90


class DynamoOrderLinks:
    """`now` gives unix s; it only dates the clearing of closed lines."""

    def __init__(self, connection: Connection, table: str, now: Callable[[], float]) -> None:
        self._shelves, self._now = Shelves(connection, table), now

    def open_lines(self, warehouses: Sequence[int]) -> list[OpenLine]:
        return [_line(warehouse, row) for warehouse in dict.fromkeys(warehouses) for row in self._shelves.list(f"open#{warehouse}")]

    def seen_in_centra(self, order_number: int, warehouse: int, sku: str, *, allocated: int) -> None:
        self._change((order_number, warehouse, sku), allocate(allocated))

    def shipped(self, order_number: int, warehouse: int, sku: str, *, shipment_id: int, units: int, at: float) -> None:
        self._change((order_number, warehouse, sku), ship(shipment_id, units, at))

    def linked(self, order_number: int, warehouse: int, sku: str, *, sitoo_order_id: int, reserved: int, reserved_until: float | None) -> None:
        self._change((order_number, warehouse, sku), link(sitoo_order_id, reserved, reserved_until))

    def delivered(self, order_number: int, warehouse: int, sku: str, *, units: int) -> None:
        self._change((order_number, warehouse, sku), deliver(units))

    def withhold(self, order_number: int, warehouse: int, sku: str, *, units: int, at: float) -> None:
        self._change((order_number, warehouse, sku), withhold(units, at))

    def shipping(self, order_number: int, warehouse: int, sku: str, *, since: float | None) -> None:
        self._change((order_number, warehouse, sku), begin_shipping(since))

    def close(self, line: OpenLine) -> None:
        def decide(stored: Stored | None) -> tuple[Stow | None, None]:
            if stored is None or not stored.is_open or not may_close(_line(line.warehouse, stored.row), line):
                return None, None
            return Stow({**stored.row, "allocated": 0, "ttl": int(self._now()) + CLOSED_DAYS * 86_400}, is_open=False), None

        self._shelves.change(_place((line.order_number, line.warehouse, line.sku)), decide)

    def _change(self, key: LineKey, change: Change) -> None:
        def decide(stored: Stored | None) -> tuple[Stow | None, None]:
            known = OpenLine(*key) if stored is None else _line(key[1], stored.row)
            after = change(known)
            return (None if stored is not None and after == known else Stow(_row(after), is_open=True)), None

        self._shelves.change(_place(key), decide)


def _place(key: LineKey) -> Place:
    order_number, warehouse, sku = key
    return Place(f"open#{warehouse}", f"closed#{warehouse}", f"{order_number}#{sku}")


def _row(line: OpenLine) -> Row:
    return {
        "allocated": line.allocated,
        "shipments": json.dumps(dict(line.shipments), separators=(",", ":")),
        "shipped_at": line.shipped_at,
        "sitoo_order_id": line.sitoo_order_id,
        "delivered": line.delivered,
        "reserved": line.reserved,
        "reserved_until": line.reserved_until,
        "withheld": line.withheld,
        "withheld_at": line.withheld_at,
        "shipping_since": line.shipping_since,
    }


def _line(warehouse: int, row: Row) -> OpenLine:
    order_number, _, sku = text(row, "sk").partition("#")
    return OpenLine(
        order_number=int(order_number),
        warehouse=warehouse,
        sku=sku,
        allocated=whole(row, "allocated"),
        shipments={int(shipment): units for shipment, units in json.loads(text(row, "shipments", "{}")).items()},
        shipped_at=real(row, "shipped_at"),
        sitoo_order_id=whole(row, "sitoo_order_id") if "sitoo_order_id" in row else None,
        delivered=whole(row, "delivered"),
        reserved=whole(row, "reserved"),
        reserved_until=real(row, "reserved_until") if "reserved_until" in row else None,
        withheld=whole(row, "withheld"),
        withheld_at=real(row, "withheld_at"),
        shipping_since=real(row, "shipping_since") if "shipping_since" in row else None,
    )
