"""Folders of numbered images and fixation maps, small, for tests."""

import numpy as np
import tensorflow as tf

from tests.helpers.made_videos import grey_frames

SIZE = (24, 32)


def write_image(path, image):
    """Writes uint8 `[H, W, channels]` as PNG, also under another suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(image).numpy())
    return path


def write_frame(path, level, size=SIZE):
    return write_image(path, grey_frames([level], size)[0])


def write_map(path, pixels, size=SIZE, level=255):
    """Writes a map that is `level` at the pixels (row, column)."""
    image = np.zeros([*size, 1], np.uint8)
    for row, column in pixels:
        image[row, column] = level
    return write_image(path, image)


def write_video_folder(folder, prefix, maps):
    """Writes `images/` and `fixation/`, in it the trap `maps/`.

    Args:
        folder: the video's folder.
        prefix: of the files' names, before the number.
        maps: number -> pixels; the frame of number n has the grey level
            10 n, modulo 256.
    """
    for number, pixels in maps.items():
        file = f"{prefix}{number}.png"
        write_frame(folder / "images" / file, 10 * int(number) % 256)
        write_map(folder / "fixation" / file, pixels)
        # Two files that are no maps, though they lie among the maps.
        write_map(folder / "fixation" / "maps" / file, [(0, 0)])
        (folder / "fixation" / "maps" / f"{prefix}{number}.mat").touch()
    return folder
