"""Products, variants, sizes and warehouses of the Centra sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.centra.records import Product, Refusal, Size, Variant, Warehouse


class Catalogue:
    """Ids of products, variants and sizes start far apart, so that one taken for another is found out."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.warehouses: dict[int, Warehouse] = {}
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.sizes: dict[int, Size] = {}
        self._by_sku: dict[str, list[Size]] = {}
        self._next = {"product": 1_001, "variant": 40_001, "size": 700_001}

    def add_warehouse(self, warehouse: Warehouse) -> None:
        if warehouse.id in self.warehouses:
            raise Refusal(f"Warehouse {warehouse.id} exists.")
        self.warehouses[warehouse.id] = warehouse

    def add_size(self, sku: str, ean: str = "", size_id: int | None = None, product_id: int | None = None, variant_id: int | None = None) -> Size:
        """A size, with a product and a variant of its own unless existing ones are named; SKUs and EANs need not be unique."""
        now = self._now()
        number = self._claim("size", size_id)
        if number in self.sizes:
            raise Refusal(f"Size {number} exists.")
        variant = self.variants.get(variant_id) if variant_id is not None else None
        if variant is None:
            product = self.products.get(product_id) if product_id is not None else None
            if product is None:
                key = self._claim("product", product_id)
                product = self.products[key] = Product(key, f"Product {key}", f"P{key}", now, now)
            key = self._claim("variant", variant_id)
            variant = self.variants[key] = Variant(key, product, f"Variant {key}", now)
            product.variants.append(variant)
        elif product_id is not None and variant.product.id != product_id:
            raise Refusal(f"Variant {variant.id} belongs to product {variant.product.id}.")
        size = self.sizes[number] = Size(number, variant, sku, ean, now)
        variant.sizes.append(size)
        self._by_sku.setdefault(sku, []).append(size)
        return size

    def with_sku(self, sku: str) -> list[Size]:
        """Every size with exactly this SKU."""
        return self._by_sku.get(sku, [])

    def size(self, sku: str) -> Size:
        found = self.with_sku(sku)
        if not found:
            raise Refusal(f"No size with SKU {sku}.")
        return found[0]

    def warehouse(self, warehouse_id: int) -> Warehouse:
        try:
            return self.warehouses[warehouse_id]
        except KeyError:
            raise Refusal(f"Could not find Warehouse with ID {warehouse_id}") from None

    def named_size(self, wanted: Mapping[str, int | str]) -> Size:
        """The size a `ProductSizeInput` names (exactly one member); Refusal when there is none or more than one."""
        if len(wanted) != 1:
            raise Refusal("Exactly one of id, SKU, EAN, UPC, any must be given.")
        ((member, value),) = wanted.items()
        if member == "id":
            found = [s for s in [self.sizes.get(int(value))] if s is not None]
        elif member == "SKU":
            found = self.with_sku(str(value))
        else:
            text = str(value)
            members = {"EAN": ("ean",), "UPC": ("upc",)}.get(member, ("sku", "ean", "upc"))
            found = [s for s in self.sizes.values() if text and text in (getattr(s, m) for m in members)]
        if len(found) != 1:
            raise Refusal(f"Could not find ProductSize with {member} {value}" if not found else f"More than one ProductSize has {member} {value}")
        return found[0]

    def _claim(self, kind: str, wanted: int | None) -> int:
        if wanted is None:
            wanted = self._next[kind]
        self._next[kind] = max(self._next[kind], wanted + 1)
        return wanted
