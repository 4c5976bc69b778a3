"""Queues, dead-letter queues and what consumes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from bench.returns import WINDOWS
from connector.runtime.queues import Work
from sandbox.rehearsal import AT_ONCE, MOST_AT_ONCE

if TYPE_CHECKING:
    from tests.template.conftest import Template

DAY = 86_400


def logical_id(work: Work) -> str:
    return "".join(part.title() for part in work.value.split("_"))


@pytest.mark.parametrize("work", list(Work))
def test_each_kind_of_work_has_a_queue_that_redrives_to_its_own_dead_letter_queue(template: Template, work: Work) -> None:
    queue = template.queues[f"{logical_id(work)}Queue"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": f"{logical_id(work)}Dlq.Arn"}
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    assert f"{logical_id(work)}Dlq" in template.queues


def test_there_are_no_queues_but_those_of_work_and_of_schedules(template: Template) -> None:
    expected = {f"{logical_id(work)}{suffix}" for work in Work for suffix in ("Queue", "Dlq")}
    assert set(template.queues) == expected | {"ScheduleDlq"}


def test_a_message_stays_hidden_for_six_timeouts_of_its_consumer(template: Template) -> None:
    sources = template.queue_sources()
    longest = max(template.functions[function]["Timeout"] for function, _, _ in sources)
    consumers = {queue: template.functions[function]["Timeout"] for function, queue, _ in sources}
    for name, queue in template.work_queues.items():
        assert queue["VisibilityTimeout"] >= 6 * consumers.get(name, longest), name


def test_dead_letters_are_kept_14_days_and_longer_than_in_the_consumed_queue_they_come_from(template: Template) -> None:
    for name, queue in template.queues.items():
        if name.endswith("Dlq"):
            assert queue["MessageRetentionPeriod"] == 14 * DAY, name
    consumed = {queue for _, queue, _ in template.queue_sources()}
    for name in consumed:
        assert template.queues[name]["MessageRetentionPeriod"] <= 4 * DAY, name


def test_what_nothing_consumes_yet_is_kept_as_long_as_possible(template: Template) -> None:
    """The events that arrive before their consumer is delivered are work for it, and unknown ones wait for a person."""
    waiting = set(template.work_queues) - {queue for _, queue, _ in template.queue_sources()}
    assert "UnknownQueue" in waiting
    assert {name: template.queues[name]["MessageRetentionPeriod"] for name in waiting} == dict.fromkeys(waiting, 14 * DAY)


def test_every_queue_is_encrypted_and_standard(template: Template) -> None:
    for name, queue in template.queues.items():
        assert queue["SqsManagedSseEnabled"] is True, name
        assert "FifoQueue" not in queue, name


def test_consumers_report_partial_failures_and_bound_concurrency_at_the_queue(template: Template) -> None:
    sources = template.queue_sources()
    assert ("SyncStoreStock", "StoreStockQueue") in {(function, queue) for function, queue, _ in sources}
    for function, queue, source in sources:
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"], queue
        assert source["ScalingConfig"]["MaximumConcurrency"] >= 2, queue
        assert "ReservedConcurrentExecutions" not in template.functions[function], function


def test_rehearsals_and_measurements_run_functions_as_the_template_says(template: Template) -> None:
    sources = {queue: source for _, queue, source in template.queue_sources()}
    for work in (Work.STORE_STOCK, Work.ORDERS, Work.FULFILMENTS, Work.RETURNS):
        source = sources[f"{logical_id(work)}Queue"]
        assert source["ScalingConfig"] == {"MaximumConcurrency": AT_ONCE.get(work, MOST_AT_ONCE)}
        assert source["MaximumBatchingWindowInSeconds"] == math.floor(WINDOWS[work])


def test_the_drain_is_nudged_without_waiting_for_a_batch(template: Template) -> None:
    source = next(source for _, queue, source in template.queue_sources() if queue == "StoreStockQueue")
    assert source["BatchSize"] == 10
    assert source["MaximumBatchingWindowInSeconds"] == 0
    assert source["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_up_to_ten_orders_wait_a_second_for_each_other_and_share_a_read(template: Template) -> None:
    source = next(source for _, queue, source in template.queue_sources() if queue == "OrdersQueue")
    assert (source["BatchSize"], source["MaximumBatchingWindowInSeconds"]) == (10, 1)


def test_the_work_on_orders_and_returns_is_consumed(template: Template) -> None:
    consumers = {queue: function for function, queue, _ in template.queue_sources()}
    assert [consumers[f"{name}Queue"] for name in ("Orders", "Fulfilments", "Returns")] == ["SyncOrder", "SyncFulfilment", "SyncReturn"]
