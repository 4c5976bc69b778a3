"""The documentation says what is there: a runbook for every exception, commands that exist, links that lead somewhere, sums that are right."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from urllib.parse import unquote

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from connector.domain.exceptions import Kind, Owner
from connector.domain.stock_target import OnHand, OwedLine, target
from ops.__main__ import app

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
RUNBOOKS = DOCS / "runbooks"
DECISIONS = DOCS / "decisions"
PAGES = [ROOT / "README.md", ROOT / "events" / "README.md", *sorted(DOCS.rglob("*.md"))]
RECORDS = sorted(DECISIONS.glob("[0-9]*.md"))
SECTIONS = ("**Means:**", "**Owner:**", "## Look", "## Do", "## Mended when", "## Call engineering")

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
OPS = re.compile(r"(?:^|(?<=[\s/`(]))ops((?: +--(?:local|stage +\w+))*) +([a-z].*)")
PARKING = {"Problem", "Finding", "park", "park_sale"}
OWNER = re.compile(r"\*\*Owner:\*\*\s+([a-z\s]+?)[.,:]")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def code_lines(page: Path) -> Iterator[str]:
    """Every line of shell blocks and every code span, without comments."""
    text = text_of(page)
    for _, block in FENCE.findall(text):
        yield from (line.split(" # ")[0].strip() for line in block.splitlines())
    yield from SPAN.findall(FENCE.sub("", text))


def commands(page: Path) -> list[list[str]]:
    """What follows `ops` and its global options, in words."""
    found = (OPS.search(line) for line in code_lines(page))
    return [shlex.split(match[2].replace("…", "x")) for match in found if match]


def mistake(words: list[str]) -> str:
    """Why `ops` would not know this command line; '' when it would."""
    known, rest = get_command(app), list(words)
    while isinstance(known, TyperGroup):
        # `ops exceptions list|show` and `ops exceptions` alone name commands too.
        names = rest.pop(0).split("|") if rest else []
        if missing := [word for word in names if word not in known.commands]:
            return f"no command {missing[0]}"
        if len(names) != 1:
            return ""
        known = known.commands[names[0]]
    options = {option for parameter in known.params for option in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [word for word in rest if word.startswith("-") and word not in options]
    return f"no option {unknown[0]}" if unknown else ""


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rows(page: Path, first: str) -> list[list[str]]:
    """The body of the table whose header begins with `first`, cell by cell."""
    lines = text_of(page).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |"))
    body = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        body.append([cell.strip() for cell in line.strip("|").split("|")])
    return body


def named(tree: ast.AST, names: Iterable[str]) -> set[str]:
    """Which of `names` stand as attributes (`Kind.NAME`) anywhere in `tree`."""
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & set(names)


def parked_in(module: ast.Module) -> Iterator[tuple[str, str]]:
    """(kind, owner) of everything that a module tells people: Problem(…), Finding(…), park(…), park_sale(…), and tables {Kind: Owner}.

    A call that takes its kind from a variable may mean each kind that its function names; if that names none, each the module's definitions name.
    """
    definitions = [node for node in module.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in ast.walk(module):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None:
                    yield from product(named(key, Kind.__members__), named(value, Owner.__members__))
    for definition in definitions:
        for call in ast.walk(definition):
            called = getattr(call.func, "id", getattr(call.func, "attr", "")) if isinstance(call, ast.Call) else ""
            if called not in PARKING or not named(call, Owner.__members__):
                continue
            kinds = named(call, Kind.__members__) or named(definition, Kind.__members__)
            for other in () if kinds else definitions:
                kinds |= named(other, Kind.__members__)
            yield from product(kinds, named(call, Owner.__members__))


def owners_in_code() -> dict[str, str]:
    """{kind: its owners, `a or b` where it depends on what the case is about}, as the connector's modules make their cases."""
    found: dict[str, set[str]] = {}
    for module in (ROOT / "shared" / "connector").rglob("*.py"):
        for kind, owner in parked_in(ast.parse(text_of(module))):
            found.setdefault(Kind[kind].value, set()).add(Owner[owner].value)
    return {kind: " or ".join(sorted(owners)) for kind, owners in found.items()}


