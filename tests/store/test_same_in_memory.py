"""Generated histories give the same answers in memory and on DynamoDB, so what is proved on the one holds for the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.store.leases import Lease, LeaseLost
from connector.store.memory.tables import MemoryTables
from connector.store.order_files import FileChanged, OrderFile
from connector.store.stock_levels import Done, Level, Mark, Outcome, PendingWrite, Postponed
from connector.store.tables import Tables
from tests.conftest import FACTOR
from tests.store.worlds import DynamoWorld

START = 1_700_000_000.0
WAREHOUSES, SKUS = st.sampled_from([11, 12]), st.sampled_from(["A", "B", "C"])
UNITS, SECONDS = st.integers(-3, 3), st.sampled_from([0.0, 0.25, 30.0, 60.0])
MARKS = st.lists(st.builds(Mark, WAREHOUSES, SKUS, UNITS, st.dictionaries(WAREHOUSES, st.integers(1, 9), max_size=1)), max_size=4)


@dataclass
class History:
    """The same calls on one site of one store; `seen`: what was read before, which may be stale when it is settled."""

    tables: Tables
    site: int
    key: str
    now: float = START
    lease: Lease | None = None
    stale: Lease | None = None
    seen: tuple[Any, ...] = ()
    file: OrderFile | None = None

    def tell(self) -> tuple[Any, ...]:
        dirty = sorted(self.tables.levels.dirty(self.site), key=lambda d: (d.warehouse, d.sku))
        writes = sorted(self.tables.levels.pending_writes(self.site), key=lambda w: w.write_id)
        lines = sorted(self.tables.links.open_lines([self.site * 100 + 11, self.site * 100 + 12]), key=lambda line: (line.warehouse, line.sku))
        lines = [replace(line, warehouse=line.warehouse % 100) for line in lines]
        holder = self.tables.leases.peek(self.key)
        held = None if holder is None else (holder.owner, holder.fence, holder.expires_at)
        files = sorted((f for f in self.tables.files.open_files() if f.number // 10 == self.site), key=lambda f: f.number)
        files += self.tables.files.get_many([self.number(n) for n in range(2)]).values()
        return dirty, writes, lines, files, self.tables.levels.levels(self.site, ["A", "B", "C"]), held, self.tables.leases.is_wanted(self.key)

    def number(self, n: int) -> int:
        """An order number nobody else uses."""
        return self.site * 10 + n


Call = Callable[[History], Any]


def mark(marks: list[Mark]) -> Call:
    return lambda h: h.tables.levels.mark(h.site, marks, h.now)


def mark_at(marks: list[Mark], after: float) -> Call:
    return lambda h: h.tables.levels.mark_at(h.site, h.now + after, marks)


def ripen(h: History) -> int:
    return h.tables.levels.ripen(h.site, h.now)


def wait(seconds: float) -> Call:
    def call(h: History) -> None:
        h.now += seconds

    return call


def acquire(owner: str) -> Call:
    def call(h: History) -> bool:
        lease = h.tables.leases.acquire(h.key, owner, h.now, 20)
        if lease is not None:
            h.stale, h.lease = h.lease, lease
        return lease is not None

    return call


def want(h: History) -> bool:
    return h.tables.leases.want(h.key, h.now)


def release(h: History) -> bool | None:
    return None if h.lease is None else h.tables.leases.release_unless_wanted(h.lease)


def read(h: History) -> None:
    h.seen = tuple(sorted(h.tables.levels.dirty(h.site), key=lambda d: (d.warehouse, d.sku)))


def settle(picks: list[int], refused: bool, stale: bool) -> Call:
    """Of what was read: 0 leaves a row, 1 has dealt with it, 2 postpones it."""

    def call(h: History) -> None:
        lease = h.stale if stale else h.lease
        if lease is None:
            return
        chosen = list(zip(h.seen, picks, strict=False))
        h.tables.levels.settle(
            h.site,
            lease,
            Outcome(
                done=[Done(d.warehouse, d.sku, d.version, d.delta) for d, pick in chosen if pick == 1],
                postponed=[Postponed(d.warehouse, d.sku, d.version, h.now + 60, refused) for d, pick in chosen if pick == 2],
                levels={(d.warehouse, d.sku): Level(d.delta, 1, h.now) for d, pick in chosen if pick == 1},
                settled_writes=h.tables.levels.pending_writes(h.site) if refused else (),
            ),
            h.now,
        )

    return call


def record(write_id: str) -> Call:
    def call(h: History) -> None:
        if h.lease is not None:
            h.tables.levels.record_write(h.site, h.lease, PendingWrite(write_id, 11, {"A": 1}, h.now))

    return call


def order_line(what: str, warehouse: int, sku: str, units: int) -> Call:
    def call(h: History) -> None:
        links, line = h.tables.links, (1, h.site * 100 + warehouse, sku)
        match what:
            case "allocated":
                links.seen_in_centra(*line, allocated=units)
            case "shipped":
                links.shipped(*line, shipment_id=7 + units % 2, units=units, at=h.now)
            case "delivered":
                links.delivered(*line, units=units)
            case "withheld":
                links.withhold(*line, units=units, at=h.now)
            case "shipping":
                links.shipping(*line, since=h.now if units else None)
            case _:
                for stored in links.open_lines([line[1]]):
                    if (stored.order_number, stored.warehouse, stored.sku) == line:
                        links.close(stored)

    return call


def read_file(n: int) -> Call:
    def call(h: History) -> None:
        h.file = h.tables.files.get(h.number(n)) or OrderFile(h.number(n), h.site)

    return call


def put_file(is_open: bool, troubles: int) -> Call:
    """What was read, changed; it may be old news by now."""

    def call(h: History) -> OrderFile | None:
        return None if h.file is None else h.tables.files.put(replace(h.file, is_open=is_open, troubles=troubles))

    return call


LINE_WRITES = st.sampled_from(["allocated", "shipped", "delivered", "withheld", "shipping", "close", "close"])
CALLS: st.SearchStrategy[Call] = st.one_of(
    st.builds(mark, MARKS),
    st.builds(mark_at, MARKS, SECONDS),
    st.just(ripen),
    st.builds(wait, SECONDS),
    st.builds(acquire, st.sampled_from(["a", "b"])),
    st.just(want),
    st.just(release),
    st.just(read),
    st.builds(settle, st.lists(st.integers(0, 2), min_size=6, max_size=6), st.booleans(), st.sampled_from([False, False, True])),
    st.builds(record, st.sampled_from(["w-1", "w-2"])),
    st.builds(read_file, st.integers(0, 1)),
    st.builds(put_file, st.booleans(), st.integers(0, 2)),
    st.builds(order_line, LINE_WRITES, WAREHOUSES, SKUS, st.integers(0, 3)),
)


def outcome(call: Call, history: History) -> Any:
    try:
        return call(history)
    except (LeaseLost, FileChanged) as lost:
        return type(lost)


@settings(max_examples=30 * FACTOR)
@given(st.lists(CALLS, min_size=5, max_size=25))
def test_the_same_history_gives_the_same_answers(dynamo: DynamoWorld, calls: list[Call]) -> None:
    key = dynamo.new_name()
    site = dynamo.new_site()
    memory, stored = History(MemoryTables(), site, key), History(dynamo.tables, site, key)
    for call in calls:
        assert outcome(call, memory) == outcome(call, stored)
    assert memory.tell() == stored.tell()
