"""Centra's own schema against what the connector sends: every document and every enum value it relies on."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLSchema, build_client_schema, get_introspection_query, parse, validate

from connector.centra import documents, names
from connector.centra.change_events import every_event_document
from connector.centra.order_documents import every_order_document
from connector.domain.configuration import Lane
from ops.connection import GraphQL
from ops.safety_stock import VARIANT_OFFSETS
from ops.sizes import SIZE_BY_ID

INTROSPECTION = get_introspection_query(descriptions=False)

ENUM_VALUES = {
    "StockQuantityType": (names.PHYSICAL,),
    "WarehouseStockMaster": (names.EXTERNAL_STOCK_MASTER,),
    "Status": (names.ACTIVE,),
    "RateLimitType": tuple(names.RATE_KINDS),
    "RateLimitInterval": tuple(names.RATE_WINDOWS),
}
"""{enum: values the connector compares or sends}; names as the vendor's pages give them, `Status` and the rate limits' "
"types among them (unconfirmed)."""


def every_document() -> dict[str, str]:
    """The documents of the connector and of this command."""
    return documents.every_document() | every_order_document() | every_event_document() | {"VariantOffsets": VARIANT_OFFSETS, "SizeById": SIZE_BY_ID}


def read_schema(graphql: GraphQL) -> GraphQLSchema:
    """Introspect; connector.centra.errors when Centra does not allow it."""
    answer: dict[str, Any] = graphql.execute(INTROSPECTION, {}, lane=Lane.RECONCILE)
    return build_client_schema(answer["data"])


def differences(schema: GraphQLSchema) -> list[tuple[str, str]]:
    """(document or enum, what Centra's schema says against it)."""
    found = [(name, error.message) for name, document in every_document().items() for error in _errors(schema, document)]
    for name, wanted in ENUM_VALUES.items():
        kind = schema.type_map.get(name)
        if kind is None:
            found.append((name, "there is no such enum; its values cannot be compared"))
        elif isinstance(kind, GraphQLEnumType):
            missing = [value for value in wanted if value not in kind.values]
            if missing:
                found.append((name, f"has no value {', '.join(missing)}; it has {', '.join(kind.values)}"))
    statuses = schema.type_map.get("ReturnStatus")
    if isinstance(statuses, GraphQLEnumType) and not names.RETURNS_COMPLETED & statuses.values.keys():
        known = ", ".join(sorted(names.RETURNS_COMPLETED))
        found.append(("ReturnStatus", f"has none of the values taken for a completed return ({known}); it has {', '.join(statuses.values)}"))
    return found


def _errors(schema: GraphQLSchema, document: str) -> list[GraphQLError]:
    return validate(schema, parse(document))
