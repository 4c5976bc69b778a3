"""A return made in Centra (by mail, by customer service) as a refund order on the Sitoo copy, so that tills see what is left to return.

It moves no money (a virtual payment, sitoo-api §2.5) and no stock (the flow delivers it with `ignorestock`), and carries our mark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.exceptions import Kind, Owner
from connector.domain.money import UnsupportedAmount, cents, sitoo_money, split
from connector.domain.order_keys import LINE_MARK, ORDER_MARK, RETURN_MARK, recorded_return
from connector.domain.order_settings import OrderSettings
from connector.mapping.line_worth import Worth
from connector.mapping.refund_findings import Finding, amount
from connector.mapping.refund_order import ORIGINAL_MARK, ORIGINAL_ROW_MARK, VIRTUAL_MARK
from connector.sitoo.order_models import CLOSED, RowOfOrder, WholeOrder
from connector.store.order_files import CopyRow

_ORDER_TYPE = 10
_PAID = 20


@dataclass(frozen=True, slots=True)
class Recording:
    """`body`: of the POST. `units`: {row of the body: negative units}, to deliver with `ignorestock`."""

    external_id: str
    body: dict[str, Any]
    units: Mapping[int, int]


def draft_recorded_return(
    made: ReturnOfOrder, order: CentraOrder, copy: WholeOrder, rows: Sequence[CopyRow], settings: OrderSettings, *, refunded: Mapping[int, int]
) -> Recording | Finding | None:
    """`copy` with `rows`: the Sitoo order for the goods of the return's shipment. `refunded`: {its row: units} that refunds have taken back
    already, tills' and ours. None: nothing of the return is on this copy. A finding: the till was faster, so that more came back than was sold,
    or Sitoo cannot express the amount.

    What Centra gave back is spread over the rows by their prices; what it is above these is shipping.
    """
    taken, beyond = _units_by_row(_units_by_line(made, order), rows, refunded)
    if beyond:
        return _over_return(made, order, beyond)
    if not taken:
        return None
    try:
        total = cents(made.amount, order.currency_decimals)
    except UnsupportedAmount:
        return _unsupported(made, order)
    source = {row.row: row for row in copy.rows}
    goods = [_share_of(source[row], refunded.get(row, 0), units) for row, units in taken.items()]
    fees = {row.row: _share_of(source[row.row], 0, 1) for row in rows if not row.line and not refunded.get(row.row)}
    over = max(0, total - sum(goods))
    for row, fee in fees.items():
        fees[row] = min(fee, over)
        over -= fees[row]
    fees = {row: fee for row, fee in fees.items() if fee}
    rest = total - sum(fees.values())
    amounts = [*split(rest, goods), *fees.values()]
    back = [*taken.items(), *((row, 1) for row in fees)]
    external_id = recorded_return(made.id, made.shipment_id)
    body = {
        "ordertypeid": _ORDER_TYPE,
        "orderstateid": CLOSED,
        "paymentstateid": _PAID,
        "externalid": external_id,
        "creditorderid": copy.id,
        "warehouseid": copy.warehouse_id,
        "currencycode": copy.currency,
        "additionaldata": {ORDER_MARK: str(order.number), RETURN_MARK: str(made.id), ORIGINAL_MARK: str(copy.id)},
        "orderitems": [_item(source[row], units, cents_of) for (row, units), cents_of in zip(back, amounts, strict=True)],
        "payments": [{"name": settings.payment_name, "moneyamount": sitoo_money(-total), "additionaldata": {VIRTUAL_MARK: "true"}}],
    }
    return Recording(external_id, body, {n: -units for n, (_, units) in enumerate(back)})


def _units_by_line(made: ReturnOfOrder, order: CentraOrder) -> dict[int, int]:
    line_of = {line.id: line.order_line for shipment in order.shipments if shipment.id == made.shipment_id for line in shipment.lines}
    units: dict[int, int] = defaultdict(int)
    for line, count in made.lines.items():
        if line in line_of:
            units[line_of[line]] += count
    return units


def _units_by_row(
    wanted: Mapping[int, int], rows: Sequence[CopyRow], refunded: Mapping[int, int]
) -> tuple[dict[int, int], dict[int, tuple[int, int]]]:
    """{row: units}, and {order line: (units returned, units left on the copy)} where too few are left. Lines not on the copy are left out."""
    taken: dict[int, int] = {}
    beyond: dict[int, tuple[int, int]] = {}
    for line, units in wanted.items():
        own = [row for row in rows if row.line == line]
        rest = units
        for row in own:
            share = min(rest, max(0, row.units - refunded.get(row.row, 0)))
            rest -= share
            if share:
                taken[row.row] = share
        if own and rest:
            beyond[line] = (units, units - rest)
    return taken, beyond


def _share_of(row: RowOfOrder, before: int, units: int) -> int:
    """Cents of a row's next units."""
    whole = Worth(value=int(row.gross * 100))
    return whole.units(row.quantity, before, units).value


def _item(row: RowOfOrder, units: int, paid: int) -> dict[str, Any]:
    marks = {ORIGINAL_ROW_MARK: str(row.row)} | ({LINE_MARK: row.marks[LINE_MARK]} if LINE_MARK in row.marks else {})
    percent = row.vat_percent
    return {
        "productname": row.name,
        "sku": row.sku,
        "quantity": -units,
        "moneyrowprice": sitoo_money(-paid),
        "vatvalue": int(percent) if percent == percent.to_integral_value() else float(percent),
        "additionaldata": marks,
    }


def _over_return(made: ReturnOfOrder, order: CentraOrder, beyond: Mapping[int, tuple[int, int]]) -> Finding:
    skus = {line.id: line.sku for line in order.lines}
    return Finding(
        Kind.OVER_RETURN,
        Owner.FINANCE,
        f"Return {made.id} in Centra brings back more of order {order.number} than tills have left: it may have been refunded twice.",
        "Compare the order's returns in Centra with the receipts. Delete a wrong return in Centra, or discard this and book the loss.",
        {
            "order": order.number,
            "return": made.id,
            "rows": [f"{skus.get(line, '?')}: {units} returned, {left} left in Sitoo" for line, (units, left) in sorted(beyond.items())],
        },
    )


def _unsupported(made: ReturnOfOrder, order: CentraOrder) -> Finding:
    return Finding(
        Kind.UNSUPPORTED_AMOUNT,
        Owner.FINANCE,
        f"Return {made.id} of order {order.number} comes to {amount(made.amount, order.currency, order.currency_decimals)}; Sitoo has two decimals.",
        "Refund the order only in Centra: tills cannot see this return.",
        {"order": order.number, "return": made.id},
    )
