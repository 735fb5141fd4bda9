"""The units of the times of gaze."""

# Value of `--time_unit` -> (unit, its length in milliseconds). A step is
# plausible in one unit at most: each is a thousand times the next one.
UNITS = {
    "s": ("seconds", 1e3),
    "ms": ("milliseconds", 1.0),
    "us": ("microseconds", 1e-3),
    "ns": ("nanoseconds", 1e-6),
}
