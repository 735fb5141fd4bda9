"""Checks that the maps of a video belong to that video, frame by frame."""

from rmdn_tf.data.annotations import Video
from rmdn_tf.evaluation.map_errors import MapError
from rmdn_tf.evaluation.video_maps import VideoMaps

# A tool that predicts the middle frame of a clip leaves out as many frames at
# both ends of a video; a decoder may lose a few more at the end.
FEW_FRAMES = 2

_ANYWAY = "To score the maps all the same, give --nocheck_maps."


def check_fit(maps: VideoMaps, video: Video, first_frame: int | None) -> None:
    """Makes sure that maps are those of a video's frames.

    Raises:
        MapError: other numbers of frames, or width and height swapped.
    """
    _check_frames(maps, video, first_frame)
    (height, width), (rows, columns) = video.original_size, maps.size
    is_square = _is_alike(height / width, width / height)
    if _is_alike(rows / columns, width / height) and not is_square:
        raise MapError(
            f"Invalid shape of the maps of '{video.video_id}', such as "
            f"'{maps.example}'. Expected rows and columns as in the video, "
            f"{height} and {width}. Received: {rows} and {columns}: the maps "
            f"may be transposed. {_ANYWAY}"
        )


def is_stretched(maps: VideoMaps, video: Video) -> bool:
    """Returns whether maps have another aspect ratio than their video."""
    (height, width), (rows, columns) = video.original_size, maps.size
    return not _is_alike(rows / columns, height / width)


def _is_alike(ratio: float, other: float) -> bool:
    """Compares aspect ratios, which the rounding of sizes changes."""
    return abs(ratio / other - 1) < 0.02


def _check_frames(
    maps: VideoMaps, video: Video, first_frame: int | None
) -> None:
    length, num_maps = video.num_frames, len(maps.frames)
    first, last = min(maps.frames, default=0), max(maps.frames, default=-1)
    is_run = last - first == num_maps - 1
    if is_run and first and first_frame is not None and last >= length:
        number = first + first_frame
        flag = number if number in (0, 1) else "any"
        _refuse(
            maps,
            video,
            f"{num_maps} maps, from the number {number} on. If the first one "
            f"is the map of the first frame, give --first_frame {flag}.",
        )
    is_short = length - 1 - last > first + FEW_FRAMES
    has_gaps = first_frame is None and num_maps < length
    if last >= length or is_short or has_gaps:
        _refuse(maps, video, f"{num_maps} maps.{_other_rate(num_maps, video)}")


def _other_rate(num_maps: int, video: Video) -> str:
    ratio = num_maps / video.num_frames
    if 0.9 < ratio < 1.1:
        return ""
    rate = video.frames_per_second
    return (
        f" The dataset stores {rate:.4g} frames per second; the maps may be "
        f"those of {rate * ratio:.4g} frames per second."
    )


def _refuse(maps: VideoMaps, video: Video, received: str) -> None:
    raise MapError(
        f"Invalid number of maps of '{video.video_id}', such as "
        f"'{maps.example}'. Expected a map of each of its {video.num_frames} "
        f"frames. Received: {received} {_ANYWAY}"
    )