def runbook(kind: Kind) -> Path:
    return RUNBOOKS / f"{kind.value.lower().replace('_', '-')}.md"


@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_every_kind_of_exception_has_a_runbook(kind: Kind) -> None:
    text = text_of(runbook(kind))
    assert text.startswith(f"# {kind.value}: ")
    assert [section for section in SECTIONS if section not in text] == []


@pytest.mark.parametrize("page", [page for page in sorted(RUNBOOKS.glob("*.md")) if page.name != "README.md"], ids=name)
def test_every_runbook_first_tells_people_in_stores_whom_to_call(page: Path) -> None:
    first, section = re.findall(r"^## (.+)\n((?:.+\n)+)", text_of(page), re.MULTILINE)[0]
    assert first == "If you work in a store: whom to call, what to tell them"
    assert len(section.split()) >= 10


def test_the_runbooks_explain_their_words() -> None:
    explained = {row[0] for row in rows(RUNBOOKS / "README.md", "word")}
    assert {"drain", "nudge", "redrive", "dead-letter queue", "mutation", "feed"} <= explained


def test_the_index_lists_every_runbook_and_the_owners_it_states() -> None:
    index = text_of(RUNBOOKS / "README.md")
    assert [page.name for page in RUNBOOKS.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index] == []
    stated = {row[0].split("]")[0].strip("["): row[1] for row in rows(RUNBOOKS / "README.md", "kind")}
    own = {kind.value: " ".join(match[1].split()) for kind in Kind if (match := OWNER.search(text_of(runbook(kind))))}
    assert own == stated == owners_in_code()


def test_owners_are_found_in_every_way_of_telling_people() -> None:
    """The test above would miss kinds whose calls it cannot read: each way of writing them is tried."""
    source = """
ENDED = (Kind.TECHNICAL,)
OWNERS = {Kind.UNMAPPED_SKU: Owner.MERCHANDISING}
def finds(): return Finding(Kind.OVER_RETURN, Owner.FINANCE, "…")
def opens(): return Problem(kind=Kind.CREDENTIALS if refused else Kind.DRAIN_STUCK, owner=Owner.ENGINEERING)
def parks(turn):
    kind = Kind.UNCOLLECTED
    turn.park(kind, Owner.CUSTOMER_SERVICE, "…")
def lists(lack): park_sale(lack.kind, Owner.RETAIL_OPS)
class Lack: kind: Kind = Kind.ENDLESS_AISLE
"""
    told = set(parked_in(ast.parse(source)))
    assert {
        ("UNMAPPED_SKU", "MERCHANDISING"),
        ("OVER_RETURN", "FINANCE"),
        ("CREDENTIALS", "ENGINEERING"),
        ("DRAIN_STUCK", "ENGINEERING"),
        ("UNCOLLECTED", "CUSTOMER_SERVICE"),
        ("ENDLESS_AISLE", "RETAIL_OPS"),
    } <= told
    assert not any(kind == "TECHNICAL" for kind, _ in told)


def test_the_page_on_alarms_explains_every_alarm() -> None:
    alarms = re.findall(r"^  (\w+):\n    Type: AWS::CloudWatch::Alarm$", text_of(ROOT / "template.yaml"), re.MULTILINE)
    explained = re.findall(r"`…?([A-Z]\w+)`", "".join(re.findall(r"^## (.*)$", text_of(RUNBOOKS / "dlq-alarm.md"), re.MULTILINE)))
    assert "DrainBehind" in alarms
    assert [alarm for alarm in alarms if not alarm.endswith(tuple(explained))] == []
    assert [page for page in explained if not any(alarm.endswith(page) for alarm in alarms)] == []


