"""What stores hand out comes back to Centra: ready once, each delivery one shipment, captured by policy, completed."""

from __future__ import annotations

from typing import Any

import pytest

from connector.domain.exceptions import Kind, Owner, State
from connector.domain.order_settings import Capture, OrderStamps
from connector.flows.exceptions_desk import Redrive
from sandbox.order_story import SHIP, OrderStory
from sandbox.sitoo.records import CLOSED
from tests.flows.order_steps import Calls, case_of, file_of, in_step, on_hand, redrive, story, with_settings


def test_ready_for_pickup_is_told_once_though_it_comes_twice() -> None:
    stamps = OrderStamps("store_status")
    with story(settings=with_settings(stamps=stamps)) as told:
        told.world.centra.configure_attribute("store_status", [stamps.ready_element, stamps.return_element])
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.sitoo.double_events(4)
        told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
        told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
        told.run(130.0)
        (ready,) = told.world.bus.announced
        assert (ready.what, ready.detail["order"], ready.detail["centra_warehouse"]) == ("order.ready_for_pickup", number, 11)
        assert told.state(number)["attributes"]["store_status"][stamps.ready_element]
        assert told.world.centra.calls()["assignAttributes"] == 1
        assert told.problems() == {}


@pytest.mark.parametrize("broken", ["", "drop_after", "drop_before"])
def test_without_an_attribute_ready_becomes_a_line_of_the_comment_once(broken: str) -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.centra.comment(number, internal_comment="Regular customer.\nCall first.")
        if broken:
            told.world.centra.fault(broken, operation="CommentOrder")
        told.world.sitoo.double_events(4)
        told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
        told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
        told.run(200.0)
        first, second, ours = told.state(number)["internal_comment"].split("\n")
        assert (first, second) == ("Regular customer.", "Call first.")
        assert ours == f"Ready for pick-up in Norrmalm since 2027-01-15 09:00 (Sitoo order {told.copy(number).orderid})"
        assert told.held(number, 11) == {"TEE-S": 1}
        told.hand_out(number)
        told.run(130.0)
        assert told.state(number)["internal_comment"].count("Ready") == 1
        assert told.shipped_from(number, 11) == {"TEE-S": 1}
        assert told.problems() == {}
        in_step(told)


def test_a_note_that_is_refused_keeps_no_goods_back_and_is_left_when_it_is_sent_back() -> None:
    stamps = OrderStamps("store_status")
    with story(settings=with_settings(stamps=stamps)) as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
        told.run(5.0)
        told.hand_out(number)
        told.run(130.0)
        assert told.shipped_from(number, 11) == {"TEE-S": 1}
        assert told.problems() == {Kind.VENDOR_REFUSED.value: [f"order/{number}/stamp"]}
        told.world.centra.comment(number, internal_comment="seen")
        told.run(70.0)
        assert case_of(told, Kind.VENDOR_REFUSED, number).state is State.OPEN, "that the order went through says nothing of the note"

        told.world.centra.configure_attribute("store_status", [stamps.ready_element, stamps.return_element])
        redrive(told, Kind.VENDOR_REFUSED, number)
        assert told.state(number)["attributes"]["store_status"][stamps.ready_element]
        assert case_of(told, Kind.VENDOR_REFUSED, number).state is State.RESOLVED
        assert told.problems() == {}
        in_step(told)


def test_a_whole_delivery_becomes_one_captured_and_completed_shipment() -> None:
    with story() as told:
        number = told.order([("TEE-S", 2), ("CAP", 1)], [11], shipping_fee=4_900)
        told.run(5.0)
        calls = Calls(told)
        delivery = told.hand_out(number)
        told.run(130.0)
        state = told.state(number)
        (shipment,) = state["shipments"]
        assert shipment["external_id"] == f"sitoo-delivery-{delivery}"
        assert (shipment["captured"], shipment["captured_value"], shipment["shipped_at"] is not None) == (True, 34_900, True)
        assert state["psp"]["captured"] == state["grand_total"] == 34_900
        assert state["status"] == "SHIPPED"
        assert state["mails"] == ["shipment"]
        assert (told.shipped_from(number, 11), told.delivered(number, 11)) == ({"TEE-S": 2, "CAP": 1}, {"TEE-S": 2, "CAP": 1})
        assert (on_hand(told, 101, "TEE-S"), told.physical(11, "TEE-S")) == ((3, 0), 3)
        written = {name: calls.centra().get(name, 0) for name in ("createShipment", "completeShipment", "captureShipment", "setStock")}
        assert written == {"createShipment": 1, "completeShipment": 1, "captureShipment": 0, "setStock": 0}
        assert "PUT orders" not in calls.sitoo()
        assert "POST orderdeliveries" not in calls.sitoo()
        file = file_of(told, number)
        assert not file.is_open
        assert told.problems() == {}
        in_step(told)


