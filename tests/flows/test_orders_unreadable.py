"""A stored file that this version cannot read holds up its own order only, and engineers hear of it."""

from __future__ import annotations

from connector.domain.exceptions import Kind, Owner, State
from tests.flows.order_steps import case_of, file_of, in_step, redrive, story, with_settings


def test_the_sweep_goes_on_with_the_other_orders_and_tells_of_the_one() -> None:
    with story(settings=with_settings(reserve_days=2)) as told:
        spoilt, other = told.order([("TEE-S", 1)], [11]), told.order([("CAP", 1)], [12])
        told.run(5.0)
        first, second = told.copy(spoilt), told.copy(other)
        told.world.files.spoilt[spoilt] = f"file of order {spoilt}: unknown colour"
        told.world.sitoo.lose_events(20)
        told.hand_out(spoilt)
        told.hand_out(other)
        told.run(130.0)
        # Nobody told of what the stores did: the sweep found it.
        assert (told.shipped_from(spoilt, 11), told.shipped_from(other, 12)) == ({}, {"CAP": 1})
        assert file_of(told, other).live_copies() == ()
        assert told.problems() == {Kind.TECHNICAL.value: [f"order/{spoilt}/file"]}
        case = case_of(told, Kind.TECHNICAL, spoilt)
        assert case.problem.owner is Owner.ENGINEERING
        assert "unknown colour" in case.problem.happened
        assert len(told.copies(spoilt)) == len(told.copies(other)) == 1

        del told.world.files.spoilt[spoilt]
        redrive(told, Kind.TECHNICAL, spoilt, run=190.0)
        assert told.shipped_from(spoilt, 11) == {"TEE-S": 1}
        assert case_of(told, Kind.TECHNICAL, spoilt).state is State.REDRIVEN
        assert (first.delivered(), second.delivered()) == (True, True)
        assert told.problems() == {}
        in_step(told)


def test_what_is_read_in_one_batch_with_it_goes_on() -> None:
    with story() as told:
        spoilt = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.files.spoilt[spoilt] = f"file of order {spoilt}: unknown colour"
        told.world.schedules = False
        told.world.centra.webhook_faults(lose=2)
        told.world.centra.comment(spoilt, internal_comment="call back")
        other = told.order([("CAP", 1)], [12])
        told.world.schedules = True
        told.run(130.0)
        assert told.held(other, 12) == {"CAP": 1}
        assert told.held(spoilt, 11) == {"TEE-S": 1}
        assert list(told.problems()) == [Kind.TECHNICAL.value]
        in_step(told)
