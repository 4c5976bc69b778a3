"""The order side of Centra: whole orders read, shipments, captures, allocations and returns written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from connector.centra.order_models import CentraOrder, ReturnOfOrder, Written
from connector.domain.configuration import Lane


class CentraOrders(Protocol):
    """Each call is one HTTP request unless said otherwise; mutations spend one mutation. Errors: connector.centra.errors, BudgetExhausted.

    A mutation that raises Uncertain may have been committed: look before repeating.
    """

    def orders(self, numbers: Sequence[int], *, lane: Lane = Lane.ORDERS) -> dict[int, CentraOrder]:
        """Whole orders by number, ≤ 10 a request; one that Centra does not know is missing."""
        ...

    def changed_orders(self, *, since: float, until_page: int = 20) -> tuple[dict[int, float], bool]:
        """{order number: updatedAt} of orders changed since (oldest first), and whether that is all (False: the last page was full)."""
        ...

    def orders_marked(self, key: str) -> list[int]:
        """Numbers of orders that have this externalId, or whose comment (otherComment) contains it."""
        ...

    def changed_shipments(self, *, since: float, until_page: int = 20) -> tuple[dict[int, tuple[int, float]], bool]:
        """{shipment id: (order number, updatedAt)} changed since, and whether that is all."""
        ...

    def new_returns(self, *, since: float, until_page: int = 20) -> dict[int, int]:
        """{return id: order number} created since: there is no filter on later changes (centra-api §0.2)."""
        ...

    def order_of_shipment(self, shipment: int) -> int | None: ...

    def return_with_order(self, return_id: int) -> tuple[int, ReturnOfOrder] | None:
        """A return with its order's number; None when there is none."""
        ...

    def returns_of(self, number: int) -> list[ReturnOfOrder]:
        """Every return of an order, with refunds."""
        ...

    def order_with_returns(self, number: int) -> tuple[CentraOrder | None, list[ReturnOfOrder]]:
        """An order and every return of it, read together."""
        ...

    def allocate(self, order: int, lines: Mapping[int, int], warehouses: Sequence[int], comment: str) -> Written:
        """allocateOrder of {line id: units}, preferring warehouses in order."""
        ...

    def unallocate(self, order: int, lines: Mapping[int, int], warehouse: int, *, remove: bool, comment: str) -> Written:
        """unallocateOrder at one warehouse; `remove`: removeItemsFromStock, else releaseItemsBackToWarehouse. Too many units is a warning."""
        ...

    def cancel_lines(self, order: int, lines: Mapping[int, int], *, remove: bool, comment: str) -> Written:
        """updateDirectToConsumerOrder with cancelLines of unshipped units."""
        ...

    def hold(self, order: int, reason: str) -> Written:
        """Put the order on hold (isOnHold, holdStatusChangeReason)."""
        ...

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
        """createShipment, good to go, of allocated units {line id: units}. A failing capture is a warning (centra-api §4)."""
        ...

    def capture_shipment(self, shipment: int) -> Written: ...

    def complete_shipment(
        self, shipment: int, *, shipped_at: float, send_email: bool, carrier: str = "", service: str = "", tracking: str = ""
    ) -> Written: ...

    def set_external_id(self, order: int, external_id: str) -> Written: ...

    def assign_attribute(self, order: int, attribute: str, element: str, value: str) -> Written:
        """assignAttributes on the order: attribute type name, element key, text."""
        ...

    def internal_comment(self, order: int) -> str:
        """The order's internalComment, '' when it has none. May hold anything about people: for adding to it only. Raises Unavailable unless the
        order was read."""
        ...

    def comment(self, order: int, internal_comment: str) -> Written:
        """Replace the order's internalComment."""
        ...

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
        """createReturn of {shipment line id: units} with removeItemsFromStock. Sub-units: `return_cost` and `voucher` reduce what is refunded,
        `shipping` of the shipment's cost is refunded too; none may exceed what is left of it on the shipment."""
        ...

    def complete_return(self, return_id: int) -> Written: ...

    def refund_return(self, return_id: int) -> Written: ...


class OrderApi(Protocol):
    """Centra's Order API (REST, centra-api §4.1, §8). Raises connector.centra.errors; a POST that broke off is Uncertain."""

    def allocation_requests(self, order: int) -> list[tuple[int, str, int]]:
        """(id, status, warehouse) of every allocation request of an order, whatever its status."""
        ...

    def answer_allocation_request(self, request: int, *, confirm: bool) -> tuple[str, ...]:
        """Irreversible. The errors, empty when done."""
        ...

    def answer_check_first(self, order: int, warehouse: int, *, accept: bool) -> tuple[str, ...]:
        """Irreversible. The errors, empty when done."""
        ...

    def create_order(self, body: Mapping[str, object]) -> tuple[tuple[int, ...], int, str]:
        """POST order: (order numbers, error code 0 or negative, message). −5: the order number exists already."""
        ...
