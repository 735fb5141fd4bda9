"""Writes the maps of a video as published tools do.

The layouts are those of the code that its authors published, see `LAYOUTS`.
"""

import h5py
import numpy as np
import scipy.io
from PIL import Image

from tests.helpers.made_videos import write_lossless, write_video

NOISE = np.random.default_rng(0).integers(0, 255, (6, 8, 3), np.uint8)


def write_image(path, levels, rgb=False):
    """Writes a PNG or a JPEG of best quality; makes folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(levels)
    options = {"quality": 100} if path.suffix == ".jpg" else {}
    (image.convert("RGB") if rgb else image).save(path, **options)


def images(pattern, rgb=False, first=1, beside=()):
    """Returns a writer of an image a frame, beside other images."""

    def write(directory, video_id, maps):
        for number, levels in enumerate(maps, first):
            path = directory / pattern.format(video_id, number)
            write_image(path, levels, rgb)
        for other in beside:
            write_image(directory / other.format(video_id, first), NOISE)

    return write


def arrays(pattern, save, change=lambda levels: levels):
    """Returns a writer of an array a frame."""

    def write(directory, video_id, maps):
        for number, levels in enumerate(maps, 1):
            path = directory / pattern.format(video_id, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            save(path, change(levels / 255))

    return write


def whole(suffix, save, change=lambda maps: maps):
    """Returns a writer of one file with all maps of the video."""

    def write(directory, video_id, maps):
        directory.mkdir(parents=True, exist_ok=True)
        save(directory / f"{video_id}{suffix}", change(maps))

    return write


def save_mat(path, array):
    scipy.io.savemat(path, {"salmap": array, "fps": 25.0}, do_compression=True)


def save_mat73(path, array):
    """Writes as MATLAB's `save -v7.3`: axes in reverse order, a preface."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("salmap", data=array.T, compression="gzip")
        file["fps"] = np.full([1, 1], 25.0)
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512))


def as_rgb(maps):
    return np.repeat(maps[..., None], 3, axis=-1)


def save_lossless(path, maps):
    write_lossless(path, as_rgb(maps))


def save_h264(path, maps):
    write_video(path, as_rgb(maps), pix_fmt="yuv420p")


# Layout -> (writer, options of `MapDirectory`). Where an author is named, the
# published code of that tool writes these names.
LAYOUTS = {
    "tased-net": (images("{}/{:04d}.png"), {}),
    "vinet": (images("{}/{:04d}.png", rgb=True), {}),
    "vinet jpg": (images("{}/img_{:05d}.jpg", rgb=True), {}),
    "tmfi-net": (images("{}/{:04d}.png", rgb=True), {}),
    "salema dhf1k": (images("{}/{:04d}.png", rgb=True), {}),
    "salema hollywood2": (
        images(
            "Hollywood-2/testing/{0}/SalEMA30_predictions/{0}_{1:05d}.png",
            rgb=True,
            beside=["Hollywood-2/testing/{}/images/{:05d}.png"],
        ),
        {},
    ),
    "salema beside the true maps": (
        images(
            "{0}/SalEMA30_predictions/{0}_{1:05d}.png",
            beside=["{}/maps/{:05d}.png", "{}/fixation/{:05d}.png"],
        ),
        {"map_folder": "SalEMA30_predictions"},
    ),
    "unisal folder": (
        images("{}/saliency/{:04d}.jpg", beside=["{}/images/{:04d}.jpg"]),
        {},
    ),
    "unisal run": (images("DHF1K/{}/{:04d}.png"), {}),
    "unisal hollywood2": (
        images("Hollywood/{0}/actioncliptest00001_{1:05d}.png", first=49),
        {"first_frame": None},
    ),
    "stavis": (images("DIEM/{}/pred_sal_{:06d}.jpg"), {}),
    "stavis eye maps": (images("{}/maps/eyeMap_{:05d}.jpg"), {}),
    "hd2s": (
        images("{}/frames/{:04d}.png", beside=["{}/images/{:04d}.jpg"]),
        {},
    ),
    "aclnet": (images("test/{}/{:04d}.jpg"), {}),
    "no zeros": (images("{}/{}.png"), {}),
    "from 0": (images("{}/{:04d}.png", first=0), {"first_frame": 0}),
    "number before an ending": (images("{}/{:04d}_sal.png"), {}),
    "number before the size": (images("{}/v2_{:04d}_384x224.png"), {}),
    "npy": (arrays("{}/{:04d}.npy", np.save), {}),
    "npy [h, w, 1]": (
        arrays("{}/{:04d}.npy", np.save, lambda one: one[..., None]),
        {},
    ),
    "npy [1, h, w]": (
        arrays("{}/{:04d}.npy", np.save, lambda one: one[None]),
        {},
    ),
    "npz": (arrays("{}/{:04d}.npz", np.savez_compressed), {}),
    "mat": (arrays("{}/{:04d}.mat", save_mat), {}),
    "mat 7.3": (arrays("{}/{:04d}.mat", save_mat73), {}),
    "whole npy": (whole(".npy", np.save), {}),
    "whole npy [L, h, w, 1]": (
        whole(".npy", np.save, lambda maps: maps[..., None]),
        {},
    ),
    "whole npz": (whole(".npz", np.savez), {}),
    "whole mat [h, w, L]": (
        whole(".mat", save_mat, lambda maps: maps.transpose(1, 2, 0)),
        {},
    ),
    "whole mat [L, h, w]": (whole(".mat", save_mat), {}),
    "whole mat 7.3": (
        whole(".mat", save_mat73, lambda maps: maps.transpose(1, 2, 0)),
        {},
    ),
    "whole with an ending": (whole("_sal.npy", np.save), {}),
    "grey video": (whole(".avi", save_lossless), {}),
    "h264": (whole(".mp4", save_h264), {}),
}

# Relative error of the scores: a lossy file changes some levels by a few.
TOLERANCES = dict.fromkeys(LAYOUTS, 1e-9) | {
    "vinet jpg": 3e-3,
    "unisal folder": 3e-3,
    "stavis": 3e-3,
    "stavis eye maps": 3e-3,
    "aclnet": 3e-3,
    "h264": 1e-2,
}
