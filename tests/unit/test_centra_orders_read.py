"""The order side of the Centra client reads: what it asks, and what it makes of long, full and broken answers."""

from __future__ import annotations

import httpx
import pytest

from connector.centra import order_documents as documents
from connector.centra.errors import CentraError, Refused, Throttled, Unauthorised, Unavailable
from connector.domain.configuration import Lane
from tests.unit.centra_order_nodes import Node, allocation, line, order, return_, shipment, shipment_line
from tests.unit.orders_client import Orders, data

T0 = 1_800_000_000.0
"""2027-01-15T08:00:00Z."""


def at(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"2027-01-15T08:{minutes:02}:{rest:02}+00:00"


def test_ten_orders_are_one_request() -> None:
    numbers = list(range(101, 111))
    world = Orders([data(orders=[order(n) for n in numbers])])
    assert sorted(world.client.orders([*numbers, 101])) == numbers
    assert world.sent() == (documents.ORDERS, {"numbers": numbers, "n": 10})
    assert world.grants.taken == [(Lane.ORDERS, 1, 0)]


def test_more_orders_are_more_requests_and_none_is_none() -> None:
    world = Orders([data(orders=[order(n) for n in range(1, 11)]), data(orders=[order(11)])])
    assert len(world.client.orders(list(range(1, 12)), lane=Lane.RECONCILE)) == 11
    assert world.grants.taken == [(Lane.RECONCILE, 1, 0)] * 2
    assert world.client.orders([]) == {}


def test_an_order_that_centra_does_not_know_is_missing_and_one_not_asked_for_is_not_taken() -> None:
    assert Orders([data(orders=[order(7)])]).client.orders([101]) == {}


def test_an_unreadable_order_is_named() -> None:
    with pytest.raises(Unavailable, match="order 101"):
        Orders([data(orders=[order(101, grandTotal=None)])]).client.orders([101])


@pytest.mark.parametrize("pages", [1, 2])
def test_a_line_with_many_allocations_is_read_to_its_end(pages: int) -> None:
    count = documents.ALLOCATIONS_SHOWN if pages == 1 else documents.MOST_ALLOCATIONS + 5
    everything = [allocation(i, 11 + i % 2, 1) for i in range(count)]
    cut = order(lines=[line(1, count, allocations=everything[: documents.ALLOCATIONS_SHOWN])])
    size = documents.MOST_ALLOCATIONS
    further = [data(orders=[{"lines": [{"id": 1, "allocations": everything[p * size : (p + 1) * size]}], "shipments": []}]) for p in range(pages)]
    world = Orders([data(orders=[cut]), *further])
    read = world.client.orders([101])[101]
    assert sum(a.units for a in read.lines[0].allocations) == count
    assert [world.sent(i)[1] for i in range(1, pages + 1)] == [{"number": [101], "page": p + 1} for p in range(pages)]


def test_a_long_shipment_line_is_read_to_its_end_too() -> None:
    everything = [allocation(i, 11, 1) for i in range(documents.SHIPPED_SHOWN + 1)]
    cut = order(shipments=[shipment(3, [shipment_line(31, 1, 6, everything[:-1])], shipped=True)])
    rest = {"lines": [], "shipments": [{"id": 3, "lines": [{"id": 31, "allocations": everything}]}]}
    read = Orders([data(orders=[cut]), data(orders=[rest])]).client.orders([101])[101]
    assert read.shipments[0].lines[0].warehouses == {11: len(everything)}


def test_an_order_that_vanishes_while_it_is_read_on_is_unavailable() -> None:
    cut = order(lines=[line(1, 20, allocations=[allocation(i, 11, 1) for i in range(documents.ALLOCATIONS_SHOWN)])])
    with pytest.raises(Unavailable):
        Orders([data(orders=[cut]), data(orders=[])]).client.orders([101])


@pytest.mark.parametrize(
    ("extensions", "expected"), [({"category": "authorization"}, Refused), ({}, Refused), ({"category": "internal"}, Unavailable)]
)
def test_an_error_amid_orders_spoils_them_all(extensions: Node, expected: type[CentraError]) -> None:
    error = {"message": "no", "path": ["orders", 0, "attributes"], "extensions": extensions}
    with pytest.raises(expected):
        Orders([httpx.Response(200, json={"data": {"orders": [order()]}, "errors": [error]})]).client.orders([101])


def test_a_refused_token_is_read_again() -> None:
    world = Orders([httpx.Response(403), data(orders=[order()])], rotated="token-2")
    assert sorted(world.client.orders([101])) == [101]
    assert world.vendor.requests[1].headers["authorization"] == "Bearer token-2"
    with pytest.raises(Unauthorised):
        Orders([httpx.Response(403)]).client.orders([101])


# --- what changed ---------------------------------------------------------------------------------------------------


def changes(first: int, count: int, start: float, step: float) -> list[Node]:
    return [{"number": first + i, "id": first + i, "order": {"number": 1000 + i}, "updatedAt": at(start + i * step)} for i in range(count)]


def test_a_page_that_is_not_full_is_all_there_is() -> None:
    world = Orders([data(orders=changes(1, 3, 10, 5))])
    assert world.client.changed_orders(since=T0) == ({1: T0 + 10, 2: T0 + 15, 3: T0 + 20}, True)
    assert world.sent()[1] == {"from": "2027-01-15T07:59:59+00:00", "page": 1}


def test_after_a_full_page_it_goes_on_from_its_last_moment() -> None:
    """Order 1 changes while page 1 is read: counted pages would now skip an order, the moment does not."""
    again = [*changes(100, 51, 198, 2), {"number": 1, "updatedAt": at(900)}]
    world = Orders([data(orders=changes(1, 100, 0, 2)), data(orders=again)])
    found, complete = world.client.changed_orders(since=T0)
    assert complete
    assert world.sent()[1] == {"from": at(197), "page": 1}
    assert (len(found), found[1], list(found)[-1]) == (150, T0 + 900, 1)
    assert list(found.values()) == sorted(found.values())


def test_many_changes_of_one_second_are_counted_through() -> None:
    world = Orders([data(orders=changes(1, 100, 5, 0)), data(orders=changes(101, 100, 5, 0)), data(orders=changes(201, 3, 5, 0))])
    found, complete = world.client.changed_orders(since=T0 + 5, until_page=1)
    assert (len(found), complete) == (203, True)
    assert [world.sent(i)[1]["page"] for i in range(3)] == [1, 2, 3]


def test_too_many_pages_are_said_to_be_not_all() -> None:
    world = Orders([data(orders=changes(1, 100, 0, 1)), data(orders=changes(99, 100, 98, 1))])
    found, complete = world.client.changed_orders(since=T0, until_page=2)
    assert (len(found), complete) == (198, False)


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(429)])
def test_pages_that_cannot_be_read_now_leave_what_was_read(answer: httpx.Response) -> None:
    world = Orders([data(shipments=changes(1, 100, 0, 1)), answer])
    found, complete = world.client.changed_shipments(since=T0)
    assert (len(found), found[2], found[100], complete) == (100, (1001, T0 + 1), (1099, T0 + 99), False)


