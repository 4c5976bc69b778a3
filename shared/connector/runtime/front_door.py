"""What every receiver needs, put together from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.runtime.aws_clients import secrets_client, sqs_client
from connector.runtime.clock import Clock, SystemClock
from connector.runtime.queues import Queues, Work
from connector.runtime.sqs_queues import SqsQueues, queue_urls
from connector.runtime.webhook_secret import WebhookSecret, secret_reader


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """`sites`: the Sitoo sites this connector serves."""

    secret: WebhookSecret
    queues: Queues
    sites: tuple[int, ...]
    clock: Clock


def open_front_door(environment: Mapping[str, str], *, credentials: str, works: tuple[Work, ...]) -> FrontDoor:
    """Connect; raises when a variable, a queue or the secret is missing, so that the caller answers 503 and tries again.

    The secret (its name is in the variable `credentials`) is read here: at start-up a function has a whole processor, later only its share.
    """
    urls = queue_urls(environment)
    absent = [work.name for work in works if work not in urls]
    if absent:
        raise KeyError(f"no queue is configured for {', '.join(absent)}")
    clock = SystemClock()
    webhook_secret = WebhookSecret(secret_reader(secrets_client(), environment[credentials]), clock)
    webhook_secret.current()
    return FrontDoor(webhook_secret, SqsQueues(sqs_client(), urls, {}), site_ids(environment), clock)


def site_ids(environment: Mapping[str, str]) -> tuple[int, ...]:
    """SITOO_SITE_IDS, a comma list. Raises KeyError or ValueError when absent, empty or no numbers."""
    sites = tuple(sorted({int(part) for part in environment["SITOO_SITE_IDS"].split(",") if part.strip()}))
    if not sites:
        raise ValueError("SITOO_SITE_IDS is empty")
    return sites
