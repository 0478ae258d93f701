"""Measures the peak memory of long streams: Python batches decided one at a time, and `placet scan` of a pipe.

Each measurement has its own process. Its peak is read after a twentieth of the stream and at the end.

    pip install bindings/python pyarrow
    cargo build --release -p placet-cli
    python bindings/python/benches/memory.py
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
POLICY = ROOT / "benches" / "privacy_12" / "policy.placet"
BATCH = 65_536
WAYS = ("decide_batch", "filter", "tally")


def peak(process: int | str = "self") -> int:
    """Returns the peak memory of a process in bytes. Linux only."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("the system does not say how much memory a process has held")


def requests() -> list[dict[str, Any]]:
    """Returns a batch of rows: requests of the policy's suite, in random order."""
    lines = (POLICY.parent / "requests.jsonl").read_text().splitlines()
    chosen = random.Random(7).choices([json.loads(line)["request"] for line in lines], k=BATCH)
    return chosen


def in_python(way: str, size: int) -> None:
    """Reads a stream of at least `size` bytes to its end, and prints the measurements."""
    import placet
    import pyarrow

    policy = placet.Policy.from_file(POLICY)
    pattern = pyarrow.RecordBatch.from_pylist(requests())
    order = pyarrow.array(range(BATCH))
    done, early = 0, 0

    def batches() -> Iterator[Any]:
        nonlocal done, early
        while done < size:
            # `take` copies, so that each batch has its own memory, like batches from a file.
            batch = pattern.take(order)
            done += batch.nbytes
            early = early or (peak() if done * 20 >= size else 0)
            yield batch

    reader = pyarrow.RecordBatchReader.from_batches(pattern.schema, batches())
    start = time.perf_counter()
    if way == "tally":
        rows = policy.tally(reader).rows
    else:
        rows = sum(batch.num_rows for batch in getattr(policy, way)(reader))
    print(json.dumps([early, peak(), done, rows, time.perf_counter() - start]))


def text() -> bytes:
    """Returns the same rows as CSV, without a header."""
    cells = [[";".join(cell) if isinstance(cell, list) else str(cell) for cell in row.values()] for row in requests()]
    return "".join(",".join(row) + "\n" for row in cells).encode()


def in_scan(command: Path, size: int, *options: str) -> list[float]:
    """Measures the command, which reads CSV from a pipe."""
    arguments = [str(command), "scan", str(POLICY), "-", "-q", "-o", os.devnull, *options]
    rows, done, early = text(), 0, 0
    start = time.perf_counter()
    with subprocess.Popen(arguments, stdin=subprocess.PIPE) as running:
        assert running.stdin
        running.stdin.write((",".join(requests()[0]) + "\n").encode())
        while done < size:
            running.stdin.write(rows)
            done += len(rows)
            early = early or (peak(running.pid) if done * 20 >= size else 0)
        running.stdin.flush()
        late = peak(running.pid)
        running.stdin.close()
    if running.returncode:
        raise SystemExit(running.returncode)
    return [early, late, done, done // len(rows) * BATCH, time.perf_counter() - start]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--gigabytes", type=float, default=5.0)
    arguments.add_argument("--command", type=Path, default=ROOT / "target" / "release" / "placet")
    arguments.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    size = int(given.gigabytes * 1e9)
    if given.way:
        return in_python(given.way, size)
    print("| a stream | GB | rows out | MB after a twentieth | MB at the end | s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")

    def show(name: str, figures: list[float]) -> None:
        early, late, done, rows, seconds = figures
        cells = [name, f"{done / 1e9:.1f}", f"{rows:,.0f}", f"{early / 1e6:.0f}", f"{late / 1e6:.0f}", f"{seconds:.0f}"]
        print(f"| {' | '.join(cells)} |", flush=True)

    for way in WAYS:
        command = [sys.executable, __file__, "--way", way, "--gigabytes", str(given.gigabytes)]
        show(f"Python: {way}", json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    if given.command.exists():
        ways: list[tuple[str, ...]] = [(), ("--allowed",), ("--reasons", "rules", "--output-format", "parquet")]
        for options in ways:
            show(" ".join(["placet scan", *options]), in_scan(given.command, size, *options))


if __name__ == "__main__":
    main()
