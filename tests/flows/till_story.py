"""What scenarios of till orders share: the shop set up for them, Centra's orders of a till sale, and what happens at a till."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.order_keys import sale_key, sent_key
from connector.domain.order_settings import OrderSettings, PosSales, TillOrders
from sandbox.centra.order_records import Order
from sandbox.order_story import SETTINGS, OrderStory
from sandbox.sitoo.records import Order as TillOrder

A, A_TILL, CENTRAL, MIRROR = 11, 101, 1, 201
TEE, CAP = "TEE-M", "CAP"
TILL = TillOrders(email="till@shop.test", country="SE", central_rule="Central")
SENDING = replace(SETTINGS, endless_aisle=True, till_orders=TILL)
RECORDING = replace(SETTINGS, pos_sales=PosSales.ORDERS, till_orders=TILL)


def begin(settings: OrderSettings, *, central: int = 100) -> OrderStory:
    """A shop whose connector has seen its first minute: what is sold from now on is its business."""
    story = OrderStory.begin(settings=settings, central=central)
    story.run(150.0)
    return story


def made_for(story: OrderStory, sitoo_order: int) -> list[Order]:
    """Centra's orders of a till order, by what stands in their comment."""
    keys = {sale_key(sitoo_order), sent_key(sitoo_order)}
    return [order for order in story.world.centra.orders.orders.values() if order.other_comment in keys]


def external_id(story: OrderStory, order: Order) -> str | None:
    return story.world.centra.external_ids.of("Order", order.number)


def till_order(story: OrderStory, sitoo_order: int) -> TillOrder:
    return story.world.sitoo.orderbook.order(sitoo_order)


def sent_rows(story: OrderStory, sitoo_order: int) -> dict[int, int]:
    """{row: units} handed out on a till order."""
    return {row.row: row.delivered for row in till_order(story, sitoo_order).rows if row.delivered}
