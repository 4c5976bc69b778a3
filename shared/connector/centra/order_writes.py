"""The mutations of CentraOrders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector.centra import order_mutations as mutations
from connector.centra.answers import date_text
from connector.centra.calls import Calls
from connector.centra.order_models import Written
from connector.centra.written import written
from connector.domain.configuration import Lane


class OrderWrites:
    """The part of CentraOrders that changes orders, shipments and returns. Each is one mutation, and may end Uncertain."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def allocate(self, order: int, lines: Mapping[int, int], warehouses: Sequence[int], comment: str) -> Written:
        given = {"order": order, "comment": comment, **_rows(lines)} | {f"w{i}": w for i, w in enumerate(warehouses)}
        return self._write(mutations.allocate_order(len(lines), len(warehouses)), given, order)

    def unallocate(self, order: int, lines: Mapping[int, int], warehouse: int, *, remove: bool, comment: str) -> Written:
        given = {"order": order, "warehouse": warehouse, "comment": comment, **_rows(lines)}
        return self._write(mutations.unallocate_order(len(lines), remove), given, order)

    def cancel_lines(self, order: int, lines: Mapping[int, int], *, remove: bool, comment: str) -> Written:
        given = {"order": order, "comment": comment, **_rows(lines)}
        return self._write(mutations.cancel_lines(len(lines), remove), given, order)

    def hold(self, order: int, reason: str) -> Written:
        return self._write(mutations.HOLD, {"order": order, "reason": reason}, order)

    def create_shipment(
        self,
        order: int,
        lines: Mapping[int, int],
        *,
        external_id: str,
        capture: bool,
        paid: bool,
        carrier: str = "",
        service: str = "",
        tracking: str = "",
    ) -> Written:
        """See CentraOrders. Sends no mail: completing does, by its own switch."""
        info = _info(carrier, service, tracking)
        given = {"order": order, "externalId": external_id, "capture": capture, "paid": paid, **_rows(lines), **info}
        return self._write(mutations.create_shipment(len(lines), bool(info)), given)

    def capture_shipment(self, shipment: int) -> Written:
        """A failing capture is an error here, unlike in `create_shipment` (centra-api §4)."""
        return self._write(mutations.CAPTURE_SHIPMENT, {"id": shipment}, shipment)

    def complete_shipment(
        self, shipment: int, *, shipped_at: float, send_email: bool, carrier: str = "", service: str = "", tracking: str = ""
    ) -> Written:
        info = _info(carrier, service, tracking)
        given = {"id": shipment, "shippedAt": date_text(shipped_at), "sendEmail": send_email, **info}
        return self._write(mutations.complete_shipment(bool(info)), given, shipment)

    def set_external_id(self, order: int, external_id: str) -> Written:
        return self._write(mutations.SET_EXTERNAL_ID, {"order": order, "externalId": external_id}, order)

    def assign_attribute(self, order: int, attribute: str, element: str, value: str) -> Written:
        given = {"order": order, "attribute": attribute, "element": element, "value": value}
        return self._write(mutations.ASSIGN_ATTRIBUTE, given, order)

    def comment(self, order: int, internal_comment: str) -> Written:
        return self._write(mutations.COMMENT, {"order": order, "comment": internal_comment}, order)

    def create_return(
        self,
        shipment: int,
        lines: Mapping[int, int],
        *,
        external_id: str,
        return_cost: int,
        currency: str,
        decimals: int,
        comment: str,
        shipping: int = 0,
        voucher: int = 0,
    ) -> Written:
        """See CentraOrders. A negative amount is a ValueError."""
        if min(return_cost, shipping, voucher) < 0:
            raise ValueError("a return's amounts are never negative")
        amounts = [Decimal(amount).scaleb(-decimals) for amount in (return_cost, shipping, voucher)]
        given = {"shipment": shipment, "externalId": external_id, "comment": comment, "currency": currency, **_rows(lines)}
        return self._write(mutations.create_return(len(lines), *amounts), given)

    def complete_return(self, return_id: int) -> Written:
        """Sends no mail and no money (centra-api §5.4)."""
        return self._write(mutations.COMPLETE_RETURN, {"id": return_id}, return_id)

    def refund_return(self, return_id: int) -> Written:
        return self._write(mutations.REFUND_RETURN, {"id": return_id}, return_id)

    def _write(self, document: str, given: Mapping[str, Any], changed: int | None = None) -> Written:
        return written(self._calls.send(document, given, Lane.ORDERS, mutations=1), changed)


def _rows(lines: Mapping[int, int]) -> dict[str, int]:
    """Variables l{i} and q{i}. Without lines Centra would take the whole order, so that is a ValueError."""
    if not lines:
        raise ValueError("no lines")
    ids = {f"l{i}": line for i, line in enumerate(lines)}
    return ids | {f"q{i}": units for i, units in enumerate(lines.values())}


def _info(carrier: str, service: str, tracking: str) -> dict[str, str]:
    """What is known of carrier, service and tracking; a variable that is not given leaves its member out."""
    return {name: value for name, value in (("carrier", carrier), ("service", service), ("tracking", tracking)) if value}
