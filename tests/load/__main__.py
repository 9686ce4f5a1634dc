"""`python -m tests.load NAME`: the benchmarks behind the make targets. Figures go to build/bench/NAME-*.json.

Each takes its sizes from the command line; what it prints is what docs/performance.md is written from.
"""

import argparse
import importlib
import sys

NAMES = ("dispatch", "carrier", "peers", "inbound", "claim", "book", "plan", "feel", "soak", "match")


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in NAMES:
        sys.exit(f"one of: {', '.join(NAMES)}")
    bench = importlib.import_module(f"tests.load.bench_{name}")
    parser = argparse.ArgumentParser(prog=f"python -m tests.load {name}", description=bench.__doc__)
    bench.arguments(parser)
    bench.run(parser.parse_args(sys.argv[2:]))


if __name__ == "__main__":
    main()
