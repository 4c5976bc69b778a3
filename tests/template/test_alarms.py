"""What a person is told of: parked work, events nobody understands, a drain that fails, ticks that did not happen."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.logging import Logger

from connector.flows.drain_store_stock import Drained, Ended
from connector.flows.take_stock_messages import Taken
from tests.flows.function_modules import load_function

if TYPE_CHECKING:
    from tests.template.conftest import Template

DAY = 86_400
TERM = re.compile(r'\$\.(\w+) = "([^"]*)"')


def alarms_on(template: Template, queue: str) -> dict[str, dict[str, Any]]:
    """Metric → the alarm on it, for one queue."""
    found = {}
    for alarm in template.of_type("AWS::CloudWatch::Alarm").values():
        if alarm.get("Dimensions") == [{"Name": "QueueName", "Value": {"Fn::GetAtt": f"{queue}.QueueName"}}]:
            found[alarm["MetricName"]] = alarm
    return found


def test_every_alarm_reaches_people_and_says_what_to_do(template: Template) -> None:
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert re.search(r"ops \w+|[Ss]ee |[Rr]edrive|purge|late", alarm["AlarmDescription"]), name


def test_every_dead_letter_queue_raises_an_alarm_on_depth_and_on_age(template: Template) -> None:
    for name in template.queues:
        if name.endswith("Dlq"):
            alarms = alarms_on(template, name)
            for metric, threshold in (("ApproximateNumberOfMessagesVisible", 1), ("ApproximateAgeOfOldestMessage", 10 * DAY)):
                alarm = alarms[metric]
                assert (alarm["Threshold"], alarm["Statistic"]) == (threshold, "Maximum"), name
                assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold", name


def test_events_that_nobody_understands_raise_an_alarm_at_the_first(template: Template) -> None:
    alarm = alarms_on(template, "UnknownQueue")["ApproximateNumberOfMessagesVisible"]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)
    assert "ops exceptions list" in alarm["AlarmDescription"]


def test_parked_work_is_looked_at_with_ops_and_failed_ticks_are_not(template: Template) -> None:
    """`ops exceptions` reads the queues of work; nothing in it reads ScheduleDlq."""
    for name in template.queues:
        if name.endswith("Dlq"):
            told = alarms_on(template, name)["ApproximateNumberOfMessagesVisible"]["AlarmDescription"]
            assert ("ops exceptions list" in told) == (name != "ScheduleDlq"), name


def logged(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The line that the function writes about one drain."""
    app, written = load_function("sync_store_stock"), io.StringIO()
    monkeypatch.setattr(app, "logger", lambda: Logger(service=f"ended {ended}", stream=written))
    app._report(Taken(drained=[Drained(ended)]))
    line: dict[str, Any] = json.loads(written.getvalue())
    return line


@pytest.mark.parametrize("ended", list(Ended))
def test_the_filter_counts_failed_drains_as_the_function_logs_them(template: Template, ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = template.of_type("AWS::Logs::MetricFilter").values()
    assert found["LogGroupName"] == {"Ref": "SyncStoreStockLogs"}
    terms = TERM.findall(found["FilterPattern"])
    assert "{ " + " && ".join(f'$.{name} = "{value}"' for name, value in terms) + " }" == found["FilterPattern"]
    line = logged(ended, monkeypatch)
    assert all(line.get(name) == value for name, value in terms) == (ended is Ended.FAILED)


def test_a_drain_that_fails_for_five_minutes_raises_an_alarm(template: Template) -> None:
    (found,) = template.of_type("AWS::Logs::MetricFilter").values()
    (counted,) = found["MetricTransformations"]
    assert (counted["MetricValue"], counted["DefaultValue"]) == ("1", 0)
    (alarm,) = (a for a in template.of_type("AWS::CloudWatch::Alarm").values() if a["MetricName"] == counted["MetricName"])
    assert alarm["Namespace"] == counted["MetricNamespace"]
    assert "Dimensions" not in alarm
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Statistic"], alarm["Threshold"]) == (60, 5, "Sum", 1)
    assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]


@pytest.mark.parametrize("queue", ["StoreStockQueue", "OrdersQueue", "FulfilmentsQueue", "ReturnsQueue"])
def test_work_that_waits_for_ten_minutes_raises_an_alarm(template: Template, queue: str) -> None:
    alarm = alarms_on(template, queue)["ApproximateAgeOfOldestMessage"]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["Statistic"]) == (600, 5, "Maximum")
