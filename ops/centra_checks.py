"""Centra as it is: schema, version, permissions, token, limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connector.centra import documents, names
from connector.centra.errors import Refused
from connector.centra.models import RateLimitRow
from connector.domain import quota
from connector.domain.configuration import CentraSettings, Lane, Plan
from ops.centra_http import messages
from ops.checks import Check, Health
from ops.connection import Connection
from ops.schema import differences, every_document, read_schema

FIXED_SET_STOCK = (1, 59, 10)
"""The first version whose `setStock` writes several sizes correctly, as its changelog says."""
DAY_S = 86_400.0
TOKEN_WARNING_DAYS = 10


def centra_checks(conn: Connection) -> Iterator[Check]:
    yield from _schema(conn)
    yield from _probe(conn)
    yield from _token(conn)
    yield from _limits(conn)


def _schema(conn: Connection) -> Iterator[Check]:
    try:
        schema = read_schema(conn.graphql)
    except Refused as refused:
        yield Check(
            Health.WARNING,
            "Centra schema",
            f"Centra does not show its schema ({refused}); the documents cannot be compared. Allow introspection for the token.",
        )
        return
    found = differences(schema)
    for name, text in found:
        yield Check(
            Health.ERROR,
            f"Centra schema: {name}",
            f"{text}. Correct the name in connector/centra/names.py, or the document in connector/centra/documents.py or order_documents.py.",
        )
    if not found:
        yield Check(Health.OK, "Centra schema", f"all {len(every_document())} documents and the enum values fit")


def _probe(conn: Connection) -> Iterator[Check]:
    """One harmless reading of everything the drain reads: it shows missing permissions, the version and what Centra will remove."""
    variables: dict[str, Any] = {"w0": [0], "s0": [0], "n0": 1}
    for part in documents.CHANGE_PARTS:
        variables |= {f"{part}From": "2100-01-01T00:00:00+00:00", f"{part}Page": 1}
    try:
        answer = conn.graphql.execute(documents.read_stores(1, documents.CHANGE_PARTS, 0, True), variables, lane=Lane.RECONCILE)
    except Refused as refused:
        yield Check(Health.ERROR, "Centra permissions", f"reading stock and changes is refused: {refused}. Make a token with these permissions.")
        return
    refusals = messages(answer)
    for text in refusals:
        yield Check(Health.ERROR, "Centra permissions", f"{text} Make a token with this permission.")
    extensions = answer.get("extensions") or {}
    used = extensions.get("permissionsUsed")
    if used and not refusals:
        yield Check(
            Health.OK, "Centra permissions", f"reading works with {', '.join(sorted(used))}; whether writing is allowed shows at the first write"
        )
    for text in extensions.get("deprecatedFieldsUsed") or ():
        yield Check(Health.WARNING, "Centra deprecation", f"{text}")
    yield _version(str(extensions.get("appVersion") or ""))


def _version(text: str) -> Check:
    numbers = tuple(int(n) for n in re.findall(r"\d+", text)[:3])
    wanted = ".".join(map(str, FIXED_SET_STOCK))
    if not numbers:
        return Check(
            Health.WARNING, "Centra version", f"Centra does not tell its version; before {wanted} setStock wrote several sizes wrongly: ask Centra"
        )
    if numbers < FIXED_SET_STOCK:
        advice = "set stock.max_sizes_per_set_stock to 1 in the mapping until Centra is updated"
        return Check(Health.WARNING, "Centra version", f"{text} writes several sizes of one setStock wrongly (fixed in {wanted}): {advice}")
    return Check(Health.OK, "Centra version", text)


def _token(conn: Connection) -> Iterator[Check]:
    expires = conn.token_expires
    if expires is None:
        yield Check(Health.OK, "Centra token", "is accepted; it does not tell when it expires (System > API Tokens does)")
        return
    days = (expires - conn.clock.now()) / DAY_S
    health = Health.OK if days > TOKEN_WARNING_DAYS else Health.WARNING
    advice = "" if health is Health.OK else ": make a new one and put it into the secret"
    yield Check(health, "Centra token", f"expires in {days:.0f} days{advice}")


def _limits(conn: Connection) -> Iterator[Check]:
    current = conn.mappings.current()
    settings = current.mapping.centra if current else CentraSettings()
    rows = {key: row for row in conn.centra.rate_limits() if (key := _key(row)) is not None}
    expected = quota.QUOTAS[settings.plan]
    lower = [
        f"{row.quota} {kind} in {window} s instead of {expected[kind, window]}"
        for (kind, window), row in rows.items()
        if row.quota < expected[kind, window]
    ]
    higher = [1 for key, row in rows.items() if row.quota > expected[key]]
    if not rows:
        yield Check(Health.WARNING, "Centra limits", "Centra lists no limits; those of the plan in the mapping are used")
    elif lower:
        advice = f"set centra.plan to {plan.value}" if (plan := _plan_of(rows)) else "choose a smaller centra.plan or quota_share"
        yield Check(Health.ERROR, "Centra limits", f"Centra allows {', '.join(lower)} of plan {settings.plan.value}: {advice} in the mapping")
    elif higher:
        advice = f"it looks like plan {plan.value}: set centra.plan" if (plan := _plan_of(rows)) else "ask Centra for the plan"
        yield Check(Health.WARNING, "Centra limits", f"Centra allows more than plan {settings.plan.value}; {advice} to use it")
    else:
        left = min(row.remaining / row.quota for row in rows.values() if row.quota)
        yield Check(Health.OK, "Centra limits", f"as plan {settings.plan.value} says; {left:.0%} of the scarcest is left now")


def _key(row: RateLimitRow) -> tuple[str, int] | None:
    known = row.kind in names.RATE_KINDS and row.interval in names.RATE_WINDOWS
    return (names.RATE_KINDS[row.kind], names.RATE_WINDOWS[row.interval]) if known else None


def _plan_of(rows: dict[tuple[str, int], RateLimitRow]) -> Plan | None:
    return next((plan for plan, limits in quota.QUOTAS.items() if all(limits[key] == row.quota for key, row in rows.items())), None)
