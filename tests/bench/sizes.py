"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """The sizes of a run; a quick one tells the same with more noise."""

    # Beside the peers.
    tokens: int = 100_000
    rounds: int = 5
    requests: int = 500
    with_peers: bool = True
    # Longer than the thread waits that stores uses.
    flush_seconds: float = 6.5
    # From few tokens to many.
    scales: tuple[int, ...] = (1_000, 100_000, 1_000_000)
    # Lists and acts.
    many: int = 1_000_000
    revoked: int = 100_000
    exported: int = 200_000
    long_run: int = 20_000


DEFAULT = Sizes()
QUICK = Sizes(
    tokens=20_000,
    rounds=3,
    requests=250,
    scales=(1_000, 100_000),
    many=100_000,
    revoked=10_000,
    long_run=10_000,
    exported=50_000,
)
FULL = Sizes(
    rounds=8, requests=1_000, scales=(1_000, 100_000, 1_000_000, 5_000_000), long_run=200_000, exported=1_000_000
)
