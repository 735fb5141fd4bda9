"""A profile of some steps."""

import pytest
import tensorflow as tf

from rmdn_tf.training.profile import FIRST_STEP, Profile


def _traces(directory):
    return list((directory / "plugins" / "profile").rglob("*.xplane.pb"))


def test_a_trace_lies_where_tensorboard_looks(tmp_path):
    with Profile(tmp_path, 1) as profile:
        for _ in range(FIRST_STEP + 2):
            profile.next_step()
            tf.linalg.matmul(tf.ones([8, 8]), tf.ones([8, 8]))
    (trace,) = _traces(tmp_path)
    assert trace.stat().st_size > 0


@pytest.mark.parametrize(
    ("num_steps", "num_made", "expected"),
    [
        (0, 9, []),
        (3, FIRST_STEP, []),  # An epoch of too few steps.
        (3, 9, ["start 2", "stop 5"]),
        (1, 9, ["start 2", "stop 3"]),
        (5, 4, ["start 2", "stop 4"]),  # It ends with the epoch.
    ],
)
def test_the_wanted_steps_are_recorded(
    num_steps, num_made, expected, tmp_path, monkeypatch
):
    done, heard = 0, []
    profiler = tf.profiler.experimental
    monkeypatch.setattr(
        profiler, "start", lambda _: heard.append(f"start {done}")
    )
    monkeypatch.setattr(profiler, "stop", lambda: heard.append(f"stop {done}"))
    with Profile(tmp_path, num_steps) as profile:
        for _ in range(num_made):
            profile.next_step()
            done += 1
    assert heard == expected


def test_a_failure_ends_the_recording(tmp_path):
    with pytest.raises(ValueError, match="torn"), Profile(tmp_path, 5) as p:
        for _ in range(FIRST_STEP + 1):
            p.next_step()
        raise ValueError("torn")
    assert len(_traces(tmp_path)) == 1
    tf.profiler.experimental.start(str(tmp_path / "next"))
    tf.profiler.experimental.stop()
