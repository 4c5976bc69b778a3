"""The progress view: live in a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sandbox.demo.journal import Journal
from sandbox.demo.observer import Figures

LINE_EVERY_S = 10.0
SENTENCES_SHOWN = 8


class View:
    """`phase` says what is going on; while trade lasts, `refresh` shows how it stands."""

    def __init__(self, console: Console, now: Callable[[], float]) -> None:
        self.console, self._now = console, now
        self._live: Live | None = None
        self._phase, self._steps = "", list[str]()
        self._journal, self._figures, self._seconds = Journal(), Figures(), 0.0
        self._told, self._line_at, self._began = 0, 0.0, now()

    def __enter__(self) -> View:
        if self.console.is_terminal:
            self._live = Live(console=self.console, get_renderable=self._picture, refresh_per_second=5, transient=True)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def phase(self, text: str) -> None:
        """A new phase begins."""
        self._phase, self._steps = text, []
        self._say(f"{self._now() - self._began:5.0f} s  == {text}")

    def step(self, text: str) -> None:
        """Something of this phase is done."""
        self._steps.append(text)
        self._say(f"{self._now() - self._began:5.0f} s     {text}")

    def refresh(self, journal: Journal, figures: Figures, seconds: float) -> None:
        """`seconds`: how long trade lasts in all."""
        self._journal, self._figures, self._seconds = journal, figures, seconds
        for at, text in journal.told[self._told :]:
            self._say(f"{at - self._began:5.0f} s     {text}")
        self._told = len(journal.told)
        now = self._now()
        if now - self._line_at >= LINE_EVERY_S:
            self._line_at = now
            self._say(f"{now - self._began:5.0f} s        {self._standing()}")

    def _say(self, text: str) -> None:
        if self._live is None:
            self.console.print(Text(text), soft_wrap=True)

    def _standing(self) -> str:
        f = self._figures
        journal = self._journal
        orders = f"{journal.web_orders} web orders, {len(journal.handed_over)} handed out, {len(journal.came_back)} returns"
        return f"{sum(journal.sales.values())} sales, {orders}, {f.events} events, {f.mutations} mutations, {f.dirty} SKUs wait"

    def _picture(self) -> RenderableType:
        heading = Text.assemble(("A trading day", "bold"), "  ", (self._phase, "cyan"))
        if not self._journal.started_at:
            return Panel(Group(heading, *(Text(f"  {step}", style="dim") for step in self._steps[-SENTENCES_SHOWN:])), padding=(1, 2))
        elapsed = min(self._now() - self._journal.started_at, self._seconds)
        broken = [window.what for window in self._journal.broken_at(self._now())]
        wrong = Text(", ".join(broken), style="bold red") if broken else Text("nothing", style="green")
        said = [Text(f"{at - self._journal.started_at:5.0f} s  {text}", style="dim") for at, text in self._journal.told[-SENTENCES_SHOWN:]]
        clock = Table.grid(padding=(0, 2))
        clock.add_row(ProgressBar(total=max(self._seconds, 1.0), completed=elapsed, width=48), f"{elapsed:.0f} of {self._seconds:.0f} s")
        said += [Text(f"  {step}") for step in self._steps[-3:]]
        return Panel(Group(heading, Text(), clock, Text(), self._counts(), Text.assemble("broken just now: ", wrong), Text(), *said), padding=(1, 2))

    def _counts(self) -> Table:
        f, journal = self._figures, self._journal
        counts = Table.grid(padding=(0, 3))
        cells = {
            "sales": sum(journal.sales.values()),
            "web orders": journal.web_orders,
            "handed out": len(journal.handed_over),
            "came back": len(journal.came_back),
            "events": f.events,
            "lost": f.lost,
            "twice": f.doubled,
            "requests": f.requests,
            "mutations": f.mutations,
            "429": f.throttled,
            "SKUs waiting": f.dirty,
        }
        counts.add_row(*(Text(str(value), style="bold") for value in cells.values()))
        counts.add_row(*(Text(name, style="dim") for name in cells))
        return counts
