"""While a vendor stands in the way, an order has one message that comes back, whatever number of sites and events there are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from connector.domain.configuration import Mapping, Site
from connector.domain.exceptions import Kind, State
from connector.flows.orders.order_turn import order_turn
from connector.flows.orders.sweep import sweep
from connector.flows.orders.take_order_messages import OrderMessage, take_order_messages
from connector.flows.returns.take_return_messages import take_return_messages
from connector.runtime.queues import Work
from sandbox.order_story import SHIP, OrderStory
from sandbox.rehearsal import FUNCTION_S, Received
from tests.flows.order_steps import case_of, file_of, in_step, story

OTHERS = (Site(2, "EUR", "Europe/Berlin", ()), Site(3, "NOK", "Europe/Oslo", ()))
AN_HOUR = 60


def test_an_order_of_several_sites_has_one_message_while_centra_is_down() -> None:
    with story() as told:
        _three_sites(told)
        number = told.order([("TEE-S", 1)], [11], option=SHIP)
        told.run(5.0)
        told.world.schedules = False
        told.world.centra.fault("error", times=None, status=503)
        told.world.queues.send(Work.ORDERS, [_look(number)])
        most = _most_waiting(told, Work.ORDERS)
        assert most <= 1
        assert file_of(told, number).awaiting.startswith("another try")
        assert Kind.TECHNICAL.value in told.problems()
        _recovered(told, number)


def test_events_that_come_meanwhile_add_no_chains() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11], option=SHIP)
        told.run(5.0)
        told.world.sitoo.fault("error", times=None, status=503)
        most = 0
        for minute in range(AN_HOUR):
            told.world.centra.edit_address(number, address1=f"Nygatan {minute}")
            most = max(most, _most_waiting(told, Work.ORDERS, minutes=1))
        # The one that comes back, and at most one that just came: an event, or the sweep's.
        assert most <= 2
        _recovered(told, number)


def test_a_busy_order_costs_one_message_for_all_sites() -> None:
    with story() as told:
        _three_sites(told)
        number = told.order([("TEE-S", 1)], [11], option=SHIP)
        told.run(5.0)
        told.world.schedules = False
        with order_turn(told.world.order_context("somebody"), number) as turn:
            told.world.queues.send(Work.ORDERS, [_look(number)])
            told.world.queues.send(Work.RETURNS, [json.dumps({"v": 1, "source": "poll", "type": "returns_of", "id": number})])
            for _ in range(20):
                told.run(2.0)
                turn.hold()
                assert (len(told.world.queues.waiting[Work.ORDERS]), len(told.world.queues.waiting[Work.RETURNS])) == (1, 1)
        _recovered(told, number)


def test_a_sites_trouble_is_told_though_the_others_go_on() -> None:
    with story() as told:
        _three_sites(told)
        number = told.order([("TEE-S", 1)], [11], option=SHIP)
        told.run(5.0)
        told.world.schedules = False
        told.world.sitoo.fault("error", times=None, status=503)
        told.world.centra.edit_address(number, address1="Nygatan 7")
        asked = told.world.centra.calls().get("orders", 0)
        told.run(3_600.0)
        assert told.problems()[Kind.TECHNICAL.value] == [f"order/{number}"]
        assert told.world.centra.calls()["orders"] - asked < 60, "each try comes later than the one before"
        _recovered(told, number)


def test_what_one_site_cannot_send_stays_told_though_the_others_have_no_part_in_it() -> None:
    with story() as told:
        _three_sites(told)
        number = told.order([("TEE-S", 1)], [11], option=SHIP, address={"zipCode": "", "city": ""})
        told.run(130.0)
        case = case_of(told, Kind.INCOMPLETE_ORDER, number)
        assert (case.state, [step.what for step in case.history].count("resolved")) == (State.OPEN, 0)
        assert told.copies(number, live=False) == []
        told.world.centra.edit_address(number, zipCode="111 22", city="Stockholm")
        _recovered(told, number)
        assert case_of(told, Kind.INCOMPLETE_ORDER, number).state is State.RESOLVED


@pytest.mark.parametrize(("site", "messages"), [(1, 1), (2, 0), (3, 0)])
def test_one_site_sweeps_an_order(site: int, messages: int) -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11], option=SHIP)
        told.run(5.0)
        told.world.schedules = False
        _look_is_due(told, number, told.world.site.id)
        assert _swept(told, site) == messages


def test_an_order_of_a_site_that_left_the_mapping_is_swept_by_the_first() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11], option=SHIP)
        told.run(5.0)
        told.world.schedules = False
        _look_is_due(told, number, 9)
        assert [_swept(told, site) for site in (1, 2, 3)] == [1, 0, 0]


def _mapping(told: OrderStory) -> Mapping:
    return replace(told.world.mapping, sites=(told.world.site, *OTHERS))


def _three_sites(told: OrderStory) -> None:
    """The functions work for two sites more, which have no store."""
    world, mapping = told.world, _mapping(told)

    def orders(received: Sequence[Received]) -> list[str]:
        contexts = {site.id: replace(world.order_context("sync_order"), site=site, mapping=mapping) for site in mapping.sites}
        asked = [OrderMessage(*each) for each in received]
        return take_order_messages(asked, contexts.get, list(contexts), ends_at=world.clock.now() + FUNCTION_S).failed

    def returns(received: Sequence[Received]) -> list[str]:
        contexts = {site.id: replace(world.order_context("sync_return"), site=site, mapping=mapping) for site in mapping.sites}
        asked = [OrderMessage(*each) for each in received]
        return take_return_messages(asked, contexts.get, list(contexts), ends_at=world.clock.now() + FUNCTION_S).failed

    world.consumers |= {Work.ORDERS: orders, Work.RETURNS: returns}


def _look(number: int) -> str:
    return json.dumps({"v": 1, "source": "poll", "type": "order", "id": number})


def _most_waiting(told: OrderStory, work: Work, *, minutes: int = AN_HOUR) -> int:
    most = 0
    for _ in range(minutes * 6):
        told.run(10.0)
        most = max(most, len(told.world.queues.waiting[work]))
    return most


def _recovered(told: OrderStory, number: int) -> None:
    """Once nothing stands in the way the order goes on, everything agrees, and no message is left."""
    told.world.centra.clear_faults()
    told.world.sitoo.clear_faults()
    told.world.schedules = True
    told.run(700.0)
    assert told.held(number, 11) == told.allocated_at(number, 11) == {"TEE-S": 1}
    assert (file_of(told, number).troubles, told.problems()) == (0, {})
    assert [m for work in (Work.ORDERS, Work.RETURNS) for m in told.world.queues.waiting[work]] == []
    in_step(told)


def _look_is_due(told: OrderStory, number: int, site: int) -> None:
    files = told.world.files
    files.put(replace(file_of(told, number), site=site, look_at=told.world.clock.now() - 1.0))


def _swept(told: OrderStory, site: int) -> int:
    mapping = _mapping(told)
    here = next(one for one in mapping.sites if one.id == site)
    before = len(told.world.queues.waiting[Work.ORDERS])
    sweep(replace(told.world.order_context("sync_fulfilment"), site=here, mapping=mapping))
    return len(told.world.queues.waiting[Work.ORDERS]) - before
