"""The GraphQL documents that read whole orders, their changes and their returns."""

from __future__ import annotations

from connector.centra import names as n
from connector.centra.order_lookups import NEW_RETURNS, OWNER_OF_SHIPMENT
from connector.centra.order_mutations import every_mutation

ORDERS_AT_ONCE = 10
ALLOCATIONS_SHOWN = 10
SHIPPED_SHOWN = 3
"""Allocations per order line and per shipment line at first. Nested lists multiply in complexity; the few long ones are read on."""
MOST_ALLOCATIONS = 200
CHANGES_PAGE = 100
RETURNS_PAGE = 50
MARKED_PAGE = 50

_ADDRESS = (
    "firstName lastName companyName attention address1 address2 city zipCode stateOrProvince country { code } email phoneNumber cellPhoneNumber"
)
_LINE = (
    "quantity cancelledQuantity taxPercent comment productName "
    "unitOriginalPrice { valueInCents } unitPrice { valueInCents } lineValue { valueInCents } "
    "netOriginal: unitOriginalPrice(includingTax: false) { valueInCents } netPrice: unitPrice(includingTax: false) { valueInCents } "
    "netValue: lineValue(includingTax: false) { valueInCents }"
)
_WAITING = " isWaitingForConfirmation"
_PAYMENT = "id createdAt status entryType externalReference paymentMethod value { valueInCents } return { id }"


def _allocations(limit: int, page: str = "1", more: str = "") -> str:
    return f"allocations(limit: {limit}, page: {page}) {{ id quantity{more} warehouse {{ id }} }}"


_STOCKED = f"productVariantName size productSize {{ id SKU EAN }} {_allocations(ALLOCATIONS_SHOWN, more=_WAITING)}"
_TOTALS = " ".join(
    f"{name} {{ valueInCents }}"
    for name in (
        "lineValues",
        "handling",
        "shipping",
        "discounts",
        "taxAdded",
        "taxDeducted",
        "taxIncluded",
        "shippingTaxAdded",
        "shippingTaxDeducted",
    )
)

_ORDER = f"""
fragment WholeOrder on {n.ORDER_INTERFACE} {{
  __typename number id status createdAt updatedAt
  ... on {n.DTC_ORDER} {{
    externalId isOnHold orderHoldReason isInternal isLocked otherComment
    grandTotal {{ valueInCents currency {{ code }} }}
    totals {{
      {_TOTALS}
      shippingTaxRules {{ rule {{ taxPercent }} }} handlingTaxRules {{ rule {{ taxPercent }} }}
    }}
    customer {{ email }} shippingAddress {{ {_ADDRESS} }} billingAddress {{ {_ADDRESS} }}
    shippingPriceGroup {{ shippingOption {{ name uri }} }} paymentMethod {{ name uri }}
    attributes {{
      type {{ name }}
      elements {{ key ... on {n.ATTRIBUTE_TEXT} {{ value }} ... on {n.ATTRIBUTE_CHOICE} {{ selectedValue }} }}
    }}
    paymentHistory {{ {_PAYMENT} }}
    lines(includeFullyCancelled: true) {{
      __typename id {_LINE}
      ... on {n.PRODUCT_LINE} {{ {_STOCKED} }}
      ... on {n.BUNDLE_ITEM_LINE} {{ {_STOCKED} {n.ITEM_BUNDLE} {{ id }} }}
    }}
    shipments {{
      id number isGoodToGo isPaid isShipped shippedAt
      ... on {n.DTC_SHIPMENT} {{ {n.SHIPMENT_EXTERNAL_ID} isCaptured trackingNumber carrierInformation {{ carrierName serviceName }} }}
      lines {{ id quantity returnedQuantity orderLine {{ id }} {_allocations(SHIPPED_SHOWN)} }}
    }}
  }}
}}"""

ORDERS = f"""query WholeOrders($numbers: [Int!], $n: Int) {{
  orders(where: {{number: $numbers}}, limit: $n) {{ ...WholeOrder }}
}}{_ORDER}"""

