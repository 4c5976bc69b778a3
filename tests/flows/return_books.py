"""The sums of both systems, counted on their own, against those of the sales ledger: per day, store, tender and VAT rate, to the cent."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connector.domain.order_keys import refund_of
from connector.store.sales_ledger import LedgerRow
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import CLOSED, ORDER
from sandbox.sitoo.records import Order as SitooOrder
from sandbox.stock_story import SITE, STORES

Sums = Counter[tuple[Any, ...]]
"""{("paid", day, store, tender) | ("taxed", day, store, VAT percent) | ("virtual", day, store): cents}"""
_STORE_OF = {warehouse.id: store.centra_warehouse for store in STORES for warehouse in store.sitoo_warehouses}
_OF_CENTRA = "centra-return-"


def ledger_rows(story: OrderStory, *, since: float) -> list[LedgerRow]:
    days = sorted({_day(at) for at in range(int(since), int(story.world.clock.now()) + 86_400, 3600)})
    return [row for day in days for row in story.world.ledger.day(SITE, day)]


def books_agree(story: OrderStory, *, since: float) -> None:
    """`since`: when the connector came. Tills' rows by every key; Centra's refunds by day and amount."""
    rows = ledger_rows(story, since=since)
    assert _told([row for row in rows if not row.key.startswith(_OF_CENTRA)]) == _rung_up(story, since)
    refunds = [row for row in rows if row.key.startswith(_OF_CENTRA)]
    assert Counter((row.day, sum(row.tenders.values())) for row in refunds) == _paid_by_centra(story)
    assert all(row.gross == sum(row.tenders.values()) for row in refunds)


def _told(rows: list[LedgerRow]) -> Sums:
    sums: Sums = Counter()
    for row in rows:
        for tender, cents in row.tenders.items():
            sums["paid", row.day, row.store, tender] += cents
        for rate, taxed in row.by_rate.items():
            sums["taxed", row.day, row.store, rate.normalize()] += taxed.net + taxed.vat
        sums["virtual", row.day, row.store] += row.virtual
    return _nonzero(sums)


def _rung_up(story: OrderStory, since: float) -> Sums:
    sums: Sums = Counter()
    for order in story.world.sitoo.orderbook.orders.values():
        if order.registerid and order.type == ORDER and order.state == CLOSED and order.date >= since:
            _till(order, sums)
    return _nonzero(sums)


def _till(order: SitooOrder, sums: Sums) -> None:
    day, store = _day(order.date), _STORE_OF.get(order.warehouseid or 0, 0)
    for payment in order.payments:
        virtual = (payment.get("additionaldata") or {}).get("virtual-payment") == "true"
        key = ("virtual", day, store) if virtual else ("paid", day, store, payment["name"])
        sums[key] += int(Decimal(payment["moneyamount"]) * 100)
    for row in order.rows:
        sums["taxed", day, store, row.vat.normalize()] += int(row.gross * 100)


def _paid_by_centra(story: OrderStory) -> Counter[tuple[str, int]]:
    """Refunds of the payment provider that no till's receipt tells: those of returns made in Centra, and second refunds."""
    paid: Counter[tuple[str, int]] = Counter()
    for number in story.orders:
        for made in story.world.centra.returns.returns.values():
            if made.shipment.order.number != number:
                continue
            ours = refund_of(story.world.centra.external_ids.of("Return", made.id) or "")
            entries = [e for e in made.refunds if e.status == "SUCCESS" and not (ours is not None and left_to_centra(story, ours[0]))]
            if entries:
                paid[_day(min(e.created_at for e in entries)), -sum(e.amount for e in entries)] += 1
    return paid


def left_to_centra(story: OrderStory, refund: int) -> bool:
    """Whether the till paid nothing itself."""
    return any(payment["name"] == "Web" for payment in story.world.sitoo.orderbook.order(refund).payments)


def _nonzero(sums: Sums) -> Sums:
    return Counter({key: n for key, n in sums.items() if n})


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo("Europe/Stockholm")).date().isoformat()
