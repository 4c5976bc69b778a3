"""Which path and method runs which endpoint, and what the operation is called in counters and faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.sitoo import batch_endpoints, catalogue_endpoints, order_endpoints, stock_endpoints
from sandbox.sitoo.asking import Call

Endpoint = Callable[[Call], Any]

_ROUTES: dict[str, dict[str, Endpoint]] = {
    "sites": {"GET": catalogue_endpoints.list_sites},
    "orders": {"GET": order_endpoints.list_orders},
    "sites/#/settings": {"GET": catalogue_endpoints.get_settings},
    "sites/#/stores": {"GET": catalogue_endpoints.list_stores},
    "sites/#/stores/#": {"GET": catalogue_endpoints.get_store},
    "sites/#/products": {"GET": catalogue_endpoints.list_products},
    "sites/#/products/#": {"GET": catalogue_endpoints.get_product},
    "sites/#/warehouses": {"GET": stock_endpoints.list_warehouses},
    "sites/#/warehouses/#": {"GET": stock_endpoints.get_warehouse},
    "sites/#/warehouses/#/warehouseitems": {"GET": stock_endpoints.list_items, "PUT": stock_endpoints.put_items},
    "sites/#/warehouses/#/warehousetransactions": {"GET": stock_endpoints.list_transactions},
    "sites/#/warehousetransactions": {"GET": stock_endpoints.list_transactions, "POST": stock_endpoints.post_transactions},
    "sites/#/warehousetransactions/#": {"GET": stock_endpoints.get_transaction},
    "sites/#/warehouses/#/warehousebatches": {"GET": batch_endpoints.list_batches, "POST": batch_endpoints.post_batch},
    "sites/#/warehouses/#/warehousebatches/#": {"GET": batch_endpoints.get_batch, "PUT": batch_endpoints.put_batch},
    "sites/#/warehouses/#/warehousebatches/#/warehousebatchitems": {
        "GET": batch_endpoints.list_batch_items,
        "PUT": batch_endpoints.put_batch_items,
        "DELETE": batch_endpoints.delete_batch_items,
    },
    "sites/#/orders": {"GET": order_endpoints.list_site_orders, "POST": order_endpoints.post_order},
    "sites/#/orders/#": {"GET": order_endpoints.get_order, "PUT": order_endpoints.put_order},
    "sites/#/orders/#/orderdeliveries": {"GET": order_endpoints.list_deliveries, "POST": order_endpoints.post_delivery},
    "sites/#/orders/#/orderlogitems": {"GET": order_endpoints.list_log, "POST": order_endpoints.post_log},
}


def _short(pattern: str) -> str:
    """`sites/#/warehouses/#/warehouseitems` → `warehouseitems`; a single object keeps its `#`: `orders/#`."""
    parts = pattern.split("/")
    return "/".join(parts[-2:]) if parts[-1] == "#" else parts[-1]


ROUTES: dict[str, dict[str, tuple[str, Endpoint]]] = {
    pattern: {method: (f"{method} {_short(pattern)}", endpoint) for method, endpoint in methods.items()} for pattern, methods in _ROUTES.items()
}


def pattern_of(path: str) -> tuple[str, list[int], bool]:
    """(pattern, numbers, by guid): `sites/1/orders/7.json` → (`sites/#/orders/#`, [1, 7], False). A site named by its old guid counts as number 0."""
    numbers: list[int] = []
    parts = path.removesuffix(".json").strip("/").split("/")
    by_guid = len(parts) > 1 and parts[1].startswith("{")
    for index, part in enumerate(parts):
        if part.isdecimal() or (by_guid and index == 1):
            numbers.append(int(part) if part.isdecimal() else 0)
            parts[index] = "#"
    return "/".join(parts), numbers, by_guid
