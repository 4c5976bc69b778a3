"""What Centra's mutations of the events system do."""

from __future__ import annotations

from sandbox.centra.mutation_inputs import Input, Payload, Resolver, payload, said
from sandbox.centra.state import CentraState


@payload("eventListeners")
def set_event_listeners(state: CentraState, input: list[Input]) -> Payload:
    for row in input:
        state.events.listen(row["objectType"], row.get("changeTypes"))
    return {"eventListeners": list(state.events.listeners.values())}


@payload("eventListeners")
def unset_event_listeners(state: CentraState, input: list[Input]) -> Payload:
    for row in input:
        state.events.ignore(row["objectType"], row.get("changeTypes"))
    return {"eventListeners": list(state.events.listeners.values())}


@payload("events")
def confirm_events(state: CentraState, input: Input) -> Payload:
    confirmed, unknown = state.events.confirm(input.get("eventsIds") or ())
    return {"events": confirmed, "userWarnings": said([f"Event {i} does not wait for confirmation." for i in unknown])}


RESOLVERS: dict[str, Resolver] = {
    "setEventListeners": set_event_listeners,
    "unsetEventListeners": unset_event_listeners,
    "confirmEvents": confirm_events,
}
