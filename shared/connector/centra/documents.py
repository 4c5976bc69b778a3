"""Every GraphQL document the connector sends. Ids and dates are variables, so that a document depends only on how much is asked for."""

from __future__ import annotations

from functools import cache

from connector.centra import names as n

MOST_PER_LIST = 200
CHANGES_PAGE = {"orders": 50, "shipments": 50, "returns": 50, "stockChanges": 100}
"""Our own writes are stock changes too: a hundred hold what the quota lets us write within the overlap of two readings."""
FULL_PAGE = dict.fromkeys(CHANGES_PAGE, 100)
"""When that did not hold them all and nothing else is asked for. Not more: what Centra charges for nested lists is not public."""
CHANGE_LINES_SHOWN = 20
"""Nested lists multiply in complexity, and Centra limits that as well: the few long stock changes of others are read on."""
PRODUCTS_PAGE = 100
CHANGE_PARTS = ("orders", "shipments", "returns", "stockChanges")

_PAYLOAD = "userErrors { message path } userWarnings { message path }"
_STOCK = "physicalQuantity allocatedQuantity productSize { id }"
_LINE_SIZE = f"orderLine {{ id ... on {n.PRODUCT_LINE} {{ productSize {{ id }} }} }}"
_LIMITS = "rateLimits { type intervalSeconds quota usedQuota remainingQuota }"
_SIZE = f"id SKU EAN isActive {n.SIZE_VARIANT} {{ id status {n.VARIANT_PRODUCT} {{ id status isBundle }} }}"

_ORDER_FRAGMENT = f"""
fragment OrderStock on {n.ORDER_INTERFACE} {{
  number status updatedAt
  lines(includeFullyCancelled: true) {{
    id ... on {n.PRODUCT_LINE} {{ quantity cancelledQuantity productSize {{ id }} allocations {{ id quantity warehouse {{ id }} }} }}
  }}
  shipments {{ id isShipped lines {{ quantity orderLine {{ id }} allocations {{ id }} }} }}
}}"""

_CHANGES = {
    "orders": ("updatedAt", n.SORT_BY_UPDATE, "...OrderStock"),
    "shipments": (
        "updatedAt",
        n.SORT_BY_UPDATE,
        f"id updatedAt isShipped shippedAt order {{ number }} lines {{ quantity {_LINE_SIZE} allocations {{ quantity warehouse {{ id }} }} }}",
    ),
    "returns": ("createdAt", n.SORT_BY_CREATION, f"id createdAt returnWarehouse {{ id }} order {{ number }} lines {{ {_LINE_SIZE} }}"),
    "stockChanges": (
        "createdAt",
        n.SORT_BY_CREATION,
        f"id createdAt comment warehouse {{ id }} lines(limit: {CHANGE_LINES_SHOWN}) {{ productSize {{ id }} }}",
    ),
}


@cache
def read_stores(stocks: int, changes: tuple[str, ...], orders: int, limits: bool, *, full_pages: bool = False) -> str:
    """Stock of `stocks` (warehouse, sizes) pairs as `w0`, `w1` …, the named parts of the changes, `orders` chunks of numbered orders, `limits`.

    Variables: w{i} warehouse id, s{i} size ids, n{i} how many; {part}From, {part}Page; o{i} order numbers, m{i} how many.
    """
    variables: list[str] = []
    fields: list[str] = []
    page = FULL_PAGE if full_pages else CHANGES_PAGE
    for i in range(stocks):
        variables.append(f"$w{i}: [Int!], $s{i}: [Int!], $n{i}: Int")
        stock = f"stock(where: {{productSizeId: $s{i}}}, limit: $n{i}, page: 1) {{ {_STOCK} }}"
        fields.append(f"w{i}: warehouses(where: {{id: $w{i}}}, limit: 1) {{ id {stock} }}")
    for part in changes:
        moment, sort, selection = _CHANGES[part]
        variables.append(f"${part}From: {n.DATE_TYPE}, ${part}Page: Int")
        arguments = f"where: {{{moment}: {{from: ${part}From}}}}, sort: [{sort}], limit: {page[part]}, page: ${part}Page"
        fields.append(f"{part}({arguments}) {{ {selection} }}")
    for i in range(orders):
        variables.append(f"$o{i}: [Int!], $m{i}: Int")
        fields.append(f"o{i}: orders(where: {{number: $o{i}}}, limit: $m{i}) {{ ...OrderStock }}")
    if limits:
        fields.append(f"limits: {_LIMITS}")
    declared = f"({', '.join(variables)})" if variables else ""
    fragment = _ORDER_FRAGMENT if orders or "orders" in changes else ""
    return f"query ReadStores{declared} {{\n  " + "\n  ".join(fields) + "\n}" + fragment


