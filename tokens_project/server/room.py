"""Room for the frames of a thread, in one piece.

CPython lays the frames of a thread into pieces of 16 KB, some fifty calls each, and gives a piece back to the system
when the first frame in it ends. A loop that calls across such an edge asks for a piece, and gives it back, in every
turn: a page of 50 tokens took twice the CPU, nearly half of it in the system. A first frame that asks for more than a
piece has gets one that is large enough, and whatever it calls stands in the rest. Memory that no frame touches is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

# In words of eight bytes. With what CPython keeps free it is just above a quarter of a megabyte, so that the piece has
# half of one: the other half holds the frames of some six hundred calls.
FIRST_FRAME = 32_000


Result = TypeVar("Result")


def in_one_piece(work: Callable[[], Result]) -> Result:
    """Do the work, in a thread that has called little else: all its frames stand in one piece of memory."""
    return work()


in_one_piece.__code__ = in_one_piece.__code__.replace(co_stacksize=FIRST_FRAME)
