"""How the Centra sandbox behaves where Centra's public description leaves it open."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_type_hints


@dataclass(slots=True)
class Modes:
    """One switch for each thing that no public page states (unconfirmed); the defaults are the likeliest answers.

    below_allocated: what `setStock` PHYSICAL does with a quantity below what is allocated.
    set_stock_atomic / change_stock_atomic: one refused size refuses the whole batch, else the others are written.
    decrease_beyond_fta: `changeStock` out of more than is free: refused, or done as far as possible with a warning.
    error_path: `path` of user errors names the size's position in the input, or is null.
    comment_stored: the description of a stock write is readable (and searchable) as `StockChange.comment`.
    shipments_make_stock_changes / returns_make_stock_changes: whether those show up among `stockChanges`.
    order_updated_by_shipment / _by_return / _by_allocation: what moves `Order.updatedAt` besides the order's own lines.
    range_from_inclusive: whether a `DateRange` holds its own `from`.
    order_line_allocations: an order line lists what is still allocated, or all allocations including shipped ones.
    stock_rows: a warehouse lists only sizes it ever had, or every active size.
    inactive_sizes: whether stock of a deactivated size can be set.
    allocate_demand: new stock is allocated at once to orders that wait for it.
    retry_after: the form of the header of a 429.
    early_retry: a request before the moment a 429 named is judged by the buckets alone, or refused whatever they hold.
    validation_status: HTTP status of a document that the schema refuses.

    Orders:
    including_tax_adds: whether `includingTax: true` on line prices also holds tax that comes on top of prices.
    order_tax_holds_shipping: whether `taxAdded`, `taxDeducted` and `taxIncluded` of the totals hold the shipping's part too.
    discount_sign: how `totals.discounts` is written.
    bundle_values: which lines show a bundle's price: its own, its items', or both.
    psp: the payment provider answers at once, or takes requests and answers later (Adyen, Klarna).
    order_updated_by_payment: whether an entry in the payment history moves `Order.updatedAt`.
    complete_unpaid: what `completeShipment` does with a shipment that is neither paid nor captured.
    held_orders_ship: whether a shipment can be made of an order on hold.
    shipment_fees: the shipment that carries shipping and handling: the order's first, or the one that ships the last units.
    duplicate_external_id: an externalId given a second time is refused, or its mapping goes over to the newer object.
    locked_orders: whether the token may edit locked orders (it has `Order.isLocked:write`).
    cancel_keeps_authorisation: whether a cancellation that does not say `cancelAuthorization` leaves the authorised amount alone.
    return_voucher_share: whether a return without `voucherValue` is reduced by its units' share of the order's discounts.
    refund_completes_return: whether `refundReturn` completes the return.
    repeat_refund: what a second refund of a return does.
    allocation_request_event_id: what the `id` of such a webhook event is (two pages of the vendor disagree).
    events: whether Centra has switched on the events system for the instance.
    """

    below_allocated: Literal["clamp_warning", "clamp_silent", "user_error"] = "clamp_warning"
    set_stock_atomic: bool = False
    change_stock_atomic: bool = True
    decrease_beyond_fta: Literal["user_error", "warning"] = "user_error"
    error_path: Literal["indexed", "none"] = "indexed"
    comment_stored: bool = True
    shipments_make_stock_changes: bool = False
    returns_make_stock_changes: bool = True
    order_updated_by_shipment: bool = True
    order_updated_by_return: bool = False
    order_updated_by_allocation: bool = True
    range_from_inclusive: bool = True
    order_line_allocations: Literal["unshipped", "all"] = "unshipped"
    stock_rows: Literal["touched", "all"] = "touched"
    inactive_sizes: Literal["accept", "user_error"] = "accept"
    allocate_demand: bool = False
    retry_after: Literal["delta", "epoch", "http_date", "missing"] = "epoch"
    early_retry: Literal["by_bucket", "refused"] = "by_bucket"
    validation_status: Literal[400, 200] = 400
    including_tax_adds: bool = False
    order_tax_holds_shipping: bool = True
    discount_sign: Literal["positive", "negative"] = "positive"
    bundle_values: Literal["bundle", "items", "both"] = "bundle"
    psp: Literal["instant", "asynchronous"] = "instant"
    order_updated_by_payment: bool = True
    complete_unpaid: Literal["refused", "accepted"] = "refused"
    held_orders_ship: Literal["refused", "accepted"] = "refused"
    shipment_fees: Literal["first", "last"] = "first"
    duplicate_external_id: Literal["refused", "accepted"] = "refused"
    locked_orders: Literal["editable", "refused"] = "editable"
    cancel_keeps_authorisation: bool = False
    return_voucher_share: bool = True
    refund_completes_return: bool = True
    repeat_refund: Literal["refused", "paid_again"] = "refused"
    allocation_request_event_id: Literal["request", "order"] = "request"
    events: bool = False

    def set(self, **changes: Any) -> dict[str, Any]:
        """Change some; ValueError for a mode or a value that does not exist. Returns all of them."""
        allowed = choices()
        for name, value in changes.items():
            if name not in allowed or value not in allowed[name]:
                raise ValueError(f"no such mode: {name}={value!r}; there are {allowed.get(name, sorted(allowed))}")
        for name, value in changes.items():
            setattr(self, name, value)
        return {f.name: getattr(self, f.name) for f in fields(self)}


def choices() -> dict[str, tuple[Any, ...]]:
    """Every mode with its possible values, the likeliest first."""
    hints = get_type_hints(Modes)
    found = {}
    for mode in fields(Modes):
        values = get_args(hints[mode.name]) or (True, False)
        found[mode.name] = (mode.default, *(value for value in values if value != mode.default))
    return found
