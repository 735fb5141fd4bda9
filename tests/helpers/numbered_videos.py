"""A dataset in which frame, fixation and truth say where they belong.

Every frame shows its video's number and its own in flat grey blocks, which
JPEG keeps; the coordinates of a fixation are one number for each fixation of
the dataset, and so are those of the true density. What a reader serves can be
told apart and compared with what was written.
"""

import av
import numpy as np

from rmdn_tf.data.input_pipeline import random_cuts
from rmdn_tf.data.records import Fixations
from rmdn_tf.data.windows import CONTEXT, Window
from tfrecords_tools.raw_video import RawVideo, Source, VideoEntry

SIZE = (8, 24)
BLOCK = 8  # side of a flat block, in pixels: JPEG's own
LENGTHS = {
    "one": 1,
    "five": 5,
    "clip": 16,
    "window": 52,
    "hundred": 100,
    "long": 600,  # two records: 512 and 88 frames
}
VIDEOS = sorted(LENGTHS)
MOST_FIXATIONS = 3
NUM_COMPONENTS = 2
RANDOM_WINDOW = Window(32)  # F = 17
DRAWN = 2  # fixations of a frame that `random_cuts` draws


def make_frame(video: int, frame: int) -> np.ndarray:
    """Returns uint8 `SIZE + [3]` that shows the two numbers."""
    digits = np.array([video, frame // 32, frame % 32])
    row = np.repeat(digits * 8 + 4, BLOCK).astype(np.uint8)
    return np.broadcast_to(row[None, :, None], (*SIZE, 3))


def read_frames(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns video and frame number of frames `[..., H, W, 3]`."""
    blocks = pixels.reshape([*pixels.shape[:-3], BLOCK, 3, BLOCK, 3])
    digits = blocks.astype(float).mean(axis=(-4, -2, -1)) // 8
    video, high, low = np.moveaxis(digits.astype(int), -1, 0)
    return video, high * 32 + low


def points_on(video: int, frame: int) -> set[tuple[float, float]]:
    """Returns the fixations (x, y) on a frame: 0, 1, 2 or 3."""
    # Powers of two, so that float32 holds them exactly.
    numbers = [
        (video * 600 + frame) * 4 + k for k in range((frame + video) % 4)
    ]
    return {(number / 2**14, 1 - number / 2**14) for number in numbers}


def truth_on(video: int, frame: np.ndarray) -> np.ndarray:
    """Returns `[n, NUM_COMPONENTS, 6]` for frame numbers `[n]`."""
    rest = np.arange(NUM_COMPONENTS * 6).reshape([1, NUM_COMPONENTS, 6])
    truth = (video * 600 + np.asarray(frame))[:, None, None] * 16 + rest
    return truth.astype(np.float32)


class NumberedVideos(Source):
    """All videos with their true densities, or two short ones without.

    All are in the training split; the others stay empty.
    """

    name = "numbered"
    citation = "Nobody."

    def __init__(self, with_truth: bool = True):
        self._with_truth = with_truth

    def entries(self):
        return [
            VideoEntry(name, "train")
            for name in VIDEOS
            if self._with_truth or LENGTHS[name] <= 5
        ]

    def num_frames(self, entry):
        return LENGTHS[entry.video_id]

    def open(self, entry):
        video = VIDEOS.index(entry.video_id)
        frames = np.arange(LENGTHS[entry.video_id])
        rows = [
            (frame, x, y, observer)
            for frame in frames
            for observer, (x, y) in enumerate(sorted(points_on(video, frame)))
        ]
        return RawVideo(
            frames=(
                av.VideoFrame.from_ndarray(make_frame(video, frame), "rgb24")
                for frame in frames
            ),
            original_size=SIZE,
            frames_per_second=25.0,
            fixations=Fixations.from_rows(np.array(rows)),
            truth=truth_on(video, frames) if self._with_truth else None,
        )


def batches(dataset):
    """Returns all batches of a dataset, as NumPy."""
    return list(dataset.as_numpy_iterator())


def windows_of(all_batches):
    """Yields the windows of all batches, row after row of each batch."""
    for batch in all_batches:
        for row in range(len(batch["is_first"])):
            yield {key: value[row] for key, value in batch.items()}


def served(window):
    """Returns video number and numbers of the valid frames of a window."""
    num_valid = int(window["frame_mask"].sum())
    # Valid frames come first, or the mask cuts a hole into a video.
    assert window["frame_mask"][:num_valid].all()
    first = int(window["first_frame"])
    videos, _ = read_frames(window["frames"])
    return int(videos[CONTEXT]), np.arange(first, first + num_valid)


def check_pixels(window):
    """Checks every frame of a window: context, served ones and padding."""
    video, numbers = served(window)
    videos, frames = read_frames(window["frames"])
    np.testing.assert_array_equal(videos, video)
    wanted = numbers[0] - CONTEXT + np.arange(len(frames))
    np.testing.assert_array_equal(frames, np.clip(wanted, 0, numbers[-1]))


def points_by_frame(window):
    """Yields (frame number, set of the fixations served for it)."""
    _, numbers = served(window)
    mask = window["fixation_mask"]
    assert not mask[len(numbers) :].any()
    for index, number in enumerate(numbers):
        points = window["fixations"][index][mask[index]]
        assert len(set(map(tuple, points))) == len(points)
        yield int(number), {(float(x), float(y)) for x, y in points}


def random(data_dir, batch_size=2, seed=0, window=RANDOM_WINDOW, split="train"):
    return random_cuts(
        data_dir,
        split,
        batch_size=batch_size,
        window=window,
        fixations_per_frame=DRAWN,
        seed=seed,
    )
