"""Domain events on an EventBridge bus."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from connector.runtime.announcements import SOURCE, AnnouncementFailed

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class EventBus:
    """Implements `Announcer`. An event's detail-type is what happened; its detail holds `key` beside the facts.

    `client` gives the AWS client: few invocations announce anything, the others do not wait for it to be made.
    """

    def __init__(self, client: Callable[[], EventBridgeClient], bus: str) -> None:
        self._client, self._bus = client, bus

    def announce(self, what: str, detail: Mapping[str, str | int], *, key: str) -> None:
        """EventBridge answers 200 even when it did not take the event: then FailedEntryCount says so."""
        text = json.dumps({**detail, "key": key}, ensure_ascii=False)
        try:
            answer = self._client().put_events(Entries=[{"EventBusName": self._bus, "Source": SOURCE, "DetailType": what, "Detail": text}])
        except (BotoCoreError, ClientError) as error:
            raise AnnouncementFailed(f"{what}: {type(error).__name__}") from error
        if answer["FailedEntryCount"]:
            codes = sorted({entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry})
            raise AnnouncementFailed(f"{what}: {', '.join(codes) or 'not taken'}")