def test_part_deliveries_become_one_shipment_each_and_the_fee_is_captured_once() -> None:
    with story() as told:
        number = told.order([("TEE-S", 2), ("CAP", 1)], [11], shipping_fee=4_900)
        told.run(5.0)
        first = told.hand_out(number, {0: 1})
        told.run(20.0)
        assert (told.shipped_from(number, 11), told.allocated_at(number, 11)) == ({"TEE-S": 1}, {"TEE-S": 1, "CAP": 1})
        in_step(told)
        second = told.hand_out(number)
        told.run(20.0)
        state = told.state(number)
        assert [s["external_id"] for s in state["shipments"]] == [f"sitoo-delivery-{first}", f"sitoo-delivery-{second}"]
        assert sum(s["captured_value"] for s in state["shipments"]) == state["psp"]["captured"] == state["grand_total"] == 34_900
        assert told.shipped_from(number, 11) == {"TEE-S": 2, "CAP": 1}
        in_step(told)


def test_the_courier_and_tracking_number_come_with_the_shipment() -> None:
    with story() as told:
        number = told.order([("CAP", 1)], [12], option=SHIP)
        told.run(5.0)
        told.world.sitoo.deliver(told.copy(number).orderid, reference="373500489530470570")
        told.run(20.0)
        (shipment,) = told.state(number)["shipments"]
        assert (shipment["info"]["carrier"], shipment["info"]["service"]) == ("PostNord", "MyPack Home")
        assert shipment["info"]["trackingNumber"] == "373500489530470570"


@pytest.mark.parametrize("mail", [True, False])
def test_the_customer_gets_a_mail_if_the_client_wants_it(mail: bool) -> None:
    with story(settings=with_settings(send_shipment_email=mail)) as told:
        number = _handed_out(told)
        assert told.state(number)["mails"] == (["shipment"] if mail else [])


@pytest.mark.parametrize(
    ("capture", "payment", "captured", "captures", "asked"),
    [
        (Capture.CAPTURE, "authorised", 10_000, 1, True),
        (Capture.CAPTURE, "captured", 10_000, 1, False),
        (Capture.CAPTURE, "paid", 10_000, 0, False),
        (Capture.PAID, "paid", 10_000, 0, False),
        (Capture.PAID, "authorised", 0, 0, False),
        (Capture.NONE, "captured", 10_000, 1, False),
    ],
)
def test_money_is_taken_by_policy(capture: Capture, payment: str, captured: int, captures: int, asked: bool) -> None:
    with story(settings=with_settings(capture=capture)) as told:
        number = _handed_out(told, payment=payment)
        state = told.state(number)
        assert (len(state["shipments"]), state["status"]) == (1, "SHIPPED")
        assert state["psp"]["captured"] == captured
        assert [e["type"] for e in state["payments"]].count("CAPTURE") == captures
        assert any(e["source"] == "Integration API" and e["type"].startswith("CAPTURE") for e in state["payments"]) is asked
        assert told.problems() == {}


def test_without_capture_unpaid_shipments_complete_where_centra_allows_it() -> None:
    with story(settings=with_settings(capture=Capture.NONE)) as told:
        told.world.centra.modes(complete_unpaid="accepted")
        number = _handed_out(told)
        assert (told.state(number)["status"], told.state(number)["psp"]["captured"]) == ("SHIPPED", 0)


