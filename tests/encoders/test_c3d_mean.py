"""The mean colour of a mean cube."""

import numpy as np
import pytest

from rmdn_tf.encoders.c3d_mean import read_mean_rgb


def test_the_mean_cube_is_reduced_to_its_colour(tmp_path):
    cube = np.random.default_rng(0).uniform(80, 120, (3, 16, 12, 17))
    bgr = cube.mean((1, 2, 3))
    np.save(tmp_path / "mean.npy", cube)
    np.save(tmp_path / "last.npy", np.moveaxis(cube, 0, -1)[None])
    np.save(tmp_path / "flat.npy", cube[0])
    for name in ("mean.npy", "last.npy"):
        found = read_mean_rgb(tmp_path / name)
        np.testing.assert_allclose(found, bgr[::-1], rtol=1e-12)
        found = read_mean_rgb(tmp_path / name, channels="rgb")
        np.testing.assert_allclose(found, bgr, rtol=1e-12)
    expected = r"\[3, 16, 128, 171\].*\(16, 12, 17\)"
    with pytest.raises(ValueError, match=expected):
        read_mean_rgb(tmp_path / "flat.npy")
    (tmp_path / "cut.npy").write_bytes(b"PK\3\4")
    with pytest.raises(ValueError, match="Invalid file .*cut.npy"):
        read_mean_rgb(tmp_path / "cut.npy")
