"""`python -m tests.simulation [FIRST [COUNT]]`: try seeds; prints those that fail, and how fast it went."""

import sys
import time

import structlog

from tests.simulation.test_interleavings import try_seed
from tests.simulation.world import QUIET


def main() -> int:
    """Exit 1 when a seed failed."""
    structlog.configure(wrapper_class=QUIET)
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began = time.perf_counter()
    failed = []
    for seed in range(first, first + count):
        try:
            try_seed(seed)
        except AssertionError as error:
            failed.append(seed)
            if len(failed) <= 3:
                print(error)
    took = time.perf_counter() - began
    print(f"{count} seeds in {took:.1f} s ({count / took * 60:.0f} a minute), failed: {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
