"""A busy till: its orders are read together, not one by one."""

from __future__ import annotations

import json

from connector.flows.orders.read_together import ReadTogether
from connector.flows.orders.take_fulfilment_messages import take_fulfilment_messages
from connector.flows.orders.take_order_messages import OrderMessage
from connector.flows.returns.take_return_messages import take_return_messages
from connector.runtime.queues import Work
from sandbox.stock_story import SITE
from tests.flows.order_steps import story


def _message(number: int, order_id: int, kind: str, action: str = "update", **more: str) -> OrderMessage:
    asked = {"v": 1, "source": "sitoo", "type": kind, "site": SITE, "id": order_id, "action": action, **more}
    return OrderMessage(str(number), json.dumps(asked), None)


def test_ten_sales_cost_one_request_each_way() -> None:
    with story() as told:
        world = told.world
        ids = [world.sitoo.sell(101, {"CAP": 1})["order_id"] or 0 for _ in range(4)]
        before = world.sitoo.calls().get("GET orders", 0)
        ctx, ends_at = world.order_context(), world.clock.now() + 60.0
        closed = [_message(n, order_id, "order", state="closed") for n, order_id in enumerate(ids)]
        delivered = [_message(n, order_id, "order-delivery", action="add") for n, order_id in enumerate(ids)]
        taken = take_fulfilment_messages([*delivered, *closed], {SITE: ctx}.get, [SITE], ends_at=ends_at)
        assert (taken.failed, taken.ignored, taken.later) == ([], 4, 0)
        assert world.sitoo.calls()["GET orders"] == before + 1
        booked = take_return_messages([_message(n, o, "order") for n, o in enumerate([*ids, *ids])], {SITE: ctx}.get, [SITE], ends_at=ends_at)
        assert (booked.failed, booked.done, booked.ignored) == ([], 4, 4)
        assert world.sitoo.calls()["GET orders"] == before + 2


def test_what_else_is_told_of_unknown_orders_is_gathered() -> None:
    """Goods of till sales that were handed over, receipts that were mailed: ten of them cost one request, at the next full quarter of a minute."""
    with story() as told:
        world = told.world
        ids = [world.sitoo.sell(101, {"CAP": 1})["order_id"] or 0 for _ in range(4)]
        world.queues.waiting[Work.RETURNS].clear()
        ctx, before = world.order_context(), world.sitoo.calls().get("GET orders", 0)
        for n, order_id in enumerate(ids):
            kind, action = ("order-delivery", "add") if n % 2 else ("order", "email-receipt")
            message = _message(n, order_id, kind, action)
            assert take_fulfilment_messages([message], {SITE: ctx}.get, [SITE], ends_at=world.clock.now() + 60.0).later == 1
            world.clock.move_to(world.clock.now() + 0.5)
        waiting = [m for m in world.queues.waiting[Work.FULFILMENTS] if '"again":1' in m.body]
        assert {int(m.visible_at) % 15 for m in waiting} == {0}
        world.clock.move_to(max(m.visible_at for m in waiting))
        again = [OrderMessage(str(n), m.body, None) for n, m in enumerate(waiting)]
        taken = take_fulfilment_messages(again, {SITE: ctx}.get, [SITE], ends_at=world.clock.now() + 60.0)
        assert (taken.failed, taken.later) == ([], 0)
        assert world.sitoo.calls()["GET orders"] == before + 1


def test_an_order_that_sitoo_does_not_have_is_nobodys() -> None:
    with story() as told:
        ctx = told.world.order_context()
        together = ReadTogether([None, {"source": "sitoo", "type": "order", "site": SITE, "id": 99}])
        assert together.get(ctx, 99) is None
        assert together.get(ctx, 98) is None
        assert told.world.queues.next_visible_at(Work.RETURNS) is None
