"""Safety stock in Centra: what is written there now, and which writes make it what the mapping says."""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from dataclasses import dataclass

from connector.centra import names
from connector.centra.models import WarehouseRow
from connector.domain.configuration import CentralWarehouse, Lane, Mapping, Store
from ops.connection import Connection, GraphQL

VARIANTS_PER_REQUEST = 100

VARIANT_OFFSETS = f"""query VariantOffsets($ids: [Int!], $limit: Int!) {{
  productVariants(where: {{id: $ids}}, limit: $limit, page: 1) {{ id name {names.STOCK_OFFSET} }}
}}"""
"""That `productVariants` filters by id and shows the offset is (unconfirmed); `ops doctor` validates it."""


@dataclass(frozen=True, slots=True)
class SafetyWrite:
    """One value to write: the threshold of a warehouse or the stock offset of a variant, in units."""

    kind: str
    id: int
    name: str
    before: int
    after: int


THRESHOLD = "warehouse"
OFFSET = "variant"


@dataclass(frozen=True, slots=True)
class Variant:
    id: int
    name: str
    offset: int


def read_variants(graphql: GraphQL, ids: Sequence[int]) -> dict[int, Variant]:
    """Variants by id; those Centra does not have are left out."""
    found: dict[int, Variant] = {}
    wanted = sorted(set(ids))
    for at in range(0, len(wanted), VARIANTS_PER_REQUEST):
        chunk = wanted[at : at + VARIANTS_PER_REQUEST]
        answer = graphql.execute(VARIANT_OFFSETS, {"ids": chunk, "limit": len(chunk)}, lane=Lane.RECONCILE)
        for row in answer["data"]["productVariants"]:
            if row["id"] in chunk:
                found[row["id"]] = Variant(row["id"], row["name"], row[names.STOCK_OFFSET] or 0)
    return found


def safety_writes(before: Mapping | None, after: Mapping, warehouses: Lookup[int, WarehouseRow], variants: Lookup[int, Variant]) -> list[SafetyWrite]:
    """Only what differs. A variant that left the file is set back to 0; a warehouse without `safety_stock` is left alone."""
    if not after.switches.write_safety_stock:
        return []
    places: list[Store | CentralWarehouse] = [store for site in after.sites for store in site.stores]
    places += [central for site in after.sites for central in site.central]
    writes = []
    for place in places:
        row = warehouses.get(place.centra_warehouse)
        if row is not None and place.safety_stock is not None and (row.threshold or 0) != place.safety_stock:
            writes.append(SafetyWrite(THRESHOLD, row.id, place.name, row.threshold or 0, place.safety_stock))
    for variant_id, offset in wanted_offsets(before, after).items():
        variant = variants.get(variant_id)
        if variant is not None and variant.offset != offset:
            writes.append(SafetyWrite(OFFSET, variant_id, variant.name, variant.offset, offset))
    return writes


def wanted_offsets(before: Mapping | None, after: Mapping) -> dict[int, int]:
    """{variant: units} the file asks for, 0 for those it asked for before and no longer does."""
    gone = {variant: 0 for variant in before.variant_safety_stock if variant not in after.variant_safety_stock} if before else {}
    return gone | after.variant_safety_stock


def write(conn: Connection, writes: Sequence[SafetyWrite]) -> list[str]:
    """Write them one by one; what Centra refused, in its words."""
    refused = []
    for entry in writes:
        errors = conn.centra.set_threshold(entry.id, entry.after) if entry.kind == THRESHOLD else conn.centra.set_stock_offset(entry.id, entry.after)
        refused += [f"{entry.kind} {entry.id} ({entry.name}): {error}" for error in errors]
    return refused
