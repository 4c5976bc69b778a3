"""House rules about files that no other tool checks."""

from __future__ import annotations

import re
import subprocess
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("shared/connector", "functions", "ops", "sandbox", "bench", "tools")
MODULES = sorted(path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py"))
PYTHON = sorted({*MODULES, *(ROOT / "tests").rglob("*.py")})
LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", re.MULTILINE)
SILENCED = re.compile(r"#\s*(type:\s*ignore|noqa|pragma:\s*no cover|pyright:)|\b(TODO|FIXME|XXX)\b")
PUT_OFF = re.compile(r"pytest\.(mark\.)?(skip|xfail|skipif)\b|unittest\.skip|\bimportorskip\b")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def comments(path: Path) -> list[str]:
    with path.open("rb") as source:
        return [token.string for token in tokenize.tokenize(source.readline) if token.type == tokenize.COMMENT]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_are_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [name(path) for path in MODULES if path.stem in vague or path.parent.name in vague] == []


def test_no_check_is_silenced_and_nothing_is_put_off() -> None:
    assert [(name(path), comment) for path in PYTHON for comment in comments(path) if SILENCED.search(comment)] == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    own = Path(__file__).resolve()
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != own]
    assert [name(path) for path in tests if PUT_OFF.search(path.read_text(encoding="utf-8"))] == []


def test_annotations_are_never_evaluated_at_import() -> None:
    texts = {name(path): path.read_text(encoding="utf-8") for path in PYTHON}
    assert [path for path, text in texts.items() if "def " in text and "from __future__ import annotations" not in text] == []


def test_what_is_deployed_is_what_is_tested() -> None:
    """The layer's lock is contained in the lock of the tests, version by version."""
    layer = dict(LOCKED.findall((ROOT / "shared" / "requirements.txt").read_text(encoding="utf-8")))
    tested = dict(LOCKED.findall((ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")))
    assert layer
    assert {package: tested.get(package) for package in layer} == layer


def test_boto3_comes_with_the_runtime() -> None:
    layer = dict(LOCKED.findall((ROOT / "shared" / "requirements.txt").read_text(encoding="utf-8")))
    assert {"boto3", "botocore", "pydantic"} & set(layer) == set()


@pytest.mark.parametrize("lock", ["shared/requirements.txt", "requirements/dev.txt", "requirements/sam.txt"])
def test_locks_pin_by_hash_and_name_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z0-9])", text) if LOCKED.match(block))
    assert not re.search(r"^\s*(--(extra-)?index-url|--find-links|-i|-f)\b|://", text, re.MULTILINE)


def test_nothing_that_is_made_can_be_committed() -> None:
    made = [".venv/x", ".venv-sam/x", ".aws-sam/build/x", "build/demo/report.html", "shop.env", "ops/__pycache__/x.pyc"]
    ignored = subprocess.run(["git", "check-ignore", "--no-index", *made], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert ignored.stdout.split() == made
