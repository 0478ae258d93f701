"""Compares decisions on tables of ten million random rows with hand-written code for other libraries, in one run.

Two policies: the twelve rules of the peers' suite, and the example policy of a consumer service. Two forms of each
table: *codes*, the fastest column types of each library (a set of strings is a code for Placet and a bit mask for the
others), and *texts*, the types of Parquet files, where sets are lists. Every candidate must give the same decisions on
every row before it is timed. Each number of threads has its own process, since polars reads this setting only once.

A further table compares `filter` with each library's own filter, on one thread, for policies of 1 to 52 rules and all
encodings, with a tenth of the rows; the last one compares single calls on small frames.

    pip install bindings/python -r bindings/python/benches/requirements.txt
    python bindings/python/benches/tables.py > benches/tables.md
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Iterator
from typing import Any

ROUNDS, SECONDS = 5, 6.0


def measured(run: Callable[[], Any]) -> float:
    """Returns the seconds of the fastest of several rounds."""
    best, end, rounds = float("inf"), time.perf_counter() + SECONDS, 0
    while rounds < ROUNDS and (rounds < 2 or time.perf_counter() < end):
        gc.collect()
        start = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - start)
        del result
        rounds += 1
    return best


def child(count: int, threads: int) -> None:
    """Measures all candidates with this number of threads, and prints a line of JSON for each."""
    import numpy
    import table_ways

    for group in table_ways.groups(count, threads):
        expected = None
        for name, run, allowed in group.ways:
            came = numpy.asarray(allowed(run()), dtype=bool)
            if expected is None:
                expected = came
                share = float(came.mean())
                if not 0.02 < share < 0.9:
                    raise SystemExit(f"{group.name}: {share:.1%} of the rows are allowed, which tells little")
            if came.shape != expected.shape or not (came == expected).all():
                wrong = int((came != expected).sum()) if came.shape == expected.shape else "all"
                raise SystemExit(f"{group.name}: {name} decides {wrong} rows otherwise")
            del came
            print(json.dumps([group.name, name, threads, measured(run), share]), flush=True)
            print(f"{group.name}, {threads}: {name}", file=sys.stderr)
        print(json.dumps([group.name, COPY, threads, measured(group.copy), group.bytes / count]), flush=True)


def filters(count: int) -> None:
    """Measures `filter` beside each library's own, and prints a line of JSON for each."""
    import table_ways

    for policy, encoding, library, by_hand, own in table_ways.filters(count):
        expected, came = by_hand(), own()
        if not expected.equals(came):
            raise SystemExit(f"{policy}, {encoding}, {library}: other rows")
        share = len(came) / count
        del expected, came
        print(json.dumps([policy, encoding, library, share, measured(by_hand), measured(own)]), flush=True)
        print(f"{policy}, {encoding}: {library}", file=sys.stderr)


def calls() -> None:
    """Measures single calls on small frames, and prints a line of JSON for each."""
    import table_ways

    for count in (1, 100, 1_000, 10_000):
        cells = table_ways.filters(count)
        ways = next(cell for cell in cells if cell[:3] == ("13 rules", "text and lists", "polars"))
        print(json.dumps([count, *(min(timeit.repeat(run, number=50, repeat=7)) / 50 for run in ways[3:])]), flush=True)


COPY = "a plain copy of the columns"


def package(name: str) -> str:
    return f"{name} {importlib.metadata.version(name)}"


def cell(seconds: float | None, count: int) -> str:
    return "" if seconds is None else f"{seconds / count * 1e9:.2f}"


def lines(rows: int, threads: int, *arguments: str) -> Iterator[list[Any]]:
    """Runs a part in a process of its own with this number of threads, and yields its lines."""
    command = [sys.executable, __file__, "--rows", str(rows), *arguments]
    environment = os.environ | {"POLARS_MAX_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        yield from map(json.loads, running.stdout)
    if running.returncode:
        raise SystemExit(running.returncode)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    arguments.add_argument("--part", choices=("filters", "calls"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.part:
        return filters(given.rows // 10) if given.part == "filters" else calls()
    if given.threads:
        return child(given.rows, given.threads)
    times: dict[str, dict[str, dict[int, float]]] = {}
    shares: dict[str, float] = {}
    widths: dict[str, float] = {}
    for threads in (1, 2):
        for group, name, count, seconds, number in lines(given.rows, threads, "--threads", str(threads)):
            times.setdefault(group, {}).setdefault(name, {})[count] = seconds
            (widths if name == COPY else shares)[group] = number
    filtered = list(lines(given.rows, 1, "--part", "filters"))
    called = list(lines(given.rows, 1, "--part", "calls"))
    print(f"# Tables of {given.rows:,} rows\n")
    versions = ", ".join(map(package, ("placet", "polars", "numpy", "duckdb", "pyarrow")))
    print(f"Python {platform.python_version()} on {os.cpu_count()} cores; {versions}.")
    print("By `tables.py`, which says what is compared. Every way gave the same decisions on every row.")
    for group, ways in times.items():
        base = next(seconds for name, seconds in ways.items() if name.startswith("polars"))
        print(f"\n## {group}\n")
        print(f"{shares[group]:.0%} of the rows are allowed; {widths[group]:.1f} bytes a row.\n")
        print("| | ns a row | two threads | million rows/s | times as quick as polars | two threads |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for name, seconds in ways.items():
            one, two = seconds[1], seconds.get(2)
            of_polars = base[1] / one
            of_two = f"{base[2] / two:.2f}" if two else ""
            speed = given.rows / one / 1e6
            cells = [name, cell(one, given.rows), cell(two, given.rows), f"{speed:,.0f}", f"{of_polars:.2f}", of_two]
            print(f"| {' | '.join(cells)} |")
    print(f"\n## Filters of {given.rows // 10:,} rows\n")
    print("`filter` beside each library's own filter, on one thread; lists are Python objects in pandas.\n")
    print("| policy | columns | library | kept rows | by hand, ns a row | placet | placet ÷ by hand |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: |")
    for policy, encoding, library, share, by_hand, own in filtered:
        speeds = f"{cell(by_hand, given.rows // 10)} | {cell(own, given.rows // 10)} | {own / by_hand:.2f}"
        print(f"| {policy} | {encoding} | {library} | {share:.0%} | {speeds} |")
    print("\n## Calls on small frames\n")
    print("`filter` of a polars frame by 13 rules over texts and lists, on one thread.\n")
    print("| rows | by hand, µs a call | placet | placet ÷ by hand |")
    print("| ---: | ---: | ---: | ---: |")
    for count, by_hand, own in called:
        print(f"| {count:,} | {by_hand * 1e6:.0f} | {own * 1e6:.0f} | {own / by_hand:.2f} |")


if __name__ == "__main__":
    main()
