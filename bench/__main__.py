"""`make bench`: all measurements, or those whose names begin as given; results in build/bench/results.json, goals beside each figure.

Exit code 0 when everything was measured, whether the goals were met or not; 1 with --strict when one was missed; 2 when it could not be measured.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence

from rich.console import Console

from bench import burst, calls, cost, demo, memory, orders, peak, returns, startup
from bench.emulated import FOLDER, Failed, Stage, stage
from bench.figures import Figure, table, write_results
from sandbox.demo.vendors import VendorFailed
from sandbox.local_stack.aws import AwsNotStarted
from sandbox.local_stack.emulator import EmulatorFailed
from sandbox.local_stack.runtime_files import EmulatorMissing
from sandbox.local_stack.stack import NotBuilt

Told = Callable[[str], None]
CANNOT = (AwsNotStarted, EmulatorFailed, EmulatorMissing, Failed, NotBuilt, VendorFailed)


def _on_a_stage(measure: Callable[[Stage, Told], list[Figure]]) -> Callable[[Told], list[Figure]]:
    def measure_there(told: Told) -> list[Figure]:
        told("the local AWS and both sandboxes start")
        with stage() as there:
            return measure(there, told)

    return measure_there


MEASUREMENTS: dict[str, Callable[[Told], list[Figure]]] = {
    "stock.burst": burst.measure,
    "stock.calls": calls.measure,
    "stock.peak": peak.measure,
    "stock.demo": demo.measure,
    "orders": orders.measure,
    "returns": returns.measure,
    "startup": _on_a_stage(startup.measure),
    "memory": _on_a_stage(memory.measure),
    "cost": cost.measure,
}


def chosen(names: Sequence[str]) -> list[str]:
    """The measurements that `names` (beginnings of figures' names) ask for; all without any. Raises ValueError for a name that fits none."""
    found = []
    for name in names:
        fitting = [m for m in MEASUREMENTS if m.startswith(name) or name.startswith(m)]
        if not fitting:
            raise ValueError(f"nothing is measured as {name}; there are {', '.join(MEASUREMENTS)}")
        found += fitting
    return [m for m in MEASUREMENTS if m in found] if names else list(MEASUREMENTS)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"e.g. {' '.join(MEASUREMENTS)}; default all")
    parser.add_argument("--strict", action="store_true", help="exit code 1 when a goal is missed")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console, errors = Console(width=None if sys.stdout.isatty() else 120), Console(stderr=True)
    figures: list[Figure] = []
    try:
        names = chosen(arguments.names)
    except ValueError as unknown:
        parser.error(str(unknown))
    try:
        _measure(names, console, figures)
    except CANNOT as problem:
        errors.print(f"[red]could not measure:[/] {problem}")
        return 2
    except KeyboardInterrupt:
        errors.print("[red]interrupted[/]")
        return 130
    finally:
        write_results(figures, FOLDER / "results.json")
        console.print(table(figures))
    missed = [figure.name for figure in figures if figure.met is False]
    console.print(f"{FOLDER / 'results.json'}: {len(figures)} figures, {len(missed)} goals missed{': ' + ', '.join(missed) if missed else ''}")
    return 1 if missed and arguments.strict else 0


def _measure(names: Sequence[str], console: Console, figures: list[Figure]) -> None:
    """Adds to `figures` as it goes: what was measured before something fails is not lost."""
    with console.status("") as status:
        for number, name in enumerate(names, start=1):
            console.print(f"[{number}/{len(names)}] {name}", highlight=False, markup=False)
            figures += MEASUREMENTS[name](status.update)


if __name__ == "__main__":
    sys.exit(main())
