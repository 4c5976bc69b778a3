"""Receipts as tills write them: rows, tenders, register, receipt number, store."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.sitoo.goods import GoodsActions
from sandbox.sitoo.pricing import cents, money
from sandbox.sitoo.records import CLOSED, ORDER, PAID, Delivery, Order, OrderRow, Refusal

Tender = str | Mapping[str, str]
"""A payment name for the whole amount, or {name: amount} (amounts positive, also when they are paid out)."""
FIRST_RECEIPT = 10001
STORE_CREDIT = ("Gift Card", "Credit Note")


class Receipts(GoodsActions):
    """Parts of which till actions make orders. A till is a register of a warehouse's store: number 1, 2, …"""

    def row_of_product(self, index: int, sku: str, quantity: int, discount: Decimal | str = "0.00") -> OrderRow:
        """A row at the product's price and VAT; `discount` is the whole row's, including VAT."""
        product = self.product(sku)
        if quantity == 0:
            raise Refusal(400, "Invalid value in quantity")
        less = Decimal(discount)
        row = OrderRow(index, sku, product.title, quantity, cents(product.price * quantity) - less, less, Decimal(product.vat))
        row.productid = product.productid
        if less:
            row.additionaldata["orderitem-moneyrowdiscount"] = money(less)
        return row

    def till_order(
        self, rows: list[OrderRow], warehouse: int, date: float, *, tender: Tender = "Card", register: int = 1, currency: str | None = None
    ) -> Order:
        """A paid order with its receipt number, not yet in the books."""
        order = Order(0, ORDER, CLOSED, PAID, date, currency or self.currency, rows, warehouse, registerid=register_id(warehouse, register))
        order.additionaldata["pos-receiptid"] = self._receipt(warehouse, register)
        store = self.stores.get(self.stock.warehouse(warehouse).storeid or 0)
        if store is not None and store.externalid:
            order.additionaldata |= {"store-externalid": store.externalid, "store-name": store.name}
        total = sum((row.gross for row in rows), Decimal(0))
        order.payments = payments(tender, total)
        return order

    def handed_over(self, order: Order, *deliveries: Delivery) -> dict[str, int | None]:
        """What a till action answers: the order, and the newest transaction of its deliveries (None when none moved stock)."""
        wanted = {delivery.orderdeliveryid for delivery in deliveries}
        recent = self.stock.transactions[-len(wanted) :] if wanted else []
        moved = [row.warehousetransactionid for row in recent if row.orderdeliveryid in wanted]
        return {"order_id": order.orderid, "transaction_id": moved[-1] if moved else None}

    def _receipt(self, warehouse: int, register: int) -> str:
        """Register key and running number, as `SII000000150000110009`."""
        key = f"SII{warehouse:08d}{register:05d}"
        self.receipt_counts[key] += 1
        return f"{key}{FIRST_RECEIPT + self.receipt_counts[key] - 1}"


def register_id(warehouse: int, register: int = 1) -> str:
    return f"{{REGISTER-{warehouse:04d}}}" if register == 1 else f"{{REGISTER-{warehouse:04d}-{register}}}"


def payments(tender: Tender, total: Decimal) -> list[dict[str, Any]]:
    """The payments of an order over `total` (negative: paid out). Refuses tenders that do not add up to it."""
    if isinstance(tender, str):
        return [_payment(tender, total)]
    sign = -1 if total < 0 else 1
    if sum((Decimal(amount) for amount in tender.values()), Decimal(0)) * sign != total:
        raise Refusal(400, f"The tenders do not add up to {money(total * sign)}")
    return [_payment(name, Decimal(amount) * sign) for name, amount in tender.items()]


def _payment(name: str, amount: Decimal) -> dict[str, Any]:
    """Gift cards and credit notes name their card."""
    marks = {"giftcard-cardnumber": "6006490000000000001"} if name in STORE_CREDIT else {}
    return {"name": name, "moneyamount": money(amount), "additionaldata": marks}
