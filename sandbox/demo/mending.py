"""The evening: what waits for people is mended in both systems and in the mapping file, and redriven."""

from __future__ import annotations

from pathlib import Path

from connector.domain.exceptions import Case, Kind, State
from connector.runtime.applied_mapping import FRESH_S
from ops.connection import Connection
from sandbox.demo import chain
from sandbox.demo.evidence import LACKS
from sandbox.demo.journal import Journal
from sandbox.demo.operator import Operator
from sandbox.demo.vendors import Control
from sandbox.demo.web_chain import ONLY_IN_CENTRA

RECEIVED = 3


def waiting(conn: Connection, state: State = State.OPEN) -> list[Case]:
    """Cases of what can be mended."""
    return [case for kind in LACKS for case in conn.cases.list(state=state, kind=kind)]


def complete(centra: Control, sitoo: Control, journal: Journal) -> int:
    """Make the article Centra lacks (its size id is the answer) and the one Sitoo lacks, and write a shopper's address into the order."""
    size = centra.control("add_size", sku=chain.UNMAPPED_IN_CENTRA, ean="7358888888888")["size_id"]
    sitoo.control("add_product", sku=ONLY_IN_CENTRA, barcode="7357777777777")
    sitoo.control("receive", warehouse=chain.SHOPS[0].till, skus={ONLY_IN_CENTRA: RECEIVED})
    for placed in journal.placed:
        if placed.kind == "no street, no city":
            centra.control("edit_address", number=placed.number, address1=placed.secrets[2], city=placed.secrets[3], phoneNumber=placed.secrets[5])
    return int(size)


def redrive(conn: Connection, operator: Operator, mapping: Path, size: int) -> list[str]:
    """Enter the courier and the article, then redrive; the commands typed."""
    mapping.write_text(chain.mapping_yaml(courier_known=True), encoding="utf-8")
    operator.ops("mapping", "apply", "--yes", str(mapping))
    operator.ops("sku-map", "add", chain.UNMAPPED, "--size-id", str(size))
    typed = operator.commands[-2:]
    # Functions at work go on with the mapping they know for so long; what is redriven earlier may be parked once more.
    conn.clock.sleep(FRESH_S + 1.0)
    for kind in sorted({case.problem.kind.value for case in waiting(conn)}):
        operator.ops("exceptions", "redrive", "--kind", kind)
        typed.append(operator.commands[-1])
    return typed


def is_mended(conn: Connection) -> bool:
    """Nothing that was redriven is still on its way."""
    return not waiting(conn) and not waiting(conn, State.REDRIVEN)


def skus_of(cases: list[Case]) -> frozenset[str]:
    """The SKUs that were parked as such."""
    return frozenset(case.problem.entity.rpartition("/")[2] for case in cases if case.problem.kind is Kind.UNMAPPED_SKU)