def test_commands_are_found_at_all() -> None:
    """The tests below would pass on documentation without commands, or with a pattern that finds none."""
    assert ["stock", "load", "--store", "Lund"] in commands(RUNBOOKS / "first-load.md")
    assert mistake(["stock", "lod"]) == "no command lod"
    assert mistake(["stocks", "load"]) == "no command stocks"
    assert mistake(["stock", "load", "--stroe", "Lund"]) == "no option --stroe"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_operators_command_exists(page: Path) -> None:
    assert [(words, wrong) for words in commands(page) if (wrong := mistake(words))] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_target_exists(page: Path) -> None:
    targets = set(TARGET.findall(text_of(ROOT / "Makefile")))
    named = {match[1] for line in code_lines(page) if (match := re.match(r"make ([a-z]+)", line))}
    assert named - targets == set()


def test_the_readme_names_every_target_people_need() -> None:
    named = {match[1] for line in code_lines(ROOT / "README.md") if (match := re.match(r"make ([a-z]+)", line))}
    assert {"demo", "test", "engines", "lint", "bench", "build", "local", "help"} <= named


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", text_of(page))):
        path, _, anchor = link.partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        to = (page.parent / unquote(path)).resolve() if path else page
        if not to.is_relative_to(ROOT) or not to.exists() or (anchor and anchor not in anchors(to)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", [DOCS / "operating-model.md", *sorted(RUNBOOKS.glob("*.md"))], ids=name)
def test_every_setting_and_field_that_pages_name_is_known(page: Path) -> None:
    """A word_with_underscores in code type is a key of the mapping file or of a secret, or a name of the code."""
    sources = [ROOT / "mapping.example.yaml", ROOT / "README.md", *(ROOT / "shared" / "connector").rglob("*.py")]
    known = set(re.findall(r"\w+", " ".join(map(text_of, sources))))
    assert {span for span in SPAN.findall(text_of(page)) if re.fullmatch(r"[a-z]+(_[a-z]+)+", span)} - known == set()


def test_what_the_readme_calls_a_file_is_one() -> None:
    named = {span for span in SPAN.findall(text_of(ROOT / "README.md")) if re.fullmatch(r"[\w.]+(/[\w.-]+)*\.(yaml|toml|md)|\.ci/run", span)}
    assert "samconfig.toml" in named
    assert [span for span in named - {"mapping.yaml"} if not (ROOT / span).exists()] == []


@pytest.mark.parametrize("record", RECORDS, ids=name)
def test_every_decision_says_why_what_and_when_it_falls(record: Path) -> None:
    text = text_of(record)
    number = record.name[:4]
    places = [text.find(part) for part in (f"# {number} ", "**Context.**", "**Choice.**", "**Reversed when**")]
    assert places[0] == 0
    assert places == sorted(places)
    assert re.search(r"\d", text[places[-1] :]), "what reverses a decision can be counted"
    assert f"({record.name})" in text_of(DECISIONS / "README.md")


def test_the_examples_of_the_target_are_computed_as_they_say() -> None:
    examples = rows(DOCS / "operating-model.md", "example")
    assert len(examples) >= 7
    for label, on_hand, *numbers, expected in examples:
        reserved, ours, booked, shipped, handed_out, not_found = map(int, numbers)
        levels = [OnHand(place, int(units.replace("−", "-")), 0, 0.0) for place, units in enumerate(on_hand.split())]
        levels[0] = OnHand(0, levels[0].total, reserved, 0.0)
        # allocated, shipped, shipped at, delivered, reserved, reserved until, withheld, withheld at
        copy = OwedLine(1, 0, 0, 0.0, 0, ours, 200.0, 0, 0.0)
        in_centra = OwedLine(2, 0, shipped, 50.0, 0, 0, None, 0, 0.0)
        picked_up = OwedLine(3, handed_out, 0, 0.0, handed_out, 0, None, 0, 0.0)
        missing = OwedLine(4, 0, 0, 0.0, 0, 0, None, not_found, 50.0)
        computed = target(levels, booked, [copy, in_centra, picked_up, missing], now=100.0)
        assert computed.quantity == int(expected), label
