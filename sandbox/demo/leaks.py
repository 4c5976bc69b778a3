"""Looks for what must not be there: names, addresses, mails, phones and messages of shoppers, wherever the connector keeps or says something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

Texts = Iterable[tuple[str, str]]


def found_in(texts: Texts, secrets: Iterable[str]) -> list[str]:
    """Where (never what) something personal was found: the names of the texts."""
    wanted = [secret for secret in secrets if secret]
    return [name for name, text in texts if any(secret in text for secret in wanted)]


def tables(dynamodb: Any, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Everything in the tables {logical id: name}, as text."""
    for logical, name in names.items():
        for page in dynamodb.get_paginator("scan").paginate(TableName=name):
            yield f"table {logical}", repr(page["Items"])


def queues(sqs: Any, urls: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What waits in the queues {name: URL} just now, left where it is."""
    for name, url in urls.items():
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0)
        yield f"queue {name}", repr(answer.get("Messages", []))


def files(*folders: Path) -> Iterator[tuple[str, str]]:
    """Every text file directly in the folders."""
    for folder in folders:
        for path in sorted(folder.iterdir()):
            if path.is_file():
                yield f"file {path.name}", path.read_text(encoding="utf-8", errors="replace")


def everywhere(description: Mapping[str, Any], dynamodb: Any, sqs: Any, *folders: Path) -> Iterator[tuple[str, str]]:
    """Tables, queues, dead-letter queues of a stack (its stack.json) and files."""
    yield from tables(dynamodb, description["tables"])
    yield from queues(sqs, description["queues"])
    yield from queues(sqs, {f"{work} (dead letters)": url for work, url in description["dlqs"].items()})
    yield from files(*folders)
