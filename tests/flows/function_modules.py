"""A Lambda function's module as the runtime loads it: its own folder on the path, executed anew."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"


def load_function(name: str) -> ModuleType:
    """functions/<name>/app.py as a fresh instance."""
    folder = FUNCTIONS / name
    spec = importlib.util.spec_from_file_location(f"{name}_instance", folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module
