"""What must be true of every return once it is quiet, read from the true state of both sandboxes and from what people were told."""

from __future__ import annotations

from collections import Counter
from typing import Any

from connector.domain.exceptions import Kind, State
from connector.domain.order_keys import refund_of, stock_in_key
from connector.mapping.refund_findings import refund_entity
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import CANCELLED, Order
from sandbox.stock_story import SITE
from tests.flows.return_books import left_to_centra

STOPPED = (Kind.OVER_RETURN, Kind.UNMAPPED_NAME, Kind.RETURN_UNLINKED)
LONGEST_QUIET_S = 4800.0


class ReturnTruth:
    """`linked`: {refund: order that people named}; `pressed`: Centra's returns that people had refunded."""

    def __init__(self, story: OrderStory, linked: dict[int, int], pressed: set[int]) -> None:
        self.story, self.world, self.linked, self.pressed = story, story.world, linked, pressed

    def must_hold(self) -> None:
        for number in self.story.orders:
            self._money_is_right(number)
            self._mail_returns_are_recorded(number)
        for refund, number in self._refunds_of_web_orders():
            if refund.state == CANCELLED:
                self._is_told_as_undone(refund, number)
                continue
            self._is_returned_once(refund, number)
            self._goods_are_in_stock_once(refund, number)
        self._nothing_is_an_echo()
        assert {key: self.story.physical(*key) for key in self.story.must_be()} == self.story.must_be()

    def settle(self) -> None:
        self.story.run(150.0)
        end = self.world.clock.now() + LONGEST_QUIET_S
        while (self.world.levels.dirty(SITE) or self._unfinished()) and self.world.clock.now() < end:
            self.story.run(60.0)

    def _unfinished(self) -> bool:
        files = self.world.files.get_many(self.story.orders).values()
        under_way = any(r.state not in ("done", "parked") for file in files for r in file.returnings)
        return under_way or any(w.refund and not w.looks for file in files for w in file.watches)

    def _is_returned_once(self, refund: Order, number: int) -> None:
        """One completed return per shipment with the refund's units, or a person was told why not."""
        made = [r for r in self.story.state(number)["returns"] if (refund_of(r["external_id"] or "") or (0, 0))[0] == refund.orderid]
        assert len({r["shipment"] for r in made}) == len(made), f"refund {refund.orderid} was returned twice"
        assert all(r["completed"] for r in made)
        if self._told(refund.orderid, Kind.OVER_RETURN):
            assert self._is_too_much(refund, number), f"refund {refund.orderid} of order {number} is no over-return"
        if self._told(refund.orderid, *STOPPED):
            assert made == []
            return
        returned = Counter({sku: n for r in made for sku, n in _units(r).items()})
        file = self.world.files.get(number)
        assert file is not None
        lines = {line["id"]: line["sku"] for line in self.story.state(number)["lines"]}
        for known in file.returnings:
            if known.sitoo_order_id == refund.orderid and known.shipment_id == 0:
                returned += Counter({lines[line]: n for line, n in known.lines.items()})
        assert returned == _back(refund), f"refund {refund.orderid} of order {number}"
        if self._is_exact(refund) and not any(known.shipment_id == 0 for known in file.returnings if known.sitoo_order_id == refund.orderid):
            assert sum(r["total"] for r in made) == -sum(int(row.gross * 100) for row in refund.rows if row.quantity < 0)

    def _is_told_as_undone(self, refund: Order, number: int) -> None:
        """What the store cancelled is in Centra only if finance knows of it, and nobody looks at it for ever."""
        file = self.world.files.get(number)
        made = [r for r in self.story.state(number)["returns"] if (refund_of(r["external_id"] or "") or (0, 0))[0] == refund.orderid]
        told = [c for c in self.world.cases.list(kind=Kind.REFUND_MISMATCH) if c.problem.entity.endswith("/undone")]
        assert not made or any(c.problem.evidence["sitoo_order"] == refund.orderid for c in told), f"refund {refund.orderid} of order {number}"
        assert file is None or file.watch_of(refund.orderid) is None

    def _is_too_much(self, refund: Order, number: int) -> bool:
        """Of some article that it brings back, tills and parcels together brought more than was ever sold."""
        state = self.story.state(number)
        sold: Counter[str] = Counter()
        for line in state["lines"]:
            sold[line["sku"]] += line["quantity"] + line["cancelled"]
        back = sum((_units(made) for made in state["returns"] if not made["external_id"]), Counter[str]())
        for other, of in self._refunds_of_web_orders():
            back += _back(other) if of == number else Counter()
        return any(back[sku] > sold[sku] for sku in _back(refund))

    def _is_exact(self, refund: Order) -> bool:
        return not self._told(refund.orderid, Kind.REFUND_MISMATCH)

    def _money_is_right(self, number: int) -> None:
        """The connector asked the provider only for what tills left to it, once each; what people pressed besides is told."""
        state = self.story.state(number)
        assert state["psp"]["refunded"] <= state["psp"]["captured"]
        for made in state["returns"]:
            ours = refund_of(made["external_id"] or "")
            if ours is None:
                continue
            by_connector = [e for e in made["refunds"] if e["status"] == "SUCCESS" and made["id"] not in self.pressed]
            assert len(by_connector) <= 1
            if by_connector:
                assert left_to_centra(self.story, ours[0]), f"return {made['id']} was paid at a till and refunded"
            if made["refunds"] and not left_to_centra(self.story, ours[0]):
                assert self.world.cases.find(Kind.DOUBLE_REFUND_RISK, f"order/{number}/return/{made['id']}") is not None

    def _mail_returns_are_recorded(self, number: int) -> None:
        """Each return made in Centra stands on one copy, unless tills had taken those goods back already."""
        for made in self.story.state(number)["returns"]:
            if made["external_id"] or not made["completed"]:
                continue
            records = [o for o in self._orders() if (o.externalid or "").startswith(f"CR{made['id']}-")]
            case = self.world.cases.find(Kind.OVER_RETURN, f"order/{number}/return/{made['id']}")
            told = case is not None and case.state is State.OPEN
            assert len(records) == (0 if told else 1), f"return {made['id']} of order {number}"
            for record in records:
                assert _back(record) == _units(made)
                assert all(delivery.ignored_stock for delivery in self.world.sitoo.orderbook.of_order.get(record.orderid, []))

    def _goods_are_in_stock_once(self, refund: Order, number: int) -> None:
        """Whether Sitoo took them in by itself or the connector did; while it may still be waited for, nothing is said."""
        file = self.world.files.get(number)
        if file is None or self._told(refund.orderid, *STOPPED):
            return
        given_up = sum(n for r in file.returnings if r.sitoo_order_id == refund.orderid and r.shipment_id == 0 for n in r.lines.values())
        deliveries = {d.orderdeliveryid for d in self.world.sitoo.orderbook.of_order.get(refund.orderid, [])}
        moves = [t for t in self.world.sitoo.stock.transactions if t.orderdeliveryid in deliveries or t.externalid == stock_in_key(refund.orderid)]
        assert sum(int(m.change) for t in moves for m in t.movements) == sum(_back(refund).values()) - given_up
        assert sum(t.externalid == stock_in_key(refund.orderid) for t in moves) <= 1

    def _nothing_is_an_echo(self) -> None:
        records = {o.orderid for o in self._orders() if (o.externalid or "").startswith("CR")}
        for number in self.story.orders:
            for made in self.story.state(number)["returns"]:
                assert (refund_of(made["external_id"] or "") or (0, 0))[0] not in records
        names = [o.externalid for o in self._orders() if o.externalid]
        assert len(names) == len(set(names))

    def _orders(self) -> list[Order]:
        return list(self.world.sitoo.orderbook.orders.values())

    def _refunds_of_web_orders(self) -> list[tuple[Order, int]]:
        copies = {copy.orderid: number for number in self.story.orders for copy in self.story.copies(number, live=False)}
        found = []
        for order in self._orders():
            if order.registerid and any(row.quantity < 0 for row in order.rows):
                number = self.linked.get(order.orderid) or copies.get(
                    order.creditorderid or int(order.additionaldata.get("pos-originalsales-orderid", "0"))
                )
                if number is not None:
                    found.append((order, number))
        return found

    def _told(self, refund: int, *kinds: Kind) -> bool:
        found = [self.world.cases.find(kind, refund_entity(SITE, refund)) for kind in kinds]
        return any(case is not None and case.state.value == "open" for case in found)


def _back(refund: Order) -> Counter[str]:
    units: Counter[str] = Counter()
    for row in refund.rows:
        if row.quantity < 0:
            units[row.sku or ""] -= row.quantity
    return units


def _units(made: dict[str, Any]) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in made["lines"]:
        units[line["sku"]] += line["quantity"]
    return units
