"""Orders, bookings and deliveries over REST."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.sitoo.asking import Call, Row, integer_of, limited, listing, object_of, required, rows_of, strings_of, text_of
from sandbox.sitoo.order_shapes import LIST_FIELDS, delivery_row, log_row, order_row, payments_from, rows_from, texts_from
from sandbox.sitoo.records import BOOKING, CANCELLED, CLOSED, OPEN, ORDER, PARKED, PICKUP_REJECTED, READY_FOR_PICKUP, Order, Refusal

_LOG_EVENTS = {READY_FOR_PICKUP: "ready-for-pickup", PICKUP_REJECTED: "pickup-rejected"}


def list_orders(call: Call) -> Row:
    """All sites' orders, newest id first unless sorted ascending. There is no filter on changes."""
    return _answer(call, None)


def list_site_orders(call: Call) -> Row:
    return _answer(call, call.state.site)


def get_order(call: Call) -> Row:
    """The whole order with its log; `fields` limits it by mode."""
    row = order_row(call.state.orderbook.order(call.numbers[0]), call.state.site, with_log=True)
    return limited(row, call.words("fields") if call.state.mode.single_order_fields else None)


def post_order(call: Call) -> int:
    state, row = call.state, object_of(call.body)
    required(row, "ordertypeid")
    kind = integer_of(row, "ordertypeid")
    if kind not in (ORDER, BOOKING, PARKED):
        raise Refusal(400, "Invalid value in ordertypeid")
    order = Order(
        0,
        kind,
        integer_of(row, "orderstateid", OPEN),
        integer_of(row, "paymentstateid", 0),
        float(integer_of(row, "orderdate", int(state.now()))),
        text_of(row, "currencycode") or state.currency,
        rows_from(state, row),
        _optional(row, "warehouseid"),
        _moment(row, "datereserved"),
        text_of(row, "externalid"),
        _optional(row, "creditorderid"),
        additionaldata=strings_of(row, "additionaldata"),
        payments=payments_from(row, "payments", "name", "moneyamount"),
        reservedpayments=payments_from(row, "reservedpayments", "id", "name", "moneyreserved"),
        written=texts_from(row),
    )
    if order.creditorderid is not None:
        state.orderbook.order(order.creditorderid)
    if order.state == CLOSED and not state.mode.closed_undelivered:
        raise Refusal(400, "Invalid value in orderstateid (Undelivered items)")
    order.listed_at = state.now() + state.mode.order_read_lag
    return state.orderbook.create(order).orderid


def put_order(call: Call) -> bool:
    """A partial update; fields that are not sent stay."""
    state, row = call.state, object_of(call.body)
    order = state.orderbook.order(call.numbers[0])
    rows = rows_from(state, row) if "orderitems" in row else None
    payments = payments_from(row, "payments", "name", "moneyamount") if "payments" in row else order.payments
    kept = order.additionaldata if state.mode.put_merges_additionaldata or "additionaldata" not in row else {}
    marks = kept | strings_of(row, "additionaldata")
    place = _optional(row, "warehouseid") if "warehouseid" in row else order.warehouseid
    if place is not None:
        state.stock.warehouse(place)
    target = integer_of(row, "orderstateid", order.state)
    if target == CANCELLED != order.state and not state.mode.cancel_delivered and any(item.delivered for item in order.rows):
        raise Refusal(400, "Invalid value in orderstateid (Delivered items)")
    paid = integer_of(row, "paymentstateid", order.payment_state)
    until = _moment(row, "datereserved") if "datereserved" in row else order.reserved_until
    texts = texts_from(row)
    if rows is not None:
        state.orderbook.replace_rows(order, rows)
    if "externalid" in row:
        state.orderbook.rename(order, text_of(row, "externalid"))
    state.orderbook.touch_reserved(order)
    order.payments, order.additionaldata, order.warehouseid, order.payment_state, order.reserved_until = payments, marks, place, paid, until
    order.written |= texts
    change = state.orderbook.set_state(order, target)
    state.orderbook.touch_reserved(order)
    state.orderbook.announce(order, "update", change)
    return True


def list_deliveries(call: Call) -> Row:
    order = call.state.orderbook.order(call.numbers[0])
    return listing(call, call.state.orderbook.of_order.get(order.orderid, []), delivery_row)


