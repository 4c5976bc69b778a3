"""An order's file as JSON: whatever it can hold comes back equal; what this version does not know is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given

from connector.store.order_file_json import from_json, same, to_json
from connector.store.order_files import CopyState, OrderFile, OrderFileUnreadable
from tests.store.test_mapping_json import of_type
from tests.store.test_order_files import full


@given(of_type(OrderFile))
def test_every_file_comes_back_equal(file: OrderFile) -> None:
    back = from_json(to_json(file), number=file.number, rev=file.rev)
    assert back == file
    assert {type(one) for one in back.copies} == {type(one) for one in file.copies}


def test_a_new_file_is_as_small_as_can_be() -> None:
    assert json.loads(to_json(OrderFile(104233, 1))) == {"site": 1}


def test_its_number_and_revision_are_the_rows() -> None:
    back = from_json(to_json(replace(full(7), rev=12)), number=8, rev=3)
    assert back == replace(full(8), rev=3)


def test_enums_are_enums_again() -> None:
    (copy,) = from_json(to_json(full(7)), number=7, rev=1).copies
    assert copy.state is CopyState.OPEN


def test_the_same_but_for_the_revision() -> None:
    assert same(full(7), replace(full(7), rev=9))
    assert not same(full(7), full(7).with_step(1.0, "more"))


@pytest.mark.parametrize(
    ("stored", "place"),
    [
        ("{", "file of order 7: not JSON"),
        ("[]", "file of order 7: not an object"),
        ("{}", "file of order 7: .*site"),
        ('{"site": 1, "surprise": 2}', "file of order 7: unknown surprise"),
        ('{"site": 1, "copies": [{"warehouse": 1, "newer": 1}]}', r"copies\[0\]: unknown newer"),
        ('{"site": 1, "shippings": [{"state": "posted"}]}', r"shippings\[0\].state: 'posted'"),
        ('{"site": 1, "excluded": ["x"]}', r"excluded\[0\]: 'x' is not int"),
        ('{"site": 1, "returnings": [{"lines": {"x": 1}}]}', r"returnings\[0\].lines: 'x' is not a whole number"),
    ],
)
def test_what_a_newer_version_wrote_is_refused_by_place(stored: str, place: str) -> None:
    with pytest.raises(OrderFileUnreadable, match=place):
        from_json(stored, number=7, rev=1)