def test_a_provider_that_answers_later_is_waited_for_and_asked_once() -> None:
    with story() as told:
        told.world.centra.modes(psp="asynchronous")
        told.world.centra.settle_after(400.0)
        number = _handed_out(told, run=130.0)
        (shipment,) = told.state(number)["shipments"]
        assert shipment["shipped_at"] is None
        assert told.problems() == {}
        told.run(500.0)
        state = told.state(number)
        assert state["shipments"][0]["shipped_at"] is not None
        assert state["psp"]["captured"] == 10_000
        assert told.world.centra.calls().get("captureShipment", 0) == 0
        assert told.world.centra.calls()["createShipment"] == 1
        in_step(told)


def test_a_failed_capture_leaves_the_shipment_open_until_somebody_sends_it_back() -> None:
    with story() as told:
        told.world.centra.fail_captures(1)
        number = _handed_out(told, run=130.0)
        (shipment,) = told.state(number)["shipments"]
        assert (shipment["shipped_at"], shipment["captured"]) == (None, False)
        case = case_of(told, Kind.CAPTURE_FAILED, number)
        assert (case.problem.owner, case.state) == (Owner.FINANCE, State.OPEN)
        assert told.world.centra.calls().get("captureShipment", 0) == 0, "money is never asked for twice by itself"
        in_step(told)

        assert redrive(told, Kind.CAPTURE_FAILED, number) is Redrive.SENT
        state = told.state(number)
        assert (len(state["shipments"]), state["psp"]["captured"], state["status"]) == (1, 10_000, "SHIPPED")
        assert case_of(told, Kind.CAPTURE_FAILED, number).state is State.RESOLVED
        assert redrive(told, Kind.CAPTURE_FAILED, number) is Redrive.NOT_OPEN
        assert told.world.centra.calls()["captureShipment"] == 1
        in_step(told)


def test_a_capture_that_somebody_makes_in_the_admin_completes_the_shipment_without_another() -> None:
    with story() as told:
        told.world.centra.fail_captures(1)
        number = _handed_out(told)
        told.world.centra.capture(told.state(number)["shipments"][0]["id"])
        redrive(told, Kind.CAPTURE_FAILED, number)
        state = told.state(number)
        assert (state["status"], state["psp"]["captured"]) == ("SHIPPED", 10_000)
        assert told.world.centra.calls().get("captureShipment", 0) == 0


def test_a_shipment_that_centra_made_at_once_is_used_and_captured() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        shipment = told.world.centra.ship(number, complete=False)["shipment_id"]
        told.run(10.0)
        assert told.held(number, 11) == {"TEE-S": 1}
        told.hand_out(number)
        told.run(130.0)
        state = told.state(number)
        assert [(s["id"], s["shipped_at"] is not None) for s in state["shipments"]] == [(shipment, True)]
        assert told.world.centra.calls().get("createShipment", 0) == 0
        in_step(told)


def test_another_store_hands_out_what_one_store_owes() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.hand_out(number, warehouse=102)
        told.run(130.0)
        assert told.shipped_from(number, 11) == {"TEE-S": 1}
        assert (on_hand(told, 101, "TEE-S"), on_hand(told, 102, "TEE-S")) == ((5, 0), (4, 0))
        in_step(told)


@pytest.mark.parametrize("operation", ["createShipment", "completeShipment"])
@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "error_after"])
def test_a_shipment_whose_call_broke_off_is_made_once(operation: str, kind: str) -> None:
    with story() as told:
        told.world.centra.fault(kind, operation=operation, status=503)
        number = _handed_out(told, run=200.0)
        state = told.state(number)
        assert [(s["shipped_at"] is not None, s["captured_value"]) for s in state["shipments"]] == [(True, 10_000)]
        assert state["psp"]["captured"] == 10_000
        assert told.problems() == {}
        in_step(told)


def _handed_out(told: OrderStory, *, run: float = 20.0, **wishes: Any) -> int:
    number = told.order([("TEE-S", 1)], [11], **wishes)
    told.run(5.0)
    told.hand_out(number)
    told.run(run)
    assert told.copies(number)[0].state == CLOSED
    return number
