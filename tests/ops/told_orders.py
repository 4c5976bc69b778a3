"""Both systems' order clients that tell what they were told to: the views under test need odd states that a shop rarely gets into."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

from typer.testing import CliRunner

from connector.centra.order_client import CentraOrders
from connector.centra.order_models import (
    Address,
    AllocatedTo,
    CentraOrder,
    LineOfOrder,
    LineOfShipment,
    OrderAmounts,
    PaymentEntry,
    ReturnOfOrder,
    ShipmentOfOrder,
)
from connector.domain.configuration import Lane
from connector.sitoo.order_client import SitooOrders
from connector.sitoo.order_models import HandedOut, RowOfOrder, TenderOfOrder, WholeOrder
from ops import order
from tests.ops.world import GOTHENBURG, MAPPING, STOCKHOLM, World

AT = 1_796_000_000.0
PERSON = Address(
    "Förnamn-8812", "Efternamn-8812", "Bolag-8812", "", "Gata-8812", "", "Ort-8812", "88121", "", "SE", "mejl-8812@example.com", "0708812"
)
PRIVATE = (*(value for value in (getattr(PERSON, name) for name in PERSON.__slots__) if value and value != "SE"), "Hälsning-8812")
"""Every value of the order that is about a person."""


def centra_order(**changes: Any) -> CentraOrder:
    """Order 104233: two tees allocated to Stockholm, one of a cap shipped from Gothenburg, paid."""
    tee = LineOfOrder(
        501,
        "ProductOrderLine",
        2,
        1,
        "Tee",
        "Red",
        "M",
        71,
        "TEE-M",
        "73501",
        29_900,
        24_900,
        49_800,
        Decimal(25),
        (AllocatedTo(1, STOCKHOLM, 2, True),),
    )
    cap = LineOfOrder(502, "ProductOrderLine", 1, 0, "Cap", "Blue", "", 72, "CAP", "73502", 10_000, 10_000, 10_000, Decimal(25))
    shipped = ShipmentOfOrder(
        42, "104233-1", "sitoo-delivery-9", True, True, True, AT, "PostNord", "MyPack", "TRACK1", (LineOfShipment(601, 502, 1, 1, {GOTHENBURG: 1}),)
    )
    order = CentraOrder(
        number=104233,
        id="abc",
        status="PROCESSING",
        store_type="DIRECT_TO_CONSUMER",
        external_id="",
        created_at=AT - 3600,
        updated_at=AT - 60,
        currency="SEK",
        currency_decimals=2,
        grand_total=59_800,
        amounts=OrderAmounts(59_800, 0, 0, 0, 0, 0, 11_960),
        on_hold=False,
        hold_reason="",
        internal=False,
        locked=False,
        lines=(tee, cap),
        shipments=(shipped,),
        payments=(PaymentEntry(1, "AUTH", "SUCCESS", 59_800, "Klarna", "ref", AT - 3600),),
        payment_method="Klarna",
        shipping_option="Hämta [i butik]",
        shipping_option_uri="pickup",
        other_comment="Hälsning-8812",
        attributes={},
        email=PERSON.email,
        shipping_address=PERSON,
        billing_address=PERSON,
    )
    return replace(order, **changes)


def centra_return() -> ReturnOfOrder:
    refund = PaymentEntry(2, "REFUND", "SUCCESS", 10_000, "Klarna", "ref", AT + 60, return_id=77)
    return ReturnOfOrder(77, 42, "sitoo-refund-992-42", "COMPLETED", True, AT, {601: 1}, 10_000, None, (refund,))


def sitoo_order(number: int = 991, external_id: str = "C104233-W11-R1", **changes: Any) -> WholeOrder:
    order = WholeOrder(
        id=number,
        type=10,
        state=0,
        payment_state=20,
        external_id=external_id,
        warehouse_id=3,
        register="",
        date=AT,
        currency="SEK",
        reserved_until=AT + 86_400,
        total=Decimal("498.00"),
        rows=(RowOfOrder(0, "TEE-M", "Tee", 2, Decimal("398.40"), Decimal("99.60"), Decimal(25)),),
        payments=(TenderOfOrder("Web", Decimal("498.00"), virtual=False),),
        marks={},
    )
    return replace(order, **changes)


@dataclass
class ToldCentra:
    """The read half of CentraOrders."""

    known: dict[int, CentraOrder] = field(default_factory=dict)
    returns: list[ReturnOfOrder] = field(default_factory=list)

    def orders(self, numbers: Sequence[int], *, lane: Lane = Lane.ORDERS) -> dict[int, CentraOrder]:
        return {number: self.known[number] for number in numbers if number in self.known}

    def returns_of(self, order_number: int) -> list[ReturnOfOrder]:
        return self.returns

    def client(self) -> CentraOrders:
        return cast(CentraOrders, self)


@dataclass
class ToldSitoo:
    """The read half of SitooOrders. `asked`: the externalids looked for."""

    known: list[WholeOrder] = field(default_factory=list)
    deliveries: list[HandedOut] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def whole_orders(self, *, ids: Sequence[int] = (), external_ids: Sequence[str] = (), credit_of: int | None = None) -> list[WholeOrder]:
        self.asked += external_ids
        return [o for o in self.known if o.id in ids or o.external_id in external_ids or (credit_of is not None and o.credit_of == credit_of)]

    def handed_out(self, order_id: int) -> list[HandedOut]:
        return [delivery for delivery in self.deliveries if delivery.order_id == order_id]

    def client(self) -> SitooOrders:
        return cast(SitooOrders, self)


class Told:
    """`ops order` with an applied mapping, and both systems telling what they are told to."""

    def __init__(self, world: World, mapping: str = MAPPING) -> None:
        world.apply(mapping)
        self.world, self.centra, self.sitoo = world, ToldCentra(), ToldSitoo()
        self.conn = replace(world.connection, centra_orders=self.centra.client(), sitoo_orders=lambda _site: self.sitoo.client())
        world.rehearsal.clock.move_to(max(AT, world.rehearsal.clock.now()))

    def ops(self, command: str, number: int = 104233, *, exit_code: int = 0) -> str:
        """What is printed, blanks and frames as one blank; a Refusal is raised as it is."""
        printed = len(self.world.screen.getvalue())
        result = CliRunner().invoke(order.app, [command, str(number)], obj=self.conn)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return re.sub(r"[\s│┃]+", " ", self.world.screen.getvalue()[printed:] + result.output)
