"""OrderFiles: a file is written only as it was read, closed files leave the list, and one's own write may come twice."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from connector.store.order_files import (
    Copy,
    CopyRow,
    CopyState,
    FileChanged,
    OrderFile,
    OrderFiles,
    OrderFileUnreadable,
    Owed,
    Purpose,
    Returning,
    Shipping,
    ShippingState,
)
from connector.store.tables import Tables
from tests.store.worlds import World

AT = 1_700_000_000.5
COPY = Copy(
    site=1,
    warehouse=11,
    revision=1,
    purpose=Purpose.FULFIL,
    external_id="C1-W11-R1",
    state=CopyState.CLAIMED,
    claimed_at=AT,
    rows=(CopyRow(0, 501, "A", 2), CopyRow(1, 0, "", 1)),
    total=59_900,
    fingerprint="ab12",
)
_orders = itertools.count(200_000)


@pytest.fixture
def files(tables: Tables) -> OrderFiles:
    return tables.files


@pytest.fixture
def order() -> int:
    return next(_orders)


def full(number: int) -> OrderFile:
    """Something in every field."""
    copy = replace(COPY, state=CopyState.OPEN, sitoo_order_id=991, reserved_until=AT + 60, ready_at=AT, reminded_at=AT, fulfilment="pick_up")
    shipping = Shipping(7, 11, ShippingState.CREATED, {501: 2}, "sitoo-delivery-7", AT, "SE1", 42)
    returning = Returning("sitoo-refund-8-42", True, "claimed", 8, 42, {77: 1}, 29_950, AT, 5, "vänta")
    file = OrderFile(
        number,
        1,
        decision="store",
        awaiting="the store's delivery",
        look_at=AT + 60,
        troubles=2,
        centra_updated_at=AT,
        owed=(Owed(11, "A", 2),),
        copies=(copy,),
        shippings=(shipping,),
        returnings=(returning,),
        excluded=frozenset({12, 13}),
        handled=frozenset({"delivery/7"}),
        parked=frozenset({"CAPTURE_FAILED"}),
    )
    return file.with_step(AT, "copied", ms=120, note="991")


def listed(files: OrderFiles, *numbers: int) -> set[int]:
    """Which of these orders are listed as open."""
    return {file.number for file in files.open_files()} & set(numbers)


def test_an_order_that_was_never_met(files: OrderFiles, order: int) -> None:
    assert files.get(order) is None
    assert files.get_many([order]) == {}
    assert files.get_many([]) == {}
    assert files.number_of(order) is None


def test_a_new_file_is_revision_one(files: OrderFiles, order: int) -> None:
    stored = files.put(OrderFile(order, 1))
    assert stored == OrderFile(order, 1, rev=1)
    assert files.get(order) == stored


def test_everything_in_a_file_comes_back(files: OrderFiles, order: int) -> None:
    stored = files.put(full(order))
    assert files.get(order) == stored == replace(full(order), rev=1)


def test_each_write_is_the_next_revision(files: OrderFiles, order: int) -> None:
    file = files.put(OrderFile(order, 1))
    for n in range(2, 5):
        file = files.put(file.with_step(AT, f"step {n}"))
        assert (file.rev, files.get(order)) == (n, file)


def test_a_file_that_changed_since_it_was_read_is_not_overwritten(files: OrderFiles, order: int) -> None:
    read = files.put(OrderFile(order, 1))
    theirs = files.put(read.with_step(AT, "theirs"))
    with pytest.raises(FileChanged):
        files.put(read.with_step(AT, "ours"))
    with pytest.raises(FileChanged):
        files.put(OrderFile(order, 1, awaiting="read before it existed"))
    assert files.get(order) == theirs


def test_a_revision_that_never_was_is_refused(files: OrderFiles, order: int) -> None:
    with pytest.raises(FileChanged):
        files.put(OrderFile(order, 1, rev=3))
    assert files.get(order) is None


@pytest.mark.parametrize("is_open", [True, False])
def test_ones_own_write_again_is_harmless(files: OrderFiles, order: int, is_open: bool) -> None:
    read = files.put(OrderFile(order, 1))
    change = replace(read.with_copy(COPY), is_open=is_open)
    stored = files.put(change)
    assert files.put(change) == stored
    assert files.get(order) == stored


def test_only_open_files_are_listed(files: OrderFiles, order: int) -> None:
    other = next(_orders)
    file, another = files.put(full(order)), files.put(OrderFile(other, 1))
    assert listed(files, order, other) == {order, other}
    closed = files.put(replace(file, is_open=False))
    files.put(replace(another, is_open=False))
    assert listed(files, order, other) == set()
    assert files.get(order) == closed
    assert files.get_many([order, other, next(_orders)]).keys() == {order, other}
    opened = files.put(replace(closed, is_open=True))
    assert listed(files, order, other) == {order}
    assert files.get(order) == opened == replace(file, rev=3)


def test_one_that_cannot_be_read_does_not_hold_up_the_others(world: World) -> None:
    files, order, other = world.tables.files, next(_orders), next(_orders)
    files.put(full(order))
    read = files.put(full(other))
    world.spoil(order)
    told: dict[int, str] = {}
    assert [file for file in files.open_files(lambda number, why: told.update({number: str(why)})) if file.number in (order, other)] == [read]
    assert told == {order: f"file of order {order}: unknown colour"}
    assert listed(files, order, other) == {other}
    assert files.get_many([order, other]) == {other: read}
    with pytest.raises(OrderFileUnreadable, match="unknown colour"):
        files.get(order)


def test_a_file_that_is_born_closed(files: OrderFiles, order: int) -> None:
    files.put(OrderFile(order, 1, is_open=False, decision="b2b"))
    assert listed(files, order) == set()
    assert files.get(order) == OrderFile(order, 1, rev=1, is_open=False, decision="b2b")


def test_many_files(files: OrderFiles) -> None:
    numbers = [next(_orders) for _ in range(70)]
    for number in numbers:
        files.put(OrderFile(number, 1, is_open=number % 2 == 0))
    assert files.get_many(numbers).keys() == set(numbers)
    assert listed(files, *numbers) == {number for number in numbers if number % 2 == 0}


@pytest.mark.parametrize("theirs_open", [True, False])
@pytest.mark.parametrize("ours_open", [True, False])
def test_somebody_writes_between_our_read_and_our_write(world: World, order: int, theirs_open: bool, ours_open: bool) -> None:
    files = world.tables.files
    read = files.put(OrderFile(order, 1))
    world.interpose(lambda: files.put(replace(read, is_open=theirs_open, decision="theirs")))
    with pytest.raises(FileChanged):
        files.put(replace(read, is_open=ours_open, decision="ours"))
    stored = files.get(order)
    assert stored is not None
    assert (stored.decision, stored.rev, stored.is_open) == ("theirs", 2, theirs_open)
    assert (order in listed(files, order)) == theirs_open


@pytest.mark.parametrize("theirs_open", [True, False])
def test_two_make_the_file_at_once(world: World, order: int, theirs_open: bool) -> None:
    files = world.tables.files
    world.interpose(lambda: files.put(OrderFile(order, 1, is_open=theirs_open, decision="theirs")))
    with pytest.raises(FileChanged):
        files.put(OrderFile(order, 1, decision="ours"))
    assert files.get(order) == OrderFile(order, 1, rev=1, is_open=theirs_open, decision="theirs")


def test_the_order_of_a_sitoo_order(files: OrderFiles, order: int) -> None:
    for _ in range(2):
        files.know_sitoo_order(900_000 + order, order)
    assert files.number_of(900_000 + order) == order
    files.know_sitoo_order(900_000 + order, order + 1)
    assert files.number_of(900_000 + order) == order + 1
