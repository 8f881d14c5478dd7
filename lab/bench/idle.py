"""What the sensor costs where nothing happens."""

from __future__ import annotations

import time
from typing import List

from lab.bench.apart import Apart
from lab.bench.far_engine import far_engine
from lab.bench.rows import Row, Tell

TARGET = 0.001


def measure(quick: bool, tell: Tell) -> List[Row]:
    """CPU of the sensor's process while it follows one engine that is silent: renewals of its
    lease, heartbeats and subscribing anew included, as they come within the time."""
    seconds = 2 if quick else 60
    with far_engine() as engine, Apart(engine.url) as sensor:
        sensor.warm_up(engine)
        used, begun = sensor.cpu(), time.perf_counter()
        for second in range(seconds):
            tell("an engine that is silent", second, seconds)
            time.sleep(1)
        share = (sensor.cpu() - used) / (time.perf_counter() - begun)
        how = "patched by eventlet" if sensor.patched else "on threads: no eventlet here"
    return [
        Row(
            f"CPU of the sensor's process, {how}",
            f"{share:.3%}",
            runs=f"{seconds} s",
            target=f"under {TARGET:.1%}",
            met=share < TARGET,
        )
    ]
