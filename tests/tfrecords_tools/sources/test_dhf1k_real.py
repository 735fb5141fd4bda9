"""The raw gaze of a real DHF1K video, against a plain loop over its files."""

import collections

import numpy as np
import pytest

from tfrecords_tools.gaze import samples as gaze
from tfrecords_tools.sources.dhf1k import Dhf1k


@pytest.fixture(scope="module")
def real_source(real_data):
    path = real_data / "dhf1k"
    if not path.is_dir():
        pytest.skip(f"'{path}' is not there.")
    return Dhf1k(path)


def points_by_frame(folder, num_frames):
    """The other route: a plain loop over the lines of each file.

    Returns frame -> [(observer, x, y)], and the number of samples.
    """
    num_samples = 0
    points = collections.defaultdict(list)
    for path in (folder / "exportdata_train").rglob("*.txt"):
        lines = [line.split("\t") for line in path.read_text().splitlines()[1:]]
        num_samples += len(lines)
        observer = int(path.parent.name[1:])
        for frame, (_, x, y) in nearest_samples(lines).items():
            if frame < num_frames:
                points[frame].append((observer, x, y))
    return points, num_samples


def nearest_samples(lines):
    """Returns frame -> (distance, x, y) of the sample nearest its middle."""
    start = int(lines[0][0])
    best = {}
    for line in lines:
        time = int(line[0]) - start
        frame = time * 30 // 1_000_000
        x = float(line[5]) / 1440
        y = (float(line[6]) * 640 / 1440 - 20) / 360
        is_inside = 0 <= x < 1 and 0 <= y < 1
        if line[7] != "Fixation" or not is_inside:
            continue
        distance = abs(time - (frame + 0.5) / 30 * 1e6)
        if frame not in best or distance < best[frame][0]:
            best[frame] = distance, x, y
    return best


def test_fixations_of_a_real_video_agree_with_the_raw_files(
    real_source, real_data
):
    (entry,) = real_source.entries()
    raw = real_source.open(entry)
    assert raw.original_size == (360, 640)
    points, num_samples = points_by_frame(
        real_data / "dhf1k", real_source.num_frames(entry)
    )
    expected = [(frame, *point) for frame in points for point in points[frame]]
    expected = np.array(sorted(expected))
    fixations = raw.fixations
    np.testing.assert_array_equal(
        np.stack([fixations.frame, fixations.observer], axis=1),
        expected[:, :2],
    )
    got = np.stack([fixations.x, fixations.y], axis=1)
    # Absolute tolerance: y is a difference, which may be near 0.
    np.testing.assert_allclose(got, expected[:, 2:], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(
        np.median(got, axis=0), np.median(expected[:, 2:], axis=0), rtol=1e-5
    )
    np.testing.assert_array_equal(
        np.bincount(fixations.frame), [len(points[f]) for f in sorted(points)]
    )
    # Every sample is a fixation or counted.
    assert len(fixations) + sum(raw.left_out.values()) == num_samples
    assert raw.left_out[gaze.SAMPLES_OF_BLINKS] == 5077
    assert raw.left_out[gaze.SAMPLES_OF_SACCADES] == 23784
