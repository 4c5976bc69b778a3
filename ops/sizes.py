"""One Centra size by its id, for people who name it."""

from __future__ import annotations

from connector.centra import names
from connector.centra.models import SizeRow
from connector.domain.configuration import Lane
from ops.connection import GraphQL

SIZE_BY_ID = f"""query SizeById($id: [Int!]) {{
  {names.SIZES_LIST}(where: {{id: $id}}, limit: 1, page: 1) {{
    id SKU EAN isActive {names.SIZE_VARIANT} {{ id {names.VARIANT_PRODUCT} {{ id }} }}
  }}
}}"""


def read_size(graphql: GraphQL, size_id: int) -> SizeRow | None:
    rows = graphql.execute(SIZE_BY_ID, {"id": [size_id]}, lane=Lane.RECONCILE)["data"][names.SIZES_LIST]
    for row in rows:
        if row["id"] == size_id:
            variant = row[names.SIZE_VARIANT]
            return SizeRow(size_id, row["SKU"], row["EAN"] or "", variant[names.VARIANT_PRODUCT]["id"], variant["id"], row["isActive"])
    return None
