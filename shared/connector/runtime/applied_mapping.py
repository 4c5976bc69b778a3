"""What a function makes of the mapping in force, per site, kept between invocations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from connector.domain.configuration import Mapping as MappingFile
from connector.runtime.clock import Clock
from connector.store.mappings import Mappings

FRESH_S = 30.0
Context = TypeVar("Context")


class AppliedMapping(Generic[Context]):
    """Contexts are built again when another mapping has been applied (looked for every 30 s). `wanted`: whether the mapping switches the work on."""

    def __init__(
        self, mappings: Mappings, clock: Clock, wanted: Callable[[MappingFile], bool], build: Callable[[MappingFile], Mapping[int, Context]]
    ) -> None:
        self._mappings, self._clock, self._wanted, self._build = mappings, clock, wanted, build
        self._contexts: Mapping[int, Context] = {}
        self._revision = 0
        self._looked_at: float | None = None

    def of(self, site: int) -> Context | None:
        """The site's context; None when no mapping is applied, or it does not have the site, or the work is switched off."""
        if self._looked_at is None or self._clock.now() - self._looked_at >= FRESH_S:
            applied = self._mappings.current()
            if applied is None or not self._wanted(applied.mapping):
                self._contexts, self._revision = {}, 0
            elif applied.revision != self._revision:
                self._contexts, self._revision = self._build(applied.mapping), applied.revision
            # Only now: what could not be built must not pass for switched off, or messages would be acknowledged unread.
            self._looked_at = self._clock.now()
        return self._contexts.get(site)
