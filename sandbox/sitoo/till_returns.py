"""What comes back at a till, as control actions: validated and manual returns, exchanges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.sitoo.pricing import cents, money
from sandbox.sitoo.receipts import Tender, payments
from sandbox.sitoo.records import Delivery, Order, OrderRow, Refusal
from sandbox.sitoo.till import Sold, TillActions

EXCHANGE_TENDER = "Exchange"
"""What a payment between the two orders of an exchange is called (unconfirmed); its mark `virtual-payment` is documented."""


class ReturnActions(TillActions):
    """Rows are named by their index on the original order, units and amounts are positive; a refusal is raised as `records.Refusal`."""

    def refund(
        self,
        order_id: int | None = None,
        rows: Mapping[int, int] | None = None,
        warehouse: int | None = None,
        skus: Mapping[str, int] | None = None,
        tender: Tender = "Card",
        amounts: Mapping[int, str] | None = None,
        currency: str | None = None,
        register: int = 1,
        return_warehouses: Mapping[int, int] | None = None,
        undelivered: bool = False,
        reason: str = "",
        bought: Mapping[str, int] | None = None,
        at: float | None = None,
        offline_until: float | None = None,
    ) -> Sold:
        """Goods come back at a till: a refund order with negative rows. Validated with `order_id` and `rows` {row: units} (default: all that is
        delivered and not yet returned); a manual return names `skus` and `warehouse` instead and carries no link (`rows` of it count from 0).

        `warehouse` is the register's (default: the original's). `amounts` {row: paid back for it, including VAT} overrides the prices paid;
        `return_warehouses` {row: warehouse} sends goods elsewhere, e.g. to reclaims. `undelivered` refunds what was never handed out before what
        was: that moves no stock. `bought` {sku: units} goes out on the same order. `at` and `offline_until` are those of `sell`. In every
        currency the amounts are the numbers of the original.
        """
        if order_id is None:
            if warehouse is None or not skus:
                raise Refusal(400, "A manual return needs warehouse and skus")
            lines = [self.row_of_product(index, sku, -quantity) for index, (sku, quantity) in enumerate(skus.items())]
            sources, original = list(range(len(lines))), None
            kept: dict[int, int] = {}
        else:
            original = self.orderbook.order(order_id)
            wanted = self._wanted(original, rows, undelivered)
            lines, sources = [_taken_back(index, original.rows[row], units) for index, (row, units) in enumerate(wanted.items())], list(wanted)
            self._keep_cents(original, lines, sources)
            kept = self._never_left(original, wanted) if undelivered else {}
        for line, source in zip(lines, sources, strict=True):
            paid = {int(row): amount for row, amount in (amounts or {}).items()}.get(source)
            if paid is not None:
                line.gross, line.discount = -Decimal(paid), Decimal(0)
                line.additionaldata["reasoncode-manualprice"] = "till"
        place = warehouse if warehouse is not None else (original.warehouseid if original is not None else None)
        if place is None:
            raise Refusal(400, "The refund needs a warehouse")
        goods = [self.row_of_product(index, sku, quantity) for index, (sku, quantity) in enumerate((bought or {}).items(), len(lines))]
        refund = self.till_order([*lines, *goods], place, self.now() if at is None else at, tender=tender, register=register, currency=currency)
        if original is not None:
            self._link(refund, original, lines, sources)
        if reason:
            refund.additionaldata["refundreasoncode-reasoncode"] = reason
        elsewhere = {sources.index(int(row)): number for row, number in (return_warehouses or {}).items()}
        for index, number in elsewhere.items():
            self.stock.warehouse(number)
            lines[index].additionaldata["return-warehouseid"] = str(number)
        return self._committed(lambda: self._give_back(refund, original, sources, place, elsewhere, kept), offline_until)

    def exchange(
        self, order_id: int, rows: Mapping[int, int], skus: Mapping[str, int], warehouse: int | None = None, tender: Tender = "Card"
    ) -> dict[str, int]:
        """`rows` of an order come back and `skus` are bought in the same visit: two orders that name each other, settled by virtual payments.

        The difference is paid, or paid out, with `tender`. Answers {"refund": order id, "purchase": order id}.
        """
        original = self.orderbook.order(order_id)
        place = warehouse if warehouse is not None else original.warehouseid
        if place is None:
            raise Refusal(400, "The exchange needs a warehouse")
        bought = [self.row_of_product(index, sku, quantity) for index, (sku, quantity) in enumerate(skus.items())]
        purchase = self.till_order(bought, place, self.now())
        back = self.orderbook.order(_number(self.refund(order_id, rows, place)))
        paid_back, price = -_total(back.rows), _total(bought)
        settled = min(paid_back, price)
        back.payments = [_virtual(-settled), *payments_of_rest(tender, settled - paid_back)]
        purchase.payments = [_virtual(settled), *payments_of_rest(tender, price - settled)]
        purchase.additionaldata |= {"pos-refund-orderid": str(back.orderid), "pos-refund-receiptid": back.additionaldata["pos-receiptid"]}
        sold = self._ring_up(purchase, place, {row.row: row.quantity for row in bought}, None)
        back.additionaldata["pos-refundsales-orderid"] = str(_number(sold))
        return {"refund": back.orderid, "purchase": _number(sold)}

    def _wanted(self, original: Order, rows: Mapping[int, int] | None, undelivered: bool) -> dict[int, int]:
        """{row: units} to take back, never more than was handed out (or sold) and has not come back. Freight and the like need no handing out."""
        returned = self.orderbook.returned(original.orderid)
        sold = {row.row: row.quantity - returned.get(row.row, 0) for row in original.rows}
        left = {row.row: min(sold[row.row], max(0, row.delivered + row.given_up - returned.get(row.row, 0))) for row in original.rows}
        free = {row.row for row in original.rows if undelivered or not self.counted(row.sku)}
        wanted = {int(row): units for row, units in (left if rows is None else rows).items() if units}
        if not wanted or any(units < 0 or units > (sold if row in free else left).get(row, 0) for row, units in wanted.items()):
            raise Refusal(400, "More units than were delivered and not returned")
        return wanted

    def _keep_cents(self, original: Order, lines: list[OrderRow], sources: list[int]) -> None:
        """The last units of a row pay back what the earlier ones left of it, so that all parts sum up to its price."""
        returned = self.orderbook.returned(original.orderid)
        for line, source in zip(lines, sources, strict=True):
            row, before = original.rows[source], returned.get(source, 0)
            line.gross = cents(row.gross * before / row.quantity) - cents(row.gross * (before - line.quantity) / row.quantity)

    def _link(self, refund: Order, original: Order, lines: list[OrderRow], sources: list[int]) -> None:
        """creditorderid and additionaldata, or one of them by mode."""
        if self.mode.refund_link in ("both", "creditorderid"):
            refund.creditorderid = original.orderid
        if self.mode.refund_link in ("both", "additionaldata"):
            refund.additionaldata["pos-originalsales-orderid"] = str(original.orderid)
        for line, source in zip(lines, sources, strict=True):
            line.additionaldata["pos-originalsales-orderitemid"] = str(source)
        names = [payment["name"] for payment in original.payments]
        for payment in refund.payments:
            if payment["name"] in names:
                payment["additionaldata"]["pos-originalsales-payment-index"] = str(names.index(payment["name"]))

    def _give_back(
        self, refund: Order, original: Order | None, sources: list[int], place: int, elsewhere: Mapping[int, int], kept: Mapping[int, int]
    ) -> Sold:
        """One delivery per warehouse that goods go to, and one without stock for units that never left (`kept` by row of the original)."""
        self.orderbook.create(refund)
        groups: dict[tuple[int, bool], dict[int, int]] = defaultdict(dict)
        for row, source in zip(refund.rows[: len(sources)], sources, strict=True):
            neutral = original is not None and self._keeps_stock_out(original, source)
            if original is not None:
                original.rows[source].given_up += kept.get(source, 0)
            for units, ignored in ((-row.quantity - kept.get(source, 0), neutral), (kept.get(source, 0), True)):
                if units:
                    group = groups[elsewhere.get(row.row, place), ignored]
                    group[row.row] = -units
        if bought := {row.row: row.quantity for row in refund.rows[len(sources) :]}:
            groups[place, False] = groups.get((place, False), {}) | bought

        def take_in() -> Sold:
            done = [self.orderbook.deliver(refund, units, number, ignorestock=ignored) for (number, ignored), units in groups.items()]
            return self.handed_over(refund, *done)

        delay = self.mode.refund_delivery_delay
        return self._committed(take_in, self.now() + delay if delay else None) | {"order_id": refund.orderid}

    def _never_left(self, original: Order, wanted: Mapping[int, int]) -> dict[int, int]:
        """{row: how many of these units were not handed out and are not given up yet}."""
        rows = {row.row: row for row in original.rows if self.counted(row.sku)}
        free = {number: max(0, row.quantity - row.delivered - row.given_up) for number, row in rows.items()}
        return {row: min(units, free[row]) for row, units in wanted.items() if row in free}

    def _keeps_stock_out(self, original: Order, source: int) -> bool:
        """By mode, what was delivered without stock also comes back without."""
        if self.mode.ignore_stock_covers_returns and original.additionaldata.get("delivery-ignore-stock") == "true":
            return True
        return self.mode.ignored_delivery_covers_returns and any(
            delivery.asked_to_ignore and delivery.cancelled is None and source in delivery.units for delivery in self._deliveries(original)
        )

    def _deliveries(self, order: Order) -> list[Delivery]:
        return self.orderbook.of_order.get(order.orderid, [])


def payments_of_rest(tender: Tender, rest: Decimal) -> list[dict[str, Any]]:
    """Nothing when the virtual payment settles all."""
    return payments(tender, rest) if rest else []


def _taken_back(index: int, row: OrderRow, units: int) -> OrderRow:
    line = OrderRow(index, row.sku, row.name, -units, Decimal(0), Decimal(0), row.vat)
    line.productid = row.productid
    return line


def _virtual(amount: Decimal) -> dict[str, Any]:
    return {"name": EXCHANGE_TENDER, "moneyamount": money(amount), "additionaldata": {"virtual-payment": "true"}}


def _total(rows: list[OrderRow]) -> Decimal:
    return sum((row.gross for row in rows), Decimal(0))


def _number(sold: Sold) -> int:
    number = sold["order_id"]
    if number is None:
        raise Refusal(400, "The till is offline")
    return number
