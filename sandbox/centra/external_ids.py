"""ID conversion of the token's integration: our ids of Centra's objects, unique per type."""

from __future__ import annotations

from sandbox.centra.modes import Modes
from sandbox.centra.records import Refusal

LONGEST = 255


class ExternalIds:
    """One table for the one integration there is. An id given twice is refused or moves on to the newer object (a mode)."""

    def __init__(self, modes: Modes) -> None:
        self._modes = modes
        self._internal: dict[tuple[str, str], int] = {}
        self._external: dict[tuple[str, int], str] = {}

    def check(self, kind: str, external: str | None, internal: int | None = None) -> None:
        """Refusal when this id cannot be given to the object (None: a new one)."""
        if external is None:
            return
        if not 0 < len(external) <= LONGEST:
            raise Refusal("externalId must have 1 to 255 characters.", ["input", "externalId"])
        owner = self._internal.get((kind, external))
        if owner is not None and owner != internal and self._modes.duplicate_external_id == "refused":
            raise Refusal(f"externalId {external} is already used by {kind} {owner}.", ["input", "externalId"])

    def set(self, kind: str, internal: int, external: str | None) -> None:
        if external is None:
            return
        self.check(kind, external, internal)
        self.forget(kind, internal)
        before = self._internal.get((kind, external))
        if before is not None:
            del self._external[kind, before]
        self._internal[kind, external] = internal
        self._external[kind, internal] = external

    def forget(self, kind: str, internal: int) -> None:
        """The object is gone, or gets another id."""
        external = self._external.pop((kind, internal), None)
        if external is not None:
            del self._internal[kind, external]

    def of(self, kind: str, internal: int) -> str | None:
        return self._external.get((kind, internal))

    def find(self, kind: str, external: str) -> int | None:
        return self._internal.get((kind, external))