def test_without_budget_for_a_further_page_it_is_not_asked_for() -> None:
    world = Orders([data(shipments=changes(1, 100, 0, 1))])
    world.grants.next_at = world.clock.now() + 5
    assert world.client.changed_shipments(since=T0)[1] is False
    assert len(world.vendor.requests) == 1


def test_the_first_page_fails_aloud() -> None:
    with pytest.raises(Throttled):
        Orders([httpx.Response(429)]).client.changed_orders(since=T0)


def test_nothing_changed() -> None:
    assert Orders([data(shipments=[])]).client.changed_shipments(since=T0) == ({}, True)


def test_returns_are_read_over_all_pages() -> None:
    world = Orders([data(returns=[return_(n) for n in range(1, 51)]), data(returns=[return_(50), return_(51)])])
    assert [r.id for r in world.client.returns_of(101)] == list(range(1, 52))
    assert world.sent()[1] == {"number": [101], "page": 2}


# --- orders by our mark ---------------------------------------------------------------------------------------------


def test_orders_are_found_by_external_id_or_by_the_whole_word_in_their_comment() -> None:
    comments = ["sitoo-sale-12", "from a till: sitoo-sale-12, store 3", "sitoo-sale-123", "my-sitoo-sale-12", "sitoo-sale-12-1", None]
    noted = [{"number": 200 + i, "otherComment": comment} for i, comment in enumerate(comments)]
    world = Orders([data(known=[{"number": 300}, {"number": 200}], noted=noted)])
    assert world.client.orders_marked("sitoo-sale-12") == [200, 201, 300]
    assert world.sent() == (documents.MARKED_ORDERS, {"keys": ["sitoo-sale-12"], "key": "sitoo-sale-12", "page": 1})


def test_a_full_page_of_similar_marks_does_not_hide_the_one() -> None:
    others = [{"number": i, "otherComment": f"k-{i}0"} for i in range(documents.MARKED_PAGE)]
    world = Orders([data(known=[], noted=others), data(known=[], noted=[{"number": 900, "otherComment": "k-1"}])])
    assert world.client.orders_marked("k-1") == [900]


@pytest.mark.parametrize(("comment", "expected"), [("Call first.", "Call first."), ("", ""), (None, "")])
def test_the_internal_comment_of_an_order(comment: str | None, expected: str) -> None:
    assert Orders([data(orders=[{"number": 101, "internalComment": comment}])]).client.internal_comment(101) == expected


@pytest.mark.parametrize("nodes", [[], [{"number": 102, "internalComment": "of another"}], [{"number": 101}]])
def test_a_comment_that_was_not_read_is_not_an_empty_one(nodes: list[Node]) -> None:
    with pytest.raises(Unavailable):
        Orders([data(orders=nodes)]).client.internal_comment(101)
