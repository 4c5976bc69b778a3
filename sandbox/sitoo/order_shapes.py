"""Orders as JSON, and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.sitoo.asking import Row, integer_of, money_of, required, rows_of, strings_of, text_of
from sandbox.sitoo.books import SitooBooks
from sandbox.sitoo.pricing import cents, decimal3, money, net_of, order_totals
from sandbox.sitoo.records import Delivery, Order, OrderRow, Refusal

CUSTOMER = ("email", "namefirst", "namelast", "personalid", "company", "phone")
ADDRESS = tuple(f"{kind}_{part}" for kind in ("invoice", "delivery") for part in ("address", "address2", "zip", "city", "state", "countryid"))
NOTES = ("comment", "commentinternal", "customerref", "checkoutref")
ROW_TEXTS = ("productattributes", "externalinput", "externalinputtitle", "unitlabel", "deliveryinfo", "vouchercode", "vouchername")
LIST_FIELDS = (
    "orderid",
    "eshopid",
    *("email", "namefirst", "namelast", "company"),
    *("moneyfinal_net", "moneyfinal_vat", "moneytotal_gross_roundoff", "moneytotal_gross_all"),
    *("checkouttypename", "deliverytypename", "orderdate", "orderstateid", "paymentstateid", "ordertypeid"),
    *("registerid", "warehouseid", "datereserved", "currencycode", "additionaldata", "orderitems", "payments"),
)


def order_row(order: Order, site: int, *, with_log: bool = False) -> Row:
    """The whole order; totals are computed from its rows."""
    net, vat = order_totals(order.rows)
    zero = money(Decimal(0))
    answer: Row = {
        "orderid": order.orderid,
        "eshopid": site,
        "externalid": order.externalid,
        "creditorderid": order.creditorderid,
        "checkouttypeid": 0,
        "deliverytypeid": 0,
        **{name: order.written.get(name, "") for name in (*CUSTOMER, *ADDRESS, *NOTES)},
        "moneytotal_net": money(net),
        "moneytotal_vat": money(vat),
        **dict.fromkeys(("moneycheckout_net", "moneycheckout_vat", "moneytotal_gross_checkout"), zero),
        **dict.fromkeys(("moneydelivery_net", "moneydelivery_vat", "moneytotal_gross_delivery"), zero),
        "moneyfinal_net": money(net),
        "moneyfinal_vat": money(vat),
        "moneyfinal_salestax": zero,
        "moneytotal_gross_roundoff": zero,
        "moneytotal_gross_all": money(net + vat),
        "checkouttypename": "" if order.registerid is None else "Sitoo POS - Card",
        "checkoutmethodid": 0,
        "checkoutmethodsubid": 0,
        "deliverytypename": "",
        "orderdate": int(order.date),
        "orderstateid": order.state,
        "paymentstateid": order.payment_state,
        "ordertypeid": order.type,
        "userid_staff": None,
        "registerid": order.registerid,
        "warehouseid": order.warehouseid,
        "datereserved": None if order.reserved_until is None else int(order.reserved_until),
        "currencycode": order.currency,
        "additionaldata": order.additionaldata,
        "orderitems": [_item_row(row) for row in order.rows],
        "payments": order.payments,
        "reservedpayments": order.reservedpayments,
    }
    if with_log:
        answer["orderlogitems"] = [log_row(entry) for entry in order.log]
    return answer


def log_row(entry: tuple[float, int, str | None, int | None]) -> Row:
    at, kind, text, number = entry
    return {"datelog": int(at), "orderlogtypeid": kind, "strvalue": text, "fvalue": number}


def delivery_row(delivery: Delivery) -> Row:
    """`orderdeliveryitemid` counts within the delivery."""
    return {
        "orderdeliveryid": delivery.orderdeliveryid,
        "orderid": delivery.orderid,
        "warehouseid": delivery.warehouseid,
        "orderdeliveryref": delivery.reference,
        "datedelivery": int(delivery.date),
        "datecancelled": None if delivery.cancelled is None else int(delivery.cancelled),
        "pluginname": "",
        "orderdeliveryitems": [
            {"orderdeliveryitemid": index, "orderdeliveryid": delivery.orderdeliveryid, "orderitemid": row, "quantity": quantity}
            for index, (row, quantity) in enumerate(delivery.units.items(), delivery.orderdeliveryid * 100)
        ],
    }


def rows_from(state: SitooBooks, body: Row) -> list[OrderRow]:
    """`orderitems` as written: whole-row prices including VAT."""
    rows: list[OrderRow] = []
    for item in rows_of(body.get("orderitems") or []):
        required(item, "productname", "quantity")
        quantity = integer_of(item, "quantity")
        if quantity == 0:
            raise Refusal(400, "Invalid value in quantity")
        sku = text_of(item, "sku") or ""
        product = state.products.get(sku)
        vat = item.get("vatvalue", product.vat if product is not None else 0)
        if not isinstance(vat, int | float) or isinstance(vat, bool):
            raise Refusal(400, "Invalid value in vatvalue")
        price, discount = money_of(item, "moneyrowprice", Decimal(0)), money_of(item, "moneyrowdiscount", Decimal(0))
        row = OrderRow(len(rows), sku, str(item["productname"]), quantity, price - discount, discount, Decimal(str(vat)))
        row.productid = 0 if product is None else product.productid
        row.additionaldata = strings_of(item, "additionaldata")
        if discount:
            row.additionaldata["orderitem-moneyrowdiscount"] = money(discount)
        row.written = {name: text_of(item, name) or "" for name in ROW_TEXTS if item.get(name) is not None}
        row.written["orderitemtype"] = integer_of(item, "orderitemtype", 10)
        rows.append(row)
    return rows


def payments_from(body: Row, name: str, *needed: str) -> list[Row]:
    """Payments as written; amounts are money, names are free."""
    answer: list[Row] = []
    for entry in rows_of(body.get(name) or []):
        required(entry, *needed)
        money_of(entry, needed[-1])
        answer.append({**entry, "additionaldata": strings_of(entry, "additionaldata")})
    return answer


def texts_from(body: Row) -> dict[str, Any]:
    """The customer, address and note fields that were sent."""
    return {name: text_of(body, name) or "" for name in (*CUSTOMER, *ADDRESS, *NOTES) if name in body}


def _item_row(row: OrderRow) -> Row:
    net = net_of(row.gross, row.vat)
    each = cents(net / row.quantity)
    original = net_of(row.gross + row.discount, row.vat)
    original_each = cents(original / row.quantity)
    vat = int(row.vat) if row.vat == row.vat.to_integral_value() else float(row.vat)
    return {
        "orderitemid": row.row,
        "orderitemtype": row.written.get("orderitemtype", 10),
        "productid": row.productid,
        "productname": row.name,
        "sku": row.sku,
        **{name: row.written.get(name, "") for name in ROW_TEXTS},
        "quantity": row.quantity,
        "decimalunitquantity": None,
        "moneynetpriceperunit": money(each),
        "moneypriceorg": "0.00",
        "vatvalue": vat,
        "moneyitemtotal_net": money(net),
        "moneyitemtotal_vat": money(row.gross - net),
        "voucherid": 0,
        "moneyoriginalprice": money(original_each),
        "moneydiscountedprice": money(each if row.discount else Decimal(0)),
        "moneydiscount": money(original_each - each if row.discount else Decimal(0)),
        "salestaxes": [],
        "additionaldata": row.additionaldata,
        "decimalquantitytotal": decimal3(row.quantity),
        "moneynetpriceperquantity": money(each),
    }
