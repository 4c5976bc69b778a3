"""Read the mapping file: YAML into the classes of connector.domain.configuration, every mistake told at once with its path and line."""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from connector.domain.configuration import Mapping

Loc = tuple[str | int, ...]

_WORDS = {
    "missing": "is missing",
    "int_type": "must be a whole number, without quotes",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number, without quotes",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a set of `key: value` lines",
    "dataclass_type": "must be a set of `key: value` lines",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with the file: where (`sites[0].stores[2].name`), on which line (1 = first, 0 = unknown), and what."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.path} {self.text}" if self.path else f"{where}{self.text}"


class BadMappingFile(Exception):
    """The file cannot be used; `mistakes` are in the order of the file."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(str(m) for m in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A readable mapping file: the mapping and the line of each path, for checks that come later."""

    mapping: Mapping
    lines: dict[Loc, int]

    def mistake(self, loc: Loc, text: str) -> Mistake:
        return Mistake(path_of(loc), line_of(self.lines, loc), text)


def load(path: Path) -> MappingFile:
    """Raises BadMappingFile with everything that is wrong with the shape of the file."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise BadMappingFile([Mistake("", 0, f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise BadMappingFile([Mistake("", 0, "is not a text file in UTF-8")]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadMappingFile([Mistake("", line, f"this is not YAML: {error.problem}")]) from error
    if not isinstance(root, yaml.MappingNode):
        raise BadMappingFile([Mistake("", 1, "the file must be a set of `key: value` lines, starting with `version: 1`")])
    lines: dict[Loc, int] = {}
    mistakes = list(_index(root, (), lines))
    content = yaml.SafeLoader("").construct_document(root)
    mistakes += [Mistake(path_of(loc), line_of(lines, loc), _unknown(keys)) for loc, keys in _unknown_keys(content, Mapping, ())]
    try:
        mapping = TypeAdapter(Mapping).validate_json(json.dumps(content, default=str), strict=True)
    except ValidationError as invalid:
        mistakes += [_as_mistake(dict(error), lines) for error in invalid.errors()]
        raise BadMappingFile(_in_order(mistakes)) from invalid
    if mistakes:
        raise BadMappingFile(_in_order(mistakes))
    return MappingFile(mapping, lines)


def path_of(loc: Loc) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def line_of(lines: dict[Loc, int], loc: Loc) -> int:
    """The line of the path, or of the nearest thing around it."""
    while loc and loc not in lines:
        loc = loc[:-1]
    return lines.get(loc, 0)


def _index(node: yaml.Node, loc: Loc, lines: dict[Loc, int]) -> Iterator[Mistake]:
    lines.setdefault(loc, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _index(item, (*loc, index), lines)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*loc, str(key.value))
            line = key.start_mark.line + 1
            if inner in lines:
                yield Mistake(path_of(inner), line, f"is given twice; the first is on line {lines[inner]}")
            lines.setdefault(inner, line)
            yield from _index(value, inner, lines)


def _unknown_keys(value: Any, kind: Any, loc: Loc) -> Iterator[tuple[Loc, tuple[str, list[str]]]]:
    """Keys that the classes do not have: (where, (key, keys there are))."""
    if get_origin(kind) in {Union, types.UnionType}:
        kind = next(k for k in get_args(kind) if k is not type(None))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type) and isinstance(value, dict):
        hints = get_type_hints(kind)
        for key, inner in value.items():
            if key in hints:
                yield from _unknown_keys(inner, hints[key], (*loc, str(key)))
            else:
                yield (*loc, str(key)), (str(key), list(hints))
    elif get_origin(kind) is tuple and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_keys(item, get_args(kind)[0], (*loc, index))


def _unknown(found: tuple[str, list[str]]) -> str:
    return f"is not a key this file knows; here it may have: {', '.join(found[1])}"


def _as_mistake(error: dict[str, Any], lines: dict[Loc, int]) -> Mistake:
    is_key = error["loc"][-1:] == ("[key]",)
    loc: Loc = tuple(part for part in error["loc"] if part != "[key]")
    if error["type"] == "enum":
        text = f"must be one of {error['ctx']['expected']}"
    else:
        text = _WORDS.get(error["type"], error["msg"][:1].lower() + error["msg"][1:])
    shown = error.get("input")
    given = f", not {json.dumps(shown)}" if isinstance(shown, str | int | float | bool) else ""
    return Mistake(path_of(loc), line_of(lines, loc), f"{'as a key ' if is_key else ''}{text}{given}")


def _in_order(mistakes: list[Mistake]) -> list[Mistake]:
    return sorted(dict.fromkeys(mistakes), key=lambda m: (m.line, m.path))
