"""A store leaves the mapping while orders are open there: people are told in plain words, the other stores go on, nothing is made twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.configuration import Site
from connector.domain.exceptions import Kind, Owner, State
from connector.domain.order_settings import Uncollected
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import CANCELLED, CLOSED, OPEN
from tests.flows.order_steps import Calls, case_of, file_of, let_days_pass, redrive, story, with_settings

ONE = {"TEE-S": 1, "TEE-M": 1, "CAP": 1}
SOON = with_settings(uncollected=Uncollected(remind_after_days=1, release_after_days=2))


def test_what_is_shipped_in_the_admin_is_handed_out_in_the_stores_that_are_left() -> None:
    with story(ONE) as told:
        number = _in_two_stores(told)
        before = _leaves(told)
        told.world.centra.ship(number)
        told.run(130.0)
        _is_told(told, number)
        states = {copy.warehouseid: (copy.state, copy.delivered()) for copy in told.copies(number)}
        assert states == {101: (OPEN, False), 102: (CLOSED, True)}
        assert (told.shipped_from(number, 11), told.shipped_from(number, 12)) == ({"TEE-S": 1}, {"TEE-S": 1})
        assert len(told.copies(number, live=False)) == 2, "tills need no second copy to take it back"

        _apply(told, before)
        redrive(told, Kind.UNMAPPED_NAME, number, run=130.0)
        assert [copy.state for copy in told.copies(number)] == [CLOSED, CLOSED]
        assert case_of(told, Kind.UNMAPPED_NAME, number).state is State.RESOLVED
        assert _told(told, number) == {}
        assert not file_of(told, number).is_open


def test_a_pick_up_there_that_nobody_collects_is_left_to_people_and_the_others_are_given_up() -> None:
    with story(ONE, settings=SOON) as told:
        number = _in_two_stores(told, payment="captured")
        for copy in told.copies(number):
            told.world.sitoo.ready_for_pickup(copy.orderid)
        told.run(5.0)
        _leaves(told)
        let_days_pass(told, 2.1)
        told.run(300.0)
        _is_told(told, number)
        assert {copy.warehouseid: copy.state for copy in told.copies(number)} == {101: OPEN, 102: CLOSED}
        state = told.state(number)
        assert (len(state["shipments"]), len(state["returns"]), state["psp"]["refunded"]) == (1, 1, 10_000)
        assert _plus(told.allocated_at(number, 11), told.allocated_at(number, 12)) == 1, "the other unit is still promised"


@pytest.mark.parametrize("begun", [False, True])
def test_an_order_that_people_move_on_leaves_it_and_goes_to_the_next_store_once(begun: bool) -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        first = told.copy(number)
        if begun:
            told.world.sitoo.ready_for_pickup(first.orderid)
            told.run(5.0)
        _leaves(told)
        told.world.centra.comment(number, internal_comment="which store?")
        told.run(70.0)
        _is_told(told, number)
        told.world.centra.reallocate(number, 12)
        told.run(130.0)
        assert first.state == (OPEN if begun else CANCELLED)
        assert (told.held(number, 11), told.held(number, 12)) == (({"TEE-S": 1}, {}) if begun else ({}, {"TEE-S": 1}))
        kinds = {Kind.ORDER_CHANGED_TOO_LATE.value, Kind.UNMAPPED_NAME.value} if begun else set()
        assert _told(told, number) == {kind: [f"order/{number}/warehouse/11"] for kind in kinds}


def test_what_the_store_still_does_with_it_reaches_centra() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        _leaves(told)
        calls = Calls(told)
        told.hand_out(number)
        told.run(130.0)
        assert told.shipped_from(number, 11) == told.delivered(number, 11) == {"TEE-S": 1}
        assert calls.centra()["completeShipment"] == 1
        assert [copy.state for copy in told.copies(number)] == [CLOSED]
        assert _told(told, number) == {}
        assert not file_of(told, number).is_open


def _in_two_stores(told: OrderStory, **wishes: str) -> int:
    number = told.order([("TEE-S", 2)], [11, 12], **wishes)
    told.run(5.0)
    assert (told.held(number, 11), told.held(number, 12)) == ({"TEE-S": 1}, {"TEE-S": 1})
    return number


def _leaves(told: OrderStory) -> Site:
    """Norrmalm's store is taken out of the mapping file, and it is applied; the site as it was."""
    before = told.world.site
    _apply(told, replace(before, stores=tuple(store for store in before.stores if store.centra_warehouse != 11)))
    return before


def _apply(told: OrderStory, site: Site) -> None:
    told.world.site, told.world.mapping = site, replace(told.world.mapping, sites=(site,))


def _told(told: OrderStory, number: int) -> dict[str, list[str]]:
    """What people are told about the order; that stock moves in a place nobody names is told as well."""
    about = {kind: [entity for entity in entities if entity.startswith(f"order/{number}")] for kind, entities in told.problems().items()}
    return {kind: entities for kind, entities in about.items() if entities}


def _plus(*shelves: dict[str, int]) -> int:
    return sum(units for shelf in shelves for units in shelf.values())


def _is_told(told: OrderStory, number: int) -> None:
    assert _told(told, number) == {Kind.UNMAPPED_NAME.value: [f"order/{number}/warehouse/11"]}
    case = case_of(told, Kind.UNMAPPED_NAME, number)
    assert case.problem.owner is Owner.RETAIL_OPS
    assert "no store of the mapping file any more" in case.problem.happened
