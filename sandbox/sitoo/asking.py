"""Reading a request the way Sitoo does: lenient with names, strict with values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from sandbox.sitoo.records import Refusal
from sandbox.sitoo.state import SitooState

_MONEY = re.compile(r"[-+]?[0-9]+\.[0-9]{2}")
_DECIMAL = re.compile(r"[-+]?[0-9]+\.[0-9]{3}")
Row = dict[str, Any]
Found = TypeVar("Found")


@dataclass(slots=True)
class Call:
    """One request: the numbers in its path after the site, its query (of a repeated key the last value), its JSON body."""

    state: SitooState
    numbers: Sequence[int]
    query: Mapping[str, str]
    body: Any
    known_site: bool = True

    def integer(self, name: str) -> int | None:
        text = self.query.get(name, "")
        if text == "":
            return None
        try:
            return int(text)
        except ValueError:
            raise Refusal(400, f"Invalid value in {name} (Not integer)") from None

    def integers(self, name: str) -> list[int] | None:
        texts = self.words(name)
        if texts is None:
            return None
        try:
            return [int(text) for text in texts]
        except ValueError:
            raise Refusal(400, f"Invalid value in {name} (Not integer)") from None

    def words(self, name: str) -> list[str] | None:
        """A comma-separated filter; None when it was not sent."""
        text = self.query.get(name, "")
        return [word.strip() for word in text.split(",") if word.strip()] if text else None

    def skus(self, among: Mapping[str, Found]) -> list[Found]:
        """What the `sku` filter finds; everything when it was not sent."""
        asked = self.words("sku")
        if asked is None:
            return list(among.values())
        if self.state.mode.sku_filter_ignores_case:
            alike = {sku.casefold() for sku in asked}
            return [found for sku, found in among.items() if sku.casefold() in alike]
        return [among[sku] for sku in dict.fromkeys(asked) if sku in among]

    def yes(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("true", "1")

    def page(self) -> tuple[int, int]:
        """(start, num); num defaults to 10 and is cut to the account's largest page."""
        start, num = self.integer("start"), self.integer("num")
        if (start or 0) < 0 or (num is not None and num < 1):
            raise Refusal(400, "Invalid value in num or start")
        return start or 0, min(10 if num is None else num, self.state.mode.max_num)


def listing(call: Call, found: Sequence[Any], show: Callable[[Any], Row], default: Sequence[str] | None = None) -> Row:
    """The envelope with one page of `found`, each row limited to `fields` (or to the `default` fields).

    A site named by its old guid has nothing to list.
    """
    start, num = call.page()
    wanted = call.words("fields") or default
    if not call.known_site:
        found = ()
    return {"totalcount": len(found), "items": [limited(show(row), wanted) for row in found[start : start + num]]}


def limited(row: Row, wanted: Sequence[str] | None) -> Row:
    return row if wanted is None else {name: row[name] for name in wanted if name in row}


def rows_of(body: Any) -> list[Row]:
    """A JSON array of objects."""
    if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
        raise Refusal(400, "Invalid syntax: an array of objects is expected")
    return body


def object_of(body: Any) -> Row:
    if not isinstance(body, dict):
        raise Refusal(400, "Invalid syntax: an object is expected")
    return body


def batch(call: Call, rows: Iterable[Row], act: Callable[[Row], Any]) -> Any:
    """Each row on its own: HTTP 200 with one entry per row in order. By mode a single row answers (or fails) bare."""
    listed = list(rows)
    if len(listed) == 1 and call.state.mode.batch_of_one_bare:
        return act(listed[0])
    answer: list[Row] = []
    for row in listed:
        try:
            answer.append({"statuscode": 200, "return": act(row)})
        except Refusal as refused:
            answer.append({"statuscode": refused.status, "errortext": refused.text})
    return answer


def required(row: Row, *names: str) -> None:
    for name in names:
        if row.get(name) is None:
            raise Refusal(400, f"Missing required field '{name}'.")


def money_of(row: Row, name: str, default: Decimal | None = None) -> Decimal:
    return _number(row, name, default, _MONEY, "money")


def decimal_of(row: Row, name: str, default: Decimal | None = None) -> Decimal:
    return _number(row, name, default, _DECIMAL, "decimal")


def integer_of(row: Row, name: str, default: int | None = None) -> int:
    value = row.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refusal(400, f"Invalid value in {name} (Not integer)")
    return value


def text_of(row: Row, name: str) -> str | None:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise Refusal(400, f"Invalid value in {name} (Not string)")
    return value


def strings_of(row: Row, name: str) -> dict[str, str]:
    """An object whose values are all strings (additionaldata)."""
    value = row.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(entry, str) for entry in value.values()):
        raise Refusal(400, f"Invalid value in {name} (Not string)")
    return dict(value)


def _number(row: Row, name: str, default: Decimal | None, form: re.Pattern[str], kind: str) -> Decimal:
    value = row.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Refusal(400, f"Invalid value in {name} (Not {kind})")
    return Decimal(value)
