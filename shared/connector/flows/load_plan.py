"""What a load of store stock has to look at, and what that takes of Centra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StorePlan:
    """What one store needs: `skus` to look at, in order; `compared` mapped SKUs in stock in either system.

    `unmapped`: SKUs with stock in Sitoo that the SKU map does not know. `foreign_sizes`: sizes with stock in Centra that belong to no Sitoo SKU.
    """

    store: str
    warehouse: int
    skus: tuple[str, ...]
    compared: int
    unmapped: tuple[str, ...]
    foreign_sizes: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan takes of Centra: requests, mutations and hours at the configured share of the plan's hourly limits."""

    requests: int
    mutations: int
    hours: float


def cost_of(plans: Sequence[StorePlan], *, sizes_per_mutation: int, mutations_per_hour: float, requests_per_hour: float) -> Cost:
    """One read and one write per chunk of a store at most; the drain packs several stores into a request when it can."""
    mutations = sum(-(-len(plan.skus) // sizes_per_mutation) for plan in plans)
    requests = 2 * mutations
    return Cost(requests, mutations, max(mutations / mutations_per_hour, requests / requests_per_hour))
