"""What the processor can do."""

import functools
import warnings

# Where Linux describes the processors.
PROCESSORS = "/proc/cpuinfo"


def has_avx512() -> bool:
    """Tells whether the processors have vectors of 512 bits, as far as known.

    With them oneDNN takes half as long for one frame as for two; without them
    it takes longer for one.

    Returns:
        False also where the system does not tell: only Linux does.
    """
    return "avx512f" in _abilities()


def has_bfloat16() -> bool:
    """Tells whether the processors multiply bfloat16, as far as known.

    Returns:
        False also where the system does not tell: only Linux does.
    """
    return "avx512_bf16" in _abilities()


def warn_without_bfloat16() -> None:
    """Warns if the processors are not known to multiply bfloat16."""
    if not has_bfloat16():
        warnings.warn(
            "This processor is not known to multiply bfloat16: without a "
            "graphics card, float32 may be faster.",
            stacklevel=2,
        )


@functools.cache
def _abilities() -> frozenset[str]:
    """Reads the flags of the first processor; empty if unknown."""
    try:
        with open(PROCESSORS, encoding="ascii", errors="replace") as file:
            flags = next((one for one in file if one.startswith("flags")), "")
    except OSError:
        return frozenset()
    return frozenset(flags.split())
