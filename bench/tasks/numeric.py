"""A unit of numpy and dask work, whose libraries take as many threads as they see CPUs. Says what it has used."""

import json
import os
import resource
import time

began = time.monotonic()

import dask.array as da
import numpy as np

a = np.random.default_rng(0).random((1000, 1000))
for _ in range(6):
    a = a @ a
    a /= np.linalg.norm(a)
x = da.random.random((1500, 1500), chunks=(500, 500))
total = float((x @ x.T).sum().compute())

used = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "cpus": len(os.sched_getaffinity(0)),
            "seconds": time.monotonic() - began,
            "cpu_seconds": used.ru_utime + used.ru_stime,
            "involuntary_switches": used.ru_nivcsw,
        }
    )
)
