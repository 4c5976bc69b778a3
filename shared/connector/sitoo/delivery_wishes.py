"""Where a customer wants what was bought at a till. How staff flag it is (unconfirmed); the plausible forms are named here and in till marks."""

from __future__ import annotations

from connector.sitoo.answers import Node, nodes, row_index, text
from connector.sitoo.order_models import DeliveryWish

ROW_FLAG = "deliveryinfo"
"""An order row's text about its delivery; anything in it says that the row is sent."""
_PARTS = {"address1": "address", "address2": "address2", "zip_code": "zip", "city": "city", "state": "state", "country": "countryid"}
_NAMES = {"first_name": "namefirst", "last_name": "namelast", "company": "company", "email": "email", "phone": "phone"}
FIELDS = ",".join(
    ["orderid,eshopid,orderitems", *_NAMES.values(), *(f"{kind}_{part}" for kind in ("delivery", "invoice") for part in _PARTS.values())]
)


def delivery_wish(node: Node) -> DeliveryWish:
    """Of a single order read with FIELDS."""
    addressed = bool(text(node, "delivery_address"))
    kind = "delivery" if addressed else "invoice"
    told = {name: text(node, field).strip() for name, field in _NAMES.items()}
    told |= {name: text(node, f"{kind}_{part}").strip() for name, part in _PARTS.items()}
    flagged = frozenset(row_index(row, position) for position, row in enumerate(nodes(node.get("orderitems"))) if text(row, ROW_FLAG).strip())
    return DeliveryWish(**(told | {"country": told["country"].upper()}), addressed=addressed, rows=flagged)