ALLOCATIONS = f"""query OrderAllocations($number: [Int!], $page: Int) {{
  orders(where: {{number: $number}}, limit: 1) {{
    lines(includeFullyCancelled: true) {{
      id
      ... on {n.PRODUCT_LINE} {{ {_allocations(MOST_ALLOCATIONS, "$page", _WAITING)} }}
      ... on {n.BUNDLE_ITEM_LINE} {{ {_allocations(MOST_ALLOCATIONS, "$page", _WAITING)} }}
    }}
    shipments {{ id lines {{ id {_allocations(MOST_ALLOCATIONS, "$page")} }} }}
  }}
}}"""

CHANGED_ORDERS = f"""query ChangedOrders($from: {n.DATE_TYPE}, $page: Int) {{
  orders(where: {{storeType: {n.DTC_STORE}, updatedAt: {{from: $from}}}}, sort: [{n.SORT_BY_UPDATE}], limit: {CHANGES_PAGE}, page: $page) {{
    number updatedAt
  }}
}}"""

_MARKED = f"sort: [{n.SORT_BY_NUMBER}], limit: {MARKED_PAGE}, page: $page"
MARKED_ORDERS = f"""query MarkedOrders($keys: [String!], $key: String, $page: Int) {{
  known: orders(where: {{storeType: {n.DTC_STORE}, externalId: $keys}}, {_MARKED}) {{ number }}
  noted: orders(where: {{storeType: {n.DTC_STORE}, otherComment: {{contains: $key}}}}, {_MARKED}) {{ number otherComment }}
}}"""

CHANGED_SHIPMENTS = f"""query ChangedShipments($from: {n.DATE_TYPE}, $page: Int) {{
  shipments(where: {{storeType: {n.DTC_STORE}, updatedAt: {{from: $from}}}}, sort: [{n.SORT_BY_UPDATE}], limit: {CHANGES_PAGE}, page: $page) {{
    id updatedAt order {{ number }}
  }}
}}"""

_RETURN = f"""id createdAt returnStatus returnedToStock
    ... on {n.DTC_RETURN} {{
      externalId grandTotal {{ valueInCents }} returnWarehouse {{ id }} shipment {{ id }}
      lines {{ quantity shipmentLine {{ id }} }}
      refundPaymentHistory {{ {_PAYMENT} }}
    }}"""
_RETURNS = f"""returns(where: {{storeType: {n.DTC_STORE}, orderNumber: $number}}, sort: [{n.SORT_RETURNS}], limit: {RETURNS_PAGE}, page: $page) {{
    {_RETURN}
  }}"""

RETURNS = f"""query ReturnsOfOrder($number: [Int!], $page: Int) {{
  {_RETURNS}
}}"""

ORDER_WITH_RETURNS = f"""query OrderWithReturns($number: [Int!], $page: Int) {{
  orders(where: {{number: $number}}, limit: 1) {{ ...WholeOrder }}
  {_RETURNS}
}}{_ORDER}"""

RETURN = f"""query OneReturn($id: [Int!]) {{
  returns(where: {{storeType: {n.DTC_STORE}, id: $id}}, limit: 1) {{
    {_RETURN}
    order {{ number }}
  }}
}}"""


INTERNAL_COMMENT = "query CommentOfOrder($number: [Int!]) { orders(where: {number: $number}, limit: 1) { number internalComment } }"


def every_order_document() -> dict[str, str]:
    """One of each, by operation name, for checking against a schema."""
    return {
        "WholeOrders": ORDERS,
        "OrderAllocations": ALLOCATIONS,
        "ChangedOrders": CHANGED_ORDERS,
        "ChangedShipments": CHANGED_SHIPMENTS,
        "ReturnsOfOrder": RETURNS,
        "MarkedOrders": MARKED_ORDERS,
        "OwnerOfShipment": OWNER_OF_SHIPMENT,
        "OrderWithReturns": ORDER_WITH_RETURNS,
        "OneReturn": RETURN,
        "NewReturns": NEW_RETURNS,
        "CommentOfOrder": INTERNAL_COMMENT,
        **every_mutation(),
    }
