"""Predictions in bfloat16."""

import numpy as np
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This processor is not known"),
]


def test_bfloat16_gives_nearly_the_same_numbers(run, video, tmp_path):
    stored = []
    for precision in ("float32", "bfloat16"):
        path = tmp_path / f"{precision}.npz"
        options = ["--parameters", path, "--precision", precision]
        assert run(video, *options, output=None)[0] == 0
        with np.load(path) as file:
            stored.append(file["parameters"])
    assert (stored[0] != stored[1]).any()
    np.testing.assert_allclose(stored[1], stored[0], rtol=0.05, atol=0.05)


def test_maps_of_two_precisions_are_not_mixed(run, video, tmp_path, capsys):
    options = ["--maps", tmp_path / "maps", "--num_frames", "2"]
    assert run(video, *options, output=None)[0] == 0
    options += ["--precision", "bfloat16"]
    assert run(video, *options, output=None)[0] == 1
    assert "precision" in capsys.readouterr().err
