"""Draws clips: gaze, the model's density and people's side by side.

    python -m experiments.spatial.overlays --raw_dir RAW --work_dir WORK \\
        --model full --output_dir OUT

Each clip is predicted by the model that has not seen its scene. OUT gets a
video `CLIP.mp4` of the chosen clips, and of every clip `CLIP.jpg`, its worst
frames by bits per fixation. With --cut_run, `cut.mp4` shows two clips joined by
a cut, as the model of that run predicts them.
"""

import argparse
import os
import pathlib
from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import av
import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw

import rmdn_tf  # noqa: F401
from experiments.spatial.datasets import (
    ALL,
    FRAMES_PER_SECOND,
    prepare_clips,
)
from experiments.spatial.folds import SIZE
from experiments.spatial.maps import StoredMaps, normalized, some_frames
from experiments.spatial.score import SIDE, stored_models
from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import CONTEXT, Window
from rmdn_tf.evaluation.protocols import EXACT_BLUR
from rmdn_tf.files.published import published
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.metrics.fixation_maps import fixated_pixels
from rmdn_tf.metrics.true_density import fixation_densities
from rmdn_tf.video.drawing import draw_fixations, overlay

# Two with faces, two with a moving camera, and a recording of a screen.
CLIPS = ("FourPeople", "Vidyo3", "Kimono", "BasketballDrill", "SlideShow")

# Two clips of one fold, to be joined by a cut, and frames of the joined clip.
CUT = ("PeopleOnStreet", "Vidyo1")
CUT_FRAMES = 60

WIDTH = 480  # Pixels of a panel.
NUM_WORST = 6


