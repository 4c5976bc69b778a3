"""Leases in table Cursors.

Item: pk `lease#{key}`, sk `-`; `fence` (N, never lowered, stays when released), `owner` (S, absent when released), `expires_at` (N), `watchdog` (S),
`wanted` (BOOL, absent when clear).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from connector.store.dynamo.actions import check, update
from connector.store.dynamo.attributes import Row, real, text, whole
from connector.store.dynamo.connection import MAX_ACTIONS, Connection, Key, Refused, StoreBusy, chunks
from connector.store.leases import Lease, LeaseLost

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_TAKE = "SET #owner = :owner, #fence = if_not_exists(#fence, :zero) + :one, #expires_at = :expires_at, #watchdog = :watchdog REMOVE #wanted"
_FREE = "attribute_not_exists(#owner) OR #expires_at <= :now"
_OWN = "#owner = :owner AND #fence = :fence"
_RELEASE = "REMOVE #owner, #wanted"


class DynamoLeases:
    """`table`: the name of table Cursors."""

    def __init__(self, connection: Connection, table: str) -> None:
        self._db, self._table = connection, table

    def acquire(self, key: str, owner: str, now: float, ttl_s: float, watchdog: str = "") -> Lease | None:
        answer = self._db.update(self._take(key, owner, now, ttl_s, watchdog), returns="ALL_NEW")
        return _held(key, owner, answer.row, now) if isinstance(answer, Refused) else _lease(key, answer)

    def acquire_many(self, keys: Sequence[str], owner: str, now: float, ttl_s: float) -> dict[str, Lease]:
        obtained: dict[str, Lease] = {}
        for chunk in chunks(dict.fromkeys(keys), MAX_ACTIONS):
            obtained |= self._take_together(chunk, owner, now, ttl_s)
        return obtained

    def renew(self, leases: Sequence[Lease], now: float, ttl_s: float) -> list[Lease]:
        for chunk in chunks(leases, MAX_ACTIONS):
            values = {"expires_at": now + ttl_s}
            actions = [update(self._table, _key(one.key), "SET #expires_at = :expires_at", {**values, **_fence(one)}, _OWN) for one in chunk]
            refusals = self._db.write(actions)
            if refusals is not None:
                raise LeaseLost(", ".join(one.key for one, refused in zip(chunk, refusals, strict=True) if refused))
        return [replace(lease, expires_at=now + ttl_s) for lease in leases]

    def release(self, leases: Sequence[Lease]) -> None:
        for chunk in chunks(leases, MAX_ACTIONS):
            left = chunk
            while left:
                refusals = self._db.write([update(self._table, _key(one.key), _RELEASE, _fence(one), _OWN) for one in left])
                left = [one for one, refused in zip(left, refusals, strict=True) if refused is None] if refusals is not None else []

    def release_unless_wanted(self, lease: Lease) -> bool:
        condition = f"{_OWN} AND attribute_not_exists(#wanted)"
        answer = self._db.update(update(self._table, _key(lease.key), _RELEASE, _fence(lease), condition))
        if not isinstance(answer, Refused):
            return True
        stored = answer.row
        if stored is not None and whole(stored, "fence") == lease.fence:
            if stored.get("owner") is None:
                return True
            if stored["owner"] == lease.owner:
                return False
        raise LeaseLost(lease.key)

    def want(self, key: str, now: float) -> bool:
        condition = "attribute_exists(#owner) AND #expires_at > :now"
        action = update(self._table, _key(key), "SET #wanted = :wanted", {"wanted": True, "now": now}, condition)
        return not isinstance(self._db.update(action), Refused)

    def clear_wanted(self, lease: Lease) -> bool:
        answer = self._db.update(update(self._table, _key(lease.key), "REMOVE #wanted", _fence(lease), _OWN), returns="UPDATED_OLD")
        if isinstance(answer, Refused):
            raise LeaseLost(lease.key)
        return answer.get("wanted") is True

    def peek(self, key: str) -> Lease | None:
        stored = self._db.get(self._table, _key(key))
        return None if stored is None or stored.get("owner") is None else _lease(key, stored)

    def is_wanted(self, key: str) -> bool:
        stored = self._db.get(self._table, _key(key))
        return stored is not None and stored.get("wanted") is True

    def _take(self, key: str, owner: str, now: float, ttl_s: float, watchdog: str) -> TransactWriteItemTypeDef:
        values: Row = {"owner": owner, "zero": 0, "one": 1, "expires_at": now + ttl_s, "watchdog": watchdog, "now": now}
        return update(self._table, _key(key), _TAKE, values, _FREE)

    def _take_together(self, keys: Sequence[str], owner: str, now: float, ttl_s: float) -> dict[str, Lease]:
        """All that are free in one transaction; each refusal says who is in the way, so that the next attempt leaves that key out."""
        left, obtained = list(keys), dict[str, Lease]()
        while left:
            try:
                refusals = self._db.write([self._take(key, owner, now, ttl_s, "") for key in left])
            except StoreBusy:
                return obtained
            if refusals is None:
                stored = self._db.get_many(self._table, [_key(key) for key in left])
                held = {key: _held(key, owner, stored.get(_key(key)), now) for key in left}
                return obtained | {key: lease for key, lease in held.items() if lease is not None}
            for key, refused in zip(left, refusals, strict=True):
                own = None if refused is None else _held(key, owner, refused.row, now)
                if own is not None:
                    obtained[key] = own
            left = [key for key, refused in zip(left, refusals, strict=True) if refused is None]
        return obtained


def fenced(table: str, lease: Lease) -> TransactWriteItemTypeDef:
    """The condition, as the first action of a transaction, that `lease` is still its holder's."""
    return check(table, _key(lease.key), _OWN, _fence(lease))


def _key(key: str) -> Key:
    return f"lease#{key}", "-"


def _fence(lease: Lease) -> Row:
    return {"owner": lease.owner, "fence": lease.fence}


def _lease(key: str, stored: Row) -> Lease:
    return Lease(key, text(stored, "owner"), whole(stored, "fence"), real(stored, "expires_at"), text(stored, "watchdog"))


def _held(key: str, owner: str, stored: Row | None, now: float) -> Lease | None:
    """The lease if `owner` holds it already (a call whose answer was lost, and that was repeated)."""
    return _lease(key, stored) if stored is not None and stored.get("owner") == owner and real(stored, "expires_at") > now else None
