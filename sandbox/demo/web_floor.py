"""Everything web orders bring into the stores: shoppers, staff and returns, and what is left of it after closing time."""

from __future__ import annotations

from collections.abc import Callable

from connector.runtime.clock import Clock
from sandbox.demo.journal import Journal
from sandbox.demo.return_desk import ReturnDesk
from sandbox.demo.shelves import Shelves
from sandbox.demo.shoppers import Shoppers
from sandbox.demo.store_staff import StoreStaff
from sandbox.demo.vendors import Control
from sandbox.demo.web_plan import ORDERS, RETURNS

AGAIN_S = 2.0


class WebFloor:
    """The trader hands it the acts that concern web orders."""

    def __init__(self, centra: Control, sitoo: Control, clock: Clock, journal: Journal, shelves: Shelves, seed: int) -> None:
        self._clock = clock
        self._shoppers = Shoppers(centra, sitoo, clock, journal, shelves, seed)
        self._staff = StoreStaff(sitoo, clock, journal, shelves)
        self._desk = ReturnDesk(centra, sitoo, clock, journal, shelves, seed)
        self._due: list[int] = []

    def shop(self, index: int) -> None:
        self._shoppers.shop(index, ORDERS[index])

    def follow_up(self, index: int) -> None:
        self._shoppers.follow_up(index, ORDERS[index])

    def walk(self) -> None:
        """Staff see to web orders; what should have come back by now and could not is tried again."""
        self._staff.round()
        self._due = [index for index in self._due if not self._desk.take_back(RETURNS[index])]
        self._desk.press()

    def take_back(self, index: int) -> None:
        self._due.append(index)

    def after_closing(self, limit_s: float, tick: Callable[[], None]) -> bool:
        """Go on until everything planned has been played; False when that took too long."""
        deadline = self._clock.now() + limit_s
        while self._staff.waiting() or self._due or not self._desk.press():
            if self._clock.now() >= deadline:
                return False
            self._clock.sleep(AGAIN_S)
            self.walk()
            tick()
        return True
