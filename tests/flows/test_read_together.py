"""A busy till: its orders are read together, not one by one."""

from __future__ import annotations

from connector.flows.orders.read_together import ReadTogether
from connector.flows.orders.take_fulfilment_messages import take_fulfilment_messages
from connector.flows.orders.take_order_messages import OrderMessage
from connector.flows.returns.take_return_messages import take_return_messages
from connector.runtime.queues import Work
from sandbox.stock_story import SITE
from tests.flows.order_steps import story


def _message(number: int, order_id: int, kind: str, action: str = "update") -> OrderMessage:
    return OrderMessage(str(number), f'{{"v":1,"source":"sitoo","type":"{kind}","site":{SITE},"id":{order_id},"action":"{action}"}}', None)


def test_ten_sales_cost_one_request_each_way() -> None:
    with story() as told:
        world = told.world
        ids = [world.sitoo.sell(101, {"CAP": 1})["order_id"] or 0 for _ in range(4)]
        before = world.sitoo.calls().get("GET orders", 0)
        ctx, ends_at = world.order_context(), world.clock.now() + 60.0
        delivered = [_message(n, order_id, kind) for n, order_id in enumerate(ids) for kind in ("order", "order-delivery")]
        taken = take_fulfilment_messages(delivered, {SITE: ctx}.get, [SITE], ends_at=ends_at)
        assert (taken.failed, taken.ignored) == ([], 4)
        assert world.sitoo.calls()["GET orders"] == before + 1
        booked = take_return_messages([_message(n, o, "order") for n, o in enumerate([*ids, *ids])], {SITE: ctx}.get, [SITE], ends_at=ends_at)
        assert (booked.failed, booked.done, booked.ignored) == ([], 4, 4)
        assert world.sitoo.calls()["GET orders"] == before + 2


def test_an_order_that_sitoo_does_not_have_is_nobodys() -> None:
    with story() as told:
        ctx = told.world.order_context()
        together = ReadTogether([None, {"source": "sitoo", "type": "order", "site": SITE, "id": 99}])
        assert together.get(ctx, 99) is None
        assert together.get(ctx, 98) is None
        assert told.world.queues.next_visible_at(Work.RETURNS) is None
