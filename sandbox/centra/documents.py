"""GraphQL documents, parsed, validated, priced and checked for permissions once, then kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    parse,
    validate,
)

from sandbox.centra.plans import Plan, compile_query, default_of

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType

# Centra's price list for complexity is not public: 1 a field, lists multiply, these scalars are documented as expensive, FTA as free.
EXPENSIVE = {"physicalQuantity", "allocatedQuantity", "demandQuantity", "availableNowQuantity", "unshippedQuantity"}
FREE = {"freeToAllocateQuantity"}
EXPENSIVE_COST = 5

TYPE_PERMISSIONS = {
    "Order": "Order:read",
    "Allocation": "Allocation:read",
    "Shipment": "Shipment:read",
    "Return": "Return:read",
    "DirectToConsumerOrder": "Order:read",
    "PaymentHistoryEntry": "PaymentHistory:read",
    "Customer": "Customer:read",
    "Store": "Store:read",
    "Event": "Event:read",
    "StockChange": "StockChange:read",
    "Warehouse": "Warehouse:read",
    "Product": "Product:read",
    "ProductVariant": "ProductVariant:read",
    "ProductSize": "ProductSize:read",
}
ORDER_TYPES = ("Order", "DirectToConsumerOrder", "WholesaleOrder")
ORDER_DETAILS = ("shippingAddress", "billingAddress", "attributes", "internalComment")
# What refundReturn and captureShipment need is (unconfirmed).
ORDER_MUTATIONS = ("confirmOrder", "updateDirectToConsumerOrder", "resumeDirectToConsumerOrder", "captureOrder", "assignAttributes")
FIELD_PERMISSIONS = {
    ("Warehouse", "stock"): "Warehouse.stock:read",
    ("ProductSize", "stock"): "ProductSize.stock:read",
    ("Mutation", "setStock"): "StockChange:write",
    ("Mutation", "changeStock"): "StockChange:write",
    ("Mutation", "updateWarehouse"): "Warehouse:write",
    ("Mutation", "updateProductVariant"): "ProductVariant:write",
    ("Mutation", "allocateOrder"): "Order:write",
    ("Mutation", "unallocateOrder"): "Order:write",
    ("Mutation", "cancelDirectToConsumerOrder"): "Order:write",
    **{("Mutation", name): "Order:write" for name in ORDER_MUTATIONS},
    ("Mutation", "setOrdersLock"): "Order.isLocked:write",
    **{("Mutation", name): "Shipment:write" for name in ("createShipment", "updateShipment", "captureShipment", "completeShipment")},
    **{("Mutation", name): "Return:write" for name in ("createReturn", "completeReturn", "uncompleteReturn", "deleteReturn", "refundReturn")},
    **{("Mutation", name): "Event:write" for name in ("setEventListeners", "unsetEventListeners", "confirmEvents")},
    **{
        (owner, name): f"Order.{name}:read"
        for owner in ORDER_TYPES
        for name in ("shippingAddress", "billingAddress", "attributes", "internalComment")
    },
    ("DirectToConsumerShipment", "shippingAddress"): "Shipment.shippingAddress:read",
    ("DirectToConsumerReturn", "comment"): "Return.comment:read",
}


@dataclass(slots=True)
class _Price:
    own: int
    children: list[_Price] = field(default_factory=list)
    times: int = 1
    times_variable: str | None = None

    def total(self, variables: Mapping[str, Any]) -> int:
        times = self.times
        if self.times_variable is not None and isinstance(variables.get(self.times_variable), int):
            times = variables[self.times_variable]
        return self.own + times * sum(child.total(variables) for child in self.children)


@dataclass(slots=True)
class Operation:
    """One operation of a document: its name, top-level fields, price, and the permissions it uses with the first field that needs each."""

    name: str
    is_mutation: bool
    fields: list[str]
    price: _Price
    permissions: dict[str, FieldNode]
    plan: Plan | None

    def complexity(self, variables: Mapping[str, Any]) -> int:
        return self.price.total(variables)


@dataclass(slots=True)
class Compiled:
    document: DocumentNode
    operations: list[Operation]
    errors: list[GraphQLError]

    def operation(self, name: str | None) -> Operation:
        """The named operation, or the only one."""
        found = [o for o in self.operations if name is None or o.name == name]
        if len(found) != 1:
            raise GraphQLError(f"Unknown operation named {name!r}." if name else "Must provide operation name if query contains multiple operations.")
        return found[0]


class Documents:
    """A bounded cache, least recently used out first."""

    def __init__(self, schema: GraphQLSchema, keep: int = 1000) -> None:
        self._schema = schema
        self._keep = keep
        self._cache: OrderedDict[str, Compiled] = OrderedDict()

    def get(self, text: str) -> Compiled:
        """GraphQLError when it cannot be parsed; what the schema refuses is in `errors`."""
        found = self._cache.get(text)
        if found is None:
            found = self._cache[text] = self._compile(text)
            if len(self._cache) > self._keep:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(text)
        return found

    def _compile(self, text: str) -> Compiled:
        document = parse(text, no_location=False)
        errors = validate(self._schema, document)
        if errors:
            return Compiled(document, [], list(errors))
        fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        operations = [self._operation(d, fragments) for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        return Compiled(document, operations, [])

    def _operation(self, node: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]) -> Operation:
        is_mutation = node.operation == OperationType.MUTATION
        root = self._schema.mutation_type if is_mutation else self._schema.query_type
        assert root is not None
        defaults = {
            v.variable.name.value: int(v.default_value.value) for v in node.variable_definitions or () if isinstance(v.default_value, IntValueNode)
        }
        permissions: dict[str, FieldNode] = {}
        fields = [f for _, f in _fields(self._schema, root, node.selection_set, fragments)]
        price = _Price(0, self._prices(root, node.selection_set, fragments, permissions, defaults))
        name, plan = node.name.value if node.name else "", None if is_mutation else compile_query(self._schema, node, fragments)
        return Operation(name, is_mutation, [f.name.value for f in fields], price, permissions, plan)

    def _prices(
        self,
        parent: Composite,
        selections: SelectionSetNode,
        fragments: dict[str, FragmentDefinitionNode],
        permissions: dict[str, FieldNode],
        defaults: dict[str, int],
    ) -> list[_Price]:
        prices = []
        for owner, node in _fields(self._schema, parent, selections, fragments):
            name = node.name.value
            definition = None if isinstance(owner, GraphQLUnionType) else owner.fields.get(name)
            if definition is None:
                prices.append(_Price(1))
                continue
            named = get_named_type(definition.type)
            for needed in (FIELD_PERMISSIONS.get((owner.name, name)), TYPE_PERMISSIONS.get(named.name)):
                if needed:
                    permissions.setdefault(needed, node)
            if node.selection_set is None or not isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
                prices.append(_Price(0 if name in FREE else EXPENSIVE_COST if name in EXPENSIVE else 1))
                continue
            price = _Price(1, self._prices(named, node.selection_set, fragments, permissions, defaults))
            if "limit" in definition.args:
                _multiply(price, node, default_of(definition.args["limit"]), defaults)
            prices.append(price)
        return prices


def _multiply(price: _Price, node: FieldNode, default: Any, defaults: dict[str, int]) -> None:
    price.times = default if isinstance(default, int) else 1
    for argument in node.arguments or ():
        if argument.name.value == "limit":
            if isinstance(argument.value, IntValueNode):
                price.times = int(argument.value.value)
            elif isinstance(argument.value, VariableNode):
                price.times_variable = argument.value.name.value
                price.times = defaults.get(price.times_variable, price.times)


def _fields(
    schema: GraphQLSchema,
    parent: Composite,
    selections: SelectionSetNode,
    fragments: dict[str, FragmentDefinitionNode],
) -> Iterator[tuple[Composite, FieldNode]]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield parent, node
            continue
        inner = parent
        assert isinstance(node, InlineFragmentNode | FragmentSpreadNode)
        source = node if isinstance(node, InlineFragmentNode) else fragments[node.name.value]
        if source.type_condition is not None:
            narrowed = schema.type_map[source.type_condition.name.value]
            assert isinstance(narrowed, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
            inner = narrowed
        yield from _fields(schema, inner, source.selection_set, fragments)
