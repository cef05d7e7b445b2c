"""What the peers that are Python libraries have in common: the tasks of bench/task.rs, line by line."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def serve(version, threads, unable, load, make):
    """Answer tasks until the input ends.

    `unable(task)` says why not, or None; `load(path)` reads a source, before the clock; `make(task)` returns the result's bytes
    and its size.
    """

    def answer(task, pool):
        if why := unable(task):
            return {"unable": why}
        load(task["source"])
        begun = time.perf_counter_ns()
        made = list(pool.map(make, [task] * task["copies"])) if task["copies"] > 1 else [make(task)]
        ms = (time.perf_counter_ns() - begun) / 1e6
        data, (width, height) = made[0]
        if task["keep"]:
            Path(task["keep"]).write_bytes(data)
        return {"done": {"ms": ms, "bytes": len(data), "width": width, "height": height}}

    print(json.dumps({"version": version}), flush=True)
    with ThreadPoolExecutor(threads) as pool:
        for line in sys.stdin:
            try:
                print(json.dumps(answer(json.loads(line), pool)), flush=True)
            except Exception as error:
                sys.exit(f"{type(error).__name__}: {error} (asked: {line.strip()})")