def post_delivery(call: Call) -> int:
    """Deliver rows from a warehouse; `ignorestock` leaves stock alone."""
    state, row = call.state, object_of(call.body)
    order = state.orderbook.order(call.numbers[0])
    if order.state == CLOSED and not state.mode.closed_delivers:
        raise Refusal(400, "The order is closed")
    required(row, "warehouseid", "orderdeliveryitems")
    units: dict[int, int] = {}
    for item in rows_of(row["orderdeliveryitems"]):
        required(item, "orderitemid", "quantity")
        index = integer_of(item, "orderitemid")
        units[index] = units.get(index, 0) + integer_of(item, "quantity")
    delivery = state.orderbook.deliver(
        order, units, integer_of(row, "warehouseid"), ignorestock=call.yes("ignorestock"), reference=text_of(row, "orderdeliveryref") or ""
    )
    if state.mode.full_delivery_closes and order.delivered():
        state.orderbook.announce(order, "update", state.orderbook.set_state(order, CLOSED))
    return delivery.orderdeliveryid


def list_log(call: Call) -> Row:
    return listing(call, call.state.orderbook.order(call.numbers[0]).log, log_row)


def post_log(call: Call) -> bool:
    """Ready for pick-up (900) or pick-up rejected (910)."""
    row = object_of(call.body)
    order = call.state.orderbook.order(call.numbers[0])
    kind = integer_of(row, "orderlogtypeid")
    if kind not in _LOG_EVENTS:
        raise Refusal(400, "Invalid value in orderlogtypeid")
    order.log.append((call.state.now(), kind, text_of(row, "strvalue"), None))
    call.state.orderbook.announce(order, _LOG_EVENTS[kind], None)
    return True


def _answer(call: Call, site: int | None) -> Row:
    asked = call.integer("eshopid") if site is None else site
    found = [] if asked not in (None, call.state.site) else _matching(call)
    return listing(call, found, lambda order: order_row(order, call.state.site), LIST_FIELDS)


def _matching(call: Call) -> list[Order]:
    """Filters of the order list; ids and states are looked up in an index, the rest is read through."""
    low, high = call.integer("orderidfrom"), call.integer("orderidto")
    since, until = call.integer("orderdatefrom"), call.integer("orderdateto")
    states, payment_states, types = call.integers("orderstate"), call.integers("paymentstate"), call.integers("ordertype")
    externals, warehouse_id, email = call.words("externalid"), call.integer("warehouseid"), call.query.get("email") or None
    now = call.state.now()
    tests: list[Callable[[Order], bool]] = [lambda order: order.listed_at <= now]
    if low is not None:
        tests.append(lambda order: order.orderid >= low)
    if high is not None:
        tests.append(lambda order: order.orderid < high)
    if since is not None:
        tests.append(lambda order: int(order.date) >= since)
    if until is not None:
        tests.append(lambda order: int(order.date) < until)
    if states is not None:
        tests.append(lambda order: order.state in states)
    if payment_states is not None:
        tests.append(lambda order: order.payment_state in payment_states)
    if types is not None:
        tests.append(lambda order: order.type in types)
    if warehouse_id is not None:
        tests.append(lambda order: order.warehouseid == warehouse_id)
    if externals is not None:
        tests.append(lambda order: order.externalid in externals)
    if email is not None:
        tests.append(lambda order: order.written.get("email") == email)
    orders = call.state.orderbook.orders
    chosen = [orders[number] for number in _candidates(call, states, externals, low) if number in orders]
    found = [order for order in chosen if all(test(order) for test in tests)]
    found.sort(key=lambda order: order.orderid, reverse=call.query.get("sort") != "orderid")
    return found


def _candidates(call: Call, states: list[int] | None, externals: list[str] | None, low: int | None) -> Iterable[int]:
    """`creditorderid` and `receiptid` override `orderid`."""
    book = call.state.orderbook
    credited, ids = call.integer("creditorderid"), call.integers("orderid")
    if credited is not None:
        return [number for number in book.refunds_of.get(credited, []) if book.orders[number].creditorderid == credited]
    if call.query.get("receiptid"):
        return [order.orderid for order in book.orders.values() if order.additionaldata.get("pos-receiptid") == call.query["receiptid"]]
    if ids is not None:
        return dict.fromkeys(ids)
    if externals is not None:
        return [number for external in dict.fromkeys(externals) for number in book.by_externalid.get(external, [])]
    if states == [OPEN]:
        return list(book.open_ids)
    return range(max(low, book.first_order), book.next_order) if low is not None else book.orders


def _optional(row: Row, name: str) -> int | None:
    return None if row.get(name) is None else integer_of(row, name)


def _moment(row: Row, name: str) -> float | None:
    value: Any = _optional(row, name)
    return None if value is None else float(value)
