"""Centra's rate limits in the sandbox: what is counted, when it is refused, how long until it is granted again."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.centra.limits import INTERVALS, PLANS, Limits
from sandbox.centra.records import Refusal
from tests.sandbox.centra_shop import SET, START, Shop

CHEAP = "{ warehouses(limit: 1) { id } }"
RATES = "{ rateLimits { type intervalSeconds quota usedQuota remainingQuota } }"


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.state.throttle(plan="growth")
    return shop


def rates(shop: Shop) -> dict[tuple[str, str], tuple[int, int, int]]:
    rows = shop.ask(RATES)["rateLimits"]
    return {(r["type"], r["intervalSeconds"]): (r["quota"], r["usedQuota"], r["remainingQuota"]) for r in rows}


@pytest.mark.parametrize("plan", sorted(PLANS))
def test_every_plan_grants_its_requests_of_ten_seconds_and_not_one_more(plan: str) -> None:
    shop = Shop()
    shop.state.throttle(plan=plan)
    granted = PLANS[plan]["REQUEST_COUNT"][0]
    assert {shop.post(CHEAP).status_code for _ in range(granted)} == {200}
    assert shop.post(CHEAP).status_code == 429
    usage = shop.state.usage()
    assert (usage["violations"], usage["violated"]) == (1, {"REQUEST_COUNT/TEN_SECONDS": 1})
    assert usage["buckets"]["REQUEST_COUNT/TEN_SECONDS"] == {"quota": granted, "peak": granted}


def test_a_bucket_refills_at_a_constant_rate(shop: Shop) -> None:
    for _ in range(60):
        shop.ask(CHEAP)
    shop.clock.sleep(0.5)
    assert [shop.post(CHEAP).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_rate_limits_show_six_rows_and_cost_a_request_themselves(shop: Shop) -> None:
    shop.set_stock({"TEE-S": 1})
    rows = rates(shop)
    assert len(rows) == 6
    assert all(quota == used + left for quota, used, left in rows.values())
    assert rows["REQUEST_COUNT", "TEN_SECONDS"] == (60, 2, 58)
    assert rows["MUTATION_COUNT", "ONE_HOUR"] == (1800, 1, 1799)
    shop.clock.sleep(10)
    assert rates(shop)["REQUEST_COUNT", "TEN_SECONDS"] == (60, 1, 59)
    only = shop.ask("{ rateLimits(where: {type: [MUTATION_COUNT], intervalSeconds: [ONE_HOUR]}) { type } }")["rateLimits"]
    assert only == [{"type": "MUTATION_COUNT"}]


def test_every_mutation_field_of_a_request_counts(shop: Shop) -> None:
    fields = " ".join(f"m{n}: updateWarehouse(id: 11, input: {{threshold: 1}}) {{ userErrors {{ message }} }}" for n in range(20))
    assert shop.post(f"mutation {{ {fields} }}").status_code == 200
    assert shop.post(SET, input=None).status_code == 429
    assert shop.state.calls()["mutations"] == 20
    assert shop.post(CHEAP).status_code == 200


def test_the_hour_runs_out_although_ten_seconds_would_allow(shop: Shop) -> None:
    shop.state.throttle(plan="growth", hour_left=0.0)
    assert shop.post(CHEAP).status_code == 429
    shop.clock.sleep(2 * 3600 / 1800)
    assert rates(shop)["MUTATION_COUNT", "ONE_HOUR"] == (1800, 1798, 2)
    assert shop.set_stock({"TEE-S": 1})["userErrors"] == []


def test_complexity_is_limited_too(shop: Shop) -> None:
    dear = "{ warehouses(limit: 200) { stock(limit: 200) { physicalQuantity } } }"
    assert [shop.post(dear).status_code for _ in range(2)] == [200, 429]
    assert shop.state.usage()["violated"] == {"QUERY_COMPLEXITY/TEN_SECONDS": 1}


def test_what_is_refused_spends_nothing(shop: Shop) -> None:
    shop.state.spend(mutations=20)
    assert shop.post(SET, input=None).status_code == 429
    assert rates(shop)["REQUEST_COUNT", "TEN_SECONDS"] == (60, 1, 59)


def test_others_share_the_limits(shop: Shop) -> None:
    shop.state.spend(requests=58)
    assert [shop.post(CHEAP).status_code for _ in range(3)] == [200, 200, 429]


def test_bad_documents_cost_a_request(shop: Shop) -> None:
    assert [shop.post(bad).status_code for bad in ("{ nope }", "{") * 30] == [400] * 60
    assert shop.post("{").status_code == 429


@pytest.mark.parametrize("form", ["delta", "epoch", "http_date", "missing"])
def test_retry_after_in_each_form_names_a_moment_from_which_it_is_granted(shop: Shop, form: str) -> None:
    shop.state.modes(retry_after=form)
    shop.state.spend(mutations=20)
    refused = shop.post(SET, input=None)
    header = refused.headers.get("Retry-After")
    if form == "missing":
        assert (refused.status_code, header) == (429, None)
        return
    now = shop.clock.now()
    until = parsedate_to_datetime(header).timestamp() if form == "http_date" else int(header) + (now if form == "delta" else 0)
    assert now < until <= now + 2
    shop.clock.move_to(until)
    assert shop.set_stock({"TEE-S": 2})["userErrors"] == []


def test_calling_before_the_moment_named_is_refused_again_in_that_mode(shop: Shop) -> None:
    shop.state.spend(mutations=20)
    assert shop.post(SET, input=None).status_code == 429
    assert shop.post(CHEAP).status_code == 200
    shop.state.modes(early_retry="refused")
    assert shop.post(CHEAP).status_code == 429
    assert shop.state.usage()["violated"] == {"MUTATION_COUNT/TEN_SECONDS": 1, "EARLY_RETRY": 1}
    shop.clock.sleep(0.5)
    assert shop.post(CHEAP).status_code == 200


def test_a_storm_is_answered_in_the_same_form(shop: Shop) -> None:
    shop.state.modes(retry_after="delta")
    shop.state.fault(kind="throttle", times=None, until=shop.clock.now() + 5, retry_after=7.0)
    assert [(r.status_code, r.headers["Retry-After"]) for r in (shop.post(CHEAP), shop.post(CHEAP))] == [(429, "7")] * 2
    assert shop.state.usage()["violations"] == 0
    assert shop.state.calls() == {"throttled": 2}


def test_limits_can_be_switched_off_and_unknown_plans_are_refused(shop: Shop) -> None:
    shop.state.throttle(plan=None)
    assert {shop.post(CHEAP).status_code for _ in range(100)} == {200}
    with pytest.raises(Refusal, match="No plan basic"):
        shop.state.throttle(plan="basic")


@given(
    plan=st.sampled_from(sorted(PLANS)),
    steps=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 40), st.integers(0, 30)), max_size=60),
)
def test_no_span_of_time_is_granted_more_than_a_full_bucket_and_its_refill(plan: str, steps: list[tuple[float, int, int]]) -> None:
    limits = Limits()
    limits.start(START, plan, enforced=True)
    now, granted = START, [(START, 0, 0)]
    for wait, requests, mutations in steps:
        now += wait
        until = limits.take(now, requests=requests, mutations=mutations, complexity=0)
        if until is None:
            granted.append((now, requests, mutations))
        else:
            assert until > now
    for kind, column in (("REQUEST_COUNT", 1), ("MUTATION_COUNT", 2)):
        for quota, window in zip(PLANS[plan][kind], INTERVALS.values(), strict=True):
            for first in range(len(granted)):
                spent = sum(entry[column] for entry in granted[first:])
                assert spent <= quota + (granted[-1][0] - granted[first][0]) * quota / window + 1e-6
    assert all(0 <= bucket["peak"] <= bucket["quota"] for bucket in limits.usage()["buckets"].values())
