"""Who bears a levy: platform, employer, contractor, worker or subsidy, by the dated table of payers, to the fen."""

from __future__ import annotations

from pricing.edition import Edition
from pricing.rate_table import By
from pricing.rules import PAYERS
from pricing.scheme import Scheme
from pricing.units import IntArray, times_ppm

PAYER_NAMES = ("platform", "employer", "contractor", "worker", "subsidy")


def bear(levy_fen: IntArray, edition: Edition, scheme: Scheme) -> dict[str, IntArray]:
    """Each payer's part of each levy. [fen]

    Parts are differences of cumulative shares, each rounded half up, so that they are the whole by construction.
    """
    node = edition.nodes(PAYERS)[scheme.name]
    assert isinstance(node, By)
    parts: dict[str, IntArray] = {}
    ppm, before = 0, levy_fen * 0
    for payer, share in node.nodes.items():
        assert isinstance(share, int)
        ppm += share
        borne = times_ppm(levy_fen, ppm)
        parts[payer] = borne - before
        before = borne
    return parts
