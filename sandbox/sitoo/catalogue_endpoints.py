"""Sites, settings, stores and products over REST."""

from __future__ import annotations

from sandbox.sitoo.asking import Call, Row, limited, listing
from sandbox.sitoo.books import SITE_GUID
from sandbox.sitoo.pricing import money
from sandbox.sitoo.records import Product, Refusal, Store

_STORE_FIELDS = ("storeid", "storetype", "name", "address", "city", "usetype_movein", "usetype_moveout")
_PRODUCT_FIELDS = (
    *("productid", "sku", "datemodified", "active", "activepos", "vatid", "manufacturerid"),
    *("stockcountenable", "stockallowbackorder", "barcode", "moneyprice", "moneyfinalprice"),
)


def list_sites(call: Call) -> Row:
    site = {
        "siteid": SITE_GUID,
        "protocol": "https",
        "server": "stores.example",
        "abspath": "/",
        "siteurl": "https://stores.example/",
        "eshopid": call.state.site,
    }
    return listing(call, [site], lambda row: row)


def get_settings(call: Call) -> Row:
    if not call.known_site:
        raise Refusal(404, "Site not found")
    return limited(call.state.settings, call.words("fields"))


def list_stores(call: Call) -> Row:
    return listing(call, list(call.state.stores.values()), _store, _STORE_FIELDS)


def get_store(call: Call) -> Row:
    found = call.state.stores.get(call.numbers[0])
    if found is None:
        raise Refusal(404, f"Store {call.numbers[0]} not found")
    return _store(found)


def list_products(call: Call) -> Row:
    """Active products by `sku` or `productid` list; `datelastmodified` means changed after."""
    ids, since = call.integers("productid"), call.integer("datelastmodified")
    found = call.skus(call.state.products)
    if ids is not None:
        found = [product for product in found if product.productid in ids]
    if since is not None:
        found = [product for product in found if int(product.modified) > since]
    if not call.yes("includeinactive"):
        found = [product for product in found if product.active]
    return listing(call, found, _product, _PRODUCT_FIELDS)


def get_product(call: Call) -> Row:
    for product in call.state.products.values():
        if product.productid == call.numbers[0]:
            return _product(product)
    raise Refusal(404, f"Product {call.numbers[0]} not found")


def _store(store: Store) -> Row:
    return {
        "storeid": store.storeid,
        "storetype": 10,
        "name": store.name,
        "externalid": store.externalid,
        "address": "",
        "city": "",
        "usetype_movein": 10,
        "usetype_moveout": 20,
        "tags": [],
    }


def _product(product: Product) -> Row:
    return {
        "productid": product.productid,
        "sku": product.sku,
        "title": product.title,
        "datemodified": int(product.modified),
        "active": product.active,
        "activepos": product.active,
        "vatid": 2,
        "vatvalue": product.vat,
        "manufacturerid": None,
        "stockcountenable": product.stock_counted,
        "stockallowbackorder": False,
        "barcode": product.barcode,
        "barcodealiases": product.aliases,
        "moneyprice": money(product.price),
        "moneyfinalprice": money(product.price),
        "variantparentid": None,
    }