@cache
def set_stock(count: int) -> str:
    """`count` setStock fields `m0`, `m1` … in one request. Variables: i{k}, each a StockSetInput."""
    variables = ", ".join(f"$i{k}: {n.STOCK_SET_INPUT}!" for k in range(count))
    fields = "\n  ".join(f"m{k}: setStock(input: $i{k}) {{ {_PAYLOAD} }}" for k in range(count))
    return f"mutation SetStock({variables}) {{\n  {fields}\n}}"


@cache
def find_sizes(skus: int, eans: int) -> str:
    """Sizes by exact SKU (`s0` …) and EAN (`e0` …); a string match takes one value, hence one field each. Variables: s{i}, e{i}."""
    variables = ", ".join([f"$s{i}: String!" for i in range(skus)] + [f"$e{i}: String!" for i in range(eans)])
    fields = [f"s{i}: {n.SIZES_LIST}(where: {{SKU: {{equals: $s{i}}}}}, limit: 20) {{ {_SIZE} }}" for i in range(skus)]
    fields += [f"e{i}: {n.SIZES_LIST}(where: {{EAN: {{equals: $e{i}}}}}, limit: 20) {{ {_SIZE} }}" for i in range(eans)]
    return f"query FindSizes({variables}) {{\n  " + "\n  ".join(fields) + "\n}"


KNOWN_SIZES = f"query KnownSizes($ids: [Int!], $n: Int) {{ sizes: {n.SIZES_LIST}(where: {{id: $ids}}, limit: $n) {{ id }} }}"

ALL_SIZES = f"""query AllSizes($page: Int) {{
  products(sort: [{n.SORT_BY_ID}], limit: {PRODUCTS_PAGE}, page: $page) {{
    id status isBundle variants {{ id status productSizes {{ id SKU EAN isActive }} }}
  }}
}}"""

ALL_STOCK = f"""query AllStock($warehouse: [Int!], $page: Int) {{
  warehouses(where: {{id: $warehouse}}, limit: 1) {{ id stock(limit: {MOST_PER_LIST}, page: $page) {{ {_STOCK} }} }}
}}"""

CHANGE_LINES = f"""query StockChangeLines($id: [Int!], $page: Int) {{
  stockChanges(where: {{id: $id}}, limit: 1) {{ id lines(limit: {MOST_PER_LIST}, page: $page) {{ productSize {{ id }} }} }}
}}"""

WAREHOUSES = f"""query Warehouses($page: Int) {{
  warehouses(sort: [{n.SORT_BY_ID}], limit: {MOST_PER_LIST}, page: $page) {{ id name stockMaster threshold }}
}}"""

RATE_LIMITS = f"query RateLimits {{ limits: {_LIMITS} }}"

SET_THRESHOLD = f"""mutation SetThreshold($id: Int!, $input: {n.UPDATE_WAREHOUSE_INPUT}!) {{
  saved: {n.UPDATE_WAREHOUSE}(id: $id, input: $input) {{ {_PAYLOAD} }}
}}"""

SET_STOCK_OFFSET = f"""mutation SetStockOffset($id: Int!, $input: {n.UPDATE_VARIANT_INPUT}!) {{
  saved: {n.UPDATE_VARIANT}(id: $id, input: $input) {{ {_PAYLOAD} }}
}}"""


def every_document() -> dict[str, str]:
    """One of each, by operation name, for checking against a schema."""
    return {
        "ReadStores": read_stores(2, CHANGE_PARTS, 1, True),
        "SetStock": set_stock(2),
        "FindSizes": find_sizes(1, 1),
        "KnownSizes": KNOWN_SIZES,
        "AllSizes": ALL_SIZES,
        "AllStock": ALL_STOCK,
        "StockChangeLines": CHANGE_LINES,
        "Warehouses": WAREHOUSES,
        "RateLimits": RATE_LIMITS,
        "SetThreshold": SET_THRESHOLD,
        "SetStockOffset": SET_STOCK_OFFSET,
    }
