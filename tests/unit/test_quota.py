"""Centra's quota arithmetic: never above our share, never backwards, in order of urgency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import quota
from connector.domain.configuration import Lane, Plan

T0 = 1_800_000_000.0
LANES = tuple(Lane)
lanes = st.sampled_from(LANES)
plans = st.sampled_from(tuple(Plan))
shares = st.floats(0.05, 1.0)
steps = st.lists(st.tuples(st.floats(0, 40), lanes, st.integers(1, 12), st.integers(0, 12)), min_size=1, max_size=60)


@given(plans, shares, steps)
def test_grants_never_exceed_capacity_plus_refill_over_any_interval(plan: Plan, share: float, asked: list[tuple[float, Lane, int, int]]) -> None:
    rows = quota.buckets(plan, share)
    arrivals: dict[str, float] = {}
    granted: list[tuple[float, dict[str, int]]] = []
    now = T0
    for wait, lane, requests, mutations in asked:
        now += wait
        wanted = {quota.REQUESTS: requests, quota.MUTATIONS: mutations}
        try:
            if quota.earliest(rows, arrivals, lane, wanted) > now + quota.SLACK_S:
                continue
        except ValueError:
            continue
        arrivals = quota.spend(rows, arrivals, now, wanted)
        granted.append((now, wanted))
    for bucket in rows:
        for i, (start, _) in enumerate(granted):
            used = 0
            for end, wanted in granted[i:]:
                used += wanted[bucket.kind]
                assert used <= bucket.capacity * (1 + (end - start) / bucket.window_s) + 0.01


@given(plans, shares, st.lists(st.tuples(st.floats(-100, 100), st.integers(0, 5), st.floats(-50, 100)), max_size=40))
def test_arrival_times_never_go_backwards_even_when_clocks_do(plan: Plan, share: float, moves: list[tuple[float, int, float]]) -> None:
    rows = quota.buckets(plan, share)
    arrivals: dict[str, float] = {b.key: 0.0 for b in rows}
    now = T0
    for wait, tokens, remaining in moves:
        now += wait
        after = quota.spend(rows, arrivals, now, {quota.REQUESTS: tokens, quota.MUTATIONS: tokens})
        after = quota.heed(rows, after, now, {(b.kind, b.window_s): remaining for b in rows})
        assert all(after[key] >= arrivals[key] for key in arrivals)
        arrivals = after


@given(plans, shares, lanes, st.integers(0, 10), st.integers(0, 10), st.floats(0, 100))
def test_the_promised_moment_is_kept_and_not_too_late(plan: Plan, share: float, lane: Lane, requests: int, mutations: int, ahead: float) -> None:
    rows = quota.buckets(plan, share)
    wanted = {quota.REQUESTS: requests, quota.MUTATIONS: mutations}
    arrivals = {b.key: T0 + ahead * b.window_s / 100 for b in rows}
    try:
        when = quota.earliest(rows, arrivals, lane, wanted)
    except ValueError:
        assert any(wanted[b.kind] > 0 and wanted[b.kind] + quota.floor(lane, b) > b.capacity for b in rows)
        return
    for bucket in rows:
        if wanted[bucket.kind]:
            assert quota.allowed(bucket, arrivals[bucket.key], max(when, T0 - 1e9), lane) >= wanted[bucket.kind]
    tight = [b for b in rows if wanted[b.kind] and abs(b.free_at(arrivals[b.key], wanted[b.kind], quota.floor(lane, b)) - when) < 1e-6]
    if tight:
        early = when - 2 * max(b.per_token_s for b in tight)
        assert any(quota.allowed(b, arrivals[b.key], early, lane) < wanted[b.kind] for b in tight)


@given(plans, shares, st.floats(0, 1))
def test_more_urgent_lanes_may_always_take_at_least_as_much(plan: Plan, share: float, used: float) -> None:
    urgency = (Lane.STOCK_RISK, Lane.ORDERS, Lane.STOCK)
    bulk = (Lane.STOCK_RISK, Lane.PRODUCTS, Lane.RECONCILE, Lane.LOAD)
    for bucket in quota.buckets(plan, share):
        arrival = T0 + used * bucket.window_s
        for order in (urgency, bulk):
            allowances = [quota.allowed(bucket, arrival, T0, lane) for lane in order]
            assert allowances == sorted(allowances, reverse=True)
        assert all(quota.floor(lane, bucket) <= bucket.capacity / 2 for lane in LANES)


@pytest.mark.parametrize(
    ("lane", "kind", "window", "kept"),
    [
        (Lane.STOCK_RISK, quota.MUTATIONS, 10, 0),
        (Lane.ORDERS, quota.MUTATIONS, 10, 2),
        (Lane.STOCK, quota.MUTATIONS, 10, 4),
        (Lane.STOCK, quota.MUTATIONS, 3600, 4),
        (Lane.PRODUCTS, quota.MUTATIONS, 3600, 144),
        (Lane.RECONCILE, quota.REQUESTS, 10, 12),
        (Lane.LOAD, quota.REQUESTS, 3600, 2000),
    ],
)
def test_what_each_lane_leaves_on_growth_at_a_share_of_0_8(lane: Lane, kind: str, window: int, kept: float) -> None:
    bucket = next(b for b in quota.buckets(Plan.GROWTH, 0.8) if (b.kind, b.window_s) == (kind, window))
    assert quota.floor(lane, bucket) == pytest.approx(kept)


def test_a_floor_never_takes_more_than_half_of_a_small_bucket() -> None:
    bucket = next(b for b in quota.buckets(Plan.GROWTH, 0.2) if b.key == "mutations/10")
    assert (bucket.capacity, quota.floor(Lane.STOCK, bucket)) == (4, 2)


def test_a_smaller_reported_quota_counts_and_a_larger_does_not() -> None:
    rows = {b.key: b for b in quota.buckets(Plan.GROWTH, 0.5, {(quota.MUTATIONS, 10): 10.0, (quota.REQUESTS, 10): 600.0})}
    assert rows["mutations/10"].capacity == 5
    assert rows["requests/10"].capacity == 30


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01])
def test_a_share_outside_its_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        quota.buckets(Plan.GROWTH, share)


def test_others_use_leaves_us_our_share_of_what_is_left() -> None:
    rows = quota.buckets(Plan.GROWTH, 0.8)
    seen = quota.heed(rows, {}, T0, {(quota.MUTATIONS, 10): 9.0})
    bucket = next(b for b in rows if b.key == "mutations/10")
    assert bucket.level(seen["mutations/10"], T0) == pytest.approx(0.8 * 9)
    assert quota.allowed(bucket, seen["mutations/10"], T0, Lane.STOCK_RISK) == 7
    emptied = quota.heed(rows, seen, T0, {(quota.MUTATIONS, 10): 0.0})
    assert quota.allowed(bucket, emptied["mutations/10"], T0, Lane.STOCK_RISK) == 0
    assert quota.earliest(rows, emptied, Lane.STOCK_RISK, {quota.MUTATIONS: 1}) == pytest.approx(T0 + 1 / 1.6)


@given(plans, shares, st.floats(0, 1))
def test_what_we_are_allowed_after_a_look_never_exceeds_what_is_left(plan: Plan, share: float, left: float) -> None:
    rows = quota.buckets(plan, share)
    seen = quota.heed(rows, {}, T0, {(b.kind, b.window_s): left * b.quota for b in rows})
    for bucket in rows:
        assert quota.allowed(bucket, seen[bucket.key], T0, Lane.STOCK_RISK) <= left * bucket.quota + 0.001