def main() -> None:
    """Writes the pictures and the videos."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw_dir", required=True, help="of the clips")
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument("--model", default="full", help="as in `score`")
    parser.add_argument("--videos", nargs="*", default=[*CLIPS])
    parser.add_argument("--cut_run", help="a run that has not seen the cut")
    parser.add_argument("--output_dir", required=True, type=pathlib.Path)
    options = parser.parse_args()
    refuse_overwriting(
        {"--work_dir": options.work_dir}, {"--output_dir": options.output_dir}
    )
    data_dir = prepare_clips(options.raw_dir, options.work_dir, SIDE)
    (maps,) = stored_models(options.work_dir / "maps", [options.model]).values()
    options.output_dir.mkdir(parents=True, exist_ok=True)
    clips = {}
    for video, frames in pictures_of(data_dir):
        clip = Clip.of_video(video, frames, maps)
        show_worst(clip, options.output_dir)
        if video.video_id in options.videos:
            clip.write(options.output_dir / f"{video.video_id}.mp4")
        if video.video_id in CUT:
            clips[video.video_id] = clip
    if options.cut_run:
        clip = join(*(clips[name] for name in CUT), options.cut_run)
        show_worst(clip, options.output_dir)
        clip.write(options.output_dir / "cut.mp4")


def show_worst(clip: "Clip", output_dir: pathlib.Path) -> None:
    """Writes and prints the worst frames of a clip."""
    worst = sorted(np.argsort(clip.bits)[:NUM_WORST])
    sheet = np.concatenate([clip.panels(number) for number in worst])
    Image.fromarray(sheet).save(output_dir / f"{clip.name}.jpg")
    named = ", ".join(f"{n} ({clip.bits[n]:.2f})" for n in worst)
    print(f"{clip.name}: {clip.bits.mean():.2f} bits; worst frames {named}")


def pictures_of(
    data_dir: pathlib.Path,
) -> Iterator[tuple[Video, np.ndarray]]:
    """Yields each clip and its frames, uint8 `[n, H, W, 3]`."""
    videos = read_videos(data_dir, ALL)
    parts: list[np.ndarray] = []
    for batch in ordered_windows(data_dir, ALL, batch_size=1, window=Window()):
        number = int(batch["frame_mask"].numpy().sum())
        if not number:
            continue
        video = videos[batch["video_id"][0].numpy().decode()]
        parts.append(batch["frames"][0, CONTEXT : CONTEXT + number].numpy())
        if int(batch["first_frame"][0]) + number == video.num_frames:
            yield video, np.concatenate(parts)
            parts = []


def join(first: "Clip", second: "Clip", run: str) -> "Clip":
    """Joins the ends of two clips by a cut, and predicts them as one video."""
    half = CUT_FRAMES // 2
    frames = np.concatenate([first.frames[-half:], second.frames[:half]])
    model = rmdn_tf.load(run)
    logs = [
        np.log(density.saliency_map(*SIZE))
        for _, density in model.stream(frames, FRAMES_PER_SECOND)
    ]
    return Clip(
        "cut",
        first.shape,
        frames,
        first.points[-half:] + second.points[:half],
        np.array(logs),
    )


class Clip:
    """Frames with gaze and a model's maps.

    Args:
        name: shown, and the name of the files.
        shape: (height, width) to show, at any scale.
        frames: uint8 `[n, H, W, 3]`.
        points: the fixations on each frame, float `[m, 2]`, (x, y) in [0, 1].
        logs: log-densities, float `[n, *SIZE]`.

    Attributes:
        bits: bits per fixation of each frame, float `[n]`; infinite without
            a fixation.
    """

    def __init__(
        self,
        name: str,
        shape: tuple[int, int],
        frames: np.ndarray,
        points: list[np.ndarray],
        logs: np.ndarray,
    ):
        self.name, self.shape = name, shape
        self.frames, self.points = frames, points
        self._model = np.exp(logs)
        self.bits = np.array(
            [
                _bits(one, of_frame) if len(of_frame) else np.inf
                for one, of_frame in zip(normalized(logs), points, strict=True)
            ]
        )

    @classmethod
    def of_video(
        cls, video: Video, frames: np.ndarray, maps: StoredMaps
    ) -> "Clip":
        """Makes the clip of a whole video."""
        chosen = some_frames(video)
        gaze = chosen.gaze
        return cls(
            video.video_id,
            video.original_size,
            frames,
            [p[m] for p, m in zip(gaze.points, gaze.mask, strict=True)],
            normalized(maps.log_maps(chosen, SIZE)),
        )

    def panels(self, number: int) -> np.ndarray:
        """Draws gaze, model and people on a frame, uint8 `[h, 3 w, 3]`."""
        height, width = self.shape
        size = (2 * round(WIDTH * height / width / 2), WIDTH)
        picture = _resized(self.frames[number], size)
        points = self.points[number]
        (people,) = fixation_densities(
            points[None],
            np.ones([1, len(points)], bool),
            *SIZE,
            EXACT_BLUR * SIZE[1],
            0.0,
        )
        panels = (
            (f"{self.name}, frame {number}", draw_fixations(picture, points)),
            (
                f"model, {self.bits[number]:.2f} bits",
                overlay(picture, _resized(self._model[number], size)),
            ),
            ("people", overlay(picture, _resized(people, size))),
        )
        return np.concatenate([_named(*pair) for pair in panels], axis=1)

    def write(self, path: pathlib.Path) -> None:
        """Writes all frames as a video."""
        with published(path) as temporary, av.open(temporary, "w") as file:
            stream = None
            for number in range(len(self.frames)):
                picture = self.panels(number)
                if stream is None:
                    stream = file.add_stream("libx264", rate=FRAMES_PER_SECOND)
                    stream.height, stream.width = picture.shape[:2]
                    stream.pix_fmt = "yuv420p"
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                file.mux(stream.encode(frame))
            file.mux(stream.encode())


def _bits(logs: np.ndarray, points: np.ndarray) -> float:
    """Bits per fixation of a log-density of a frame."""
    mask = np.ones([1, len(points)], bool)
    _, pixels = fixated_pixels(points[None], mask, *SIZE)
    return (logs.ravel()[pixels].mean() + np.log(logs.size)) / np.log(2)


def _resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes a picture or a map."""
    is_map = picture.ndim == 2
    resized = tf.image.resize(picture[..., None] if is_map else picture, size)
    if is_map:
        return resized[..., 0].numpy()
    return np.rint(resized.numpy()).astype(np.uint8)


def _named(text: str, picture: np.ndarray) -> np.ndarray:
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 0, 8 + draw.textlength(text), 14], fill=(0, 0, 0))
    draw.text((4, 2), text, fill=(255, 255, 255))
    return np.asarray(image)


if __name__ == "__main__":
    main()
