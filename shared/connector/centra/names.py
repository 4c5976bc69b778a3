"""Names and values of Centra's schema that its public pages do not state. Each stands here once, so that a correction is one line."""

from __future__ import annotations

OWN_MARK = "centra-sitoo connector"
"""Begins the description of every stock change the connector makes; Centra is expected to keep it as the change's comment (unconfirmed)."""

PHYSICAL = "PHYSICAL"  # StockQuantityType: seen in examples
EXTERNAL_STOCK_MASTER = "EXTERNAL"  # WarehouseStockMaster: seen in examples
ACTIVE = "ACTIVE"  # Status
STOCK_SET_INPUT = "StockSetInput"  # input type of setStock
ORDER_INTERFACE = "Order"
PRODUCT_LINE = "ProductOrderLine"
DATE_TYPE = "DateTimeTz"
SORT_BY_ID = "id_ASC"
SORT_BY_UPDATE = "updatedAt_ASC"  # orders seen; shipments (unconfirmed)
SORT_BY_CREATION = "createdAt_ASC"  # returns, stock changes (unconfirmed)
SIZES_LIST = "productSizes"  # the top-level list is only implied (unconfirmed)
SIZE_VARIANT = "productVariant"  # ProductSize → its variant (unconfirmed)
VARIANT_PRODUCT = "product"  # ProductVariant → its product (unconfirmed)
UPDATE_WAREHOUSE = "updateWarehouse"  # (unconfirmed)
UPDATE_WAREHOUSE_INPUT = "WarehouseUpdateInput"  # (unconfirmed)
THRESHOLD = "threshold"  # in that input (unconfirmed)
UPDATE_VARIANT = "updateProductVariant"  # (unconfirmed)
UPDATE_VARIANT_INPUT = "ProductVariantUpdateInput"  # (unconfirmed)
STOCK_OFFSET = "stockOffset"  # in that input, and of a ProductVariant (unconfirmed)
RATE_KINDS = {"REQUEST_COUNT": "requests", "MUTATION_COUNT": "mutations"}
RATE_WINDOWS = {"TEN_SECONDS": 10, "ONE_HOUR": 3600}
AUTHORIZATION_ERROR = "authorization"
"""`extensions.category` of an error about a missing permission."""
INTERNAL_ERROR = "internal"  # extensions.category of a failure inside Centra (unconfirmed)

# Orders, shipments and returns. What no comment doubts is on a public page.
DTC_ORDER = "DirectToConsumerOrder"
DTC_SHIPMENT = "DirectToConsumerShipment"
DTC_RETURN = "DirectToConsumerReturn"
BUNDLE_LINE = "BundleOrderLine"
BUNDLE_ITEM_LINE = "BundleItemOrderLine"
GIFT_CERTIFICATE_LINE = "GiftCertificateOrderLine"
DTC_STORE = "DIRECT_TO_CONSUMER"  # StoreType
ITEM_BUNDLE = "bundleOrderLine"  # BundleItemOrderLine → the line of its bundle (unconfirmed)
SHIPMENT_EXTERNAL_ID = "externalId"  # of a shipment and of ShipmentCreateInput (both unconfirmed)
SORT_BY_NUMBER = "number_ASC"
SORT_RETURNS = "id_ASC"  # (unconfirmed)
REFUND_RETURN_ID = "id"  # argument of refundReturn (unconfirmed)
ATTRIBUTE_TEXT = "AttributeStringElement"
ATTRIBUTE_CHOICE = "AttributeChoiceElement"
RETURNS_COMPLETED = frozenset({"COMPLETED", "COMPLETE"})
"""ReturnStatus values of a completed return (unconfirmed). An unknown one counts as not completed: completing again is refused without harm."""
EVENT_OBJECT_TYPE = "EventObjectType"
EVENT_LISTENER_INPUT = "EventListenerSetInput"
