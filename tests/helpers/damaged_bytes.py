"""Random damage of the content of a file, for tests with hypothesis.

`RMDN_FUZZ_EXAMPLES` sets the number of examples, to search for longer than the
tests may take, and among other examples.
"""

import os

from hypothesis import strategies as st

IS_SEARCH = "RMDN_FUZZ_EXAMPLES" in os.environ
NUM_EXAMPLES = int(os.environ.get("RMDN_FUZZ_EXAMPLES", "15"))

PLACES = st.integers(0, 200) | st.integers(0, 2**20)
NOISE = st.binary(min_size=1, max_size=20) | st.sampled_from(
    [
        *(b"\n", b"\r", b"\t", b",", b'"', b" ", b"-", b"F", b"1", b"\xff" * 8),
        *(b"nan", b"inf", b"1e400", b"9" * 30, b"\xef\xbb\xbf", b"a/b", b"\0"),
    ]
)
DAMAGES = st.lists(
    st.tuples(st.sampled_from("cut put insert remove".split()), PLACES, NOISE),
    min_size=1,
    max_size=3,
) | st.binary(max_size=300)


def damage(content, damages):
    """Returns other bytes: random ones, or the content damaged in places."""
    if isinstance(damages, bytes):
        return damages
    for kind, place, noise in damages:
        place %= len(content) + 1
        end = place if kind == "insert" else place + len(noise)
        middle = noise if kind in ("put", "insert") else b""
        rest = b"" if kind == "cut" else content[end:]
        content = content[:place] + middle + rest
    return content
