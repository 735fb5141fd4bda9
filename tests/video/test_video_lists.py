"""Videos that name other files: none of these is written over."""

import pytest

from rmdn_tf import predict
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.video.reader import VideoReader
from tests.helpers.made_videos import moving_square, read_back, write_video


@pytest.fixture(scope="module")
def model_dir(tiny_spatial_model, tmp_path_factory):
    directory = tmp_path_factory.mktemp("tiny")
    model = build_rmdn(tiny_spatial_model)
    save_model(model, tiny_spatial_model, directory)
    return directory


def run(*arguments):
    return predict.main([str(one) for one in arguments])


@pytest.fixture
def make_list(tmp_path):
    """Returns what makes a video of `a.mp4` and `b.mp4`, by its kind."""
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, moving_square(8))

    def make(kind):
        if kind == "subfile":
            return f"subfile,,start,0,end,0,,:{tmp_path / 'b.mp4'}"
        path = tmp_path / "list.ffconcat"
        path.write_text("ffconcat version 1.0\nfile a.mp4\nfile b.mp4\n")
        return path

    return make


@pytest.mark.parametrize("kind", ["ffconcat", "subfile"])
def test_a_file_that_a_list_names_is_not_overwritten(
    make_list, model_dir, tmp_path, capsys, kind
):
    video = make_list(kind)
    before = (tmp_path / "b.mp4").read_bytes()
    output = tmp_path / "b.mp4"
    assert run(*("--video", video, "--model", model_dir, "--output", output))
    assert "is not one file" in capsys.readouterr().err
    assert output.read_bytes() == before


def test_a_list_is_predicted_into_a_new_file(make_list, model_dir, tmp_path):
    output = tmp_path / "out.mp4"
    options = ("--model", model_dir, "--output", output)
    assert run("--video", make_list("ffconcat"), *options) == 0
    assert len(read_back(output)[0]) == 16


def test_one_file_is_no_list(tmp_path):
    path = write_video(tmp_path / "a.mp4", moving_square(8))
    with VideoReader(path) as reader:
        assert not reader.reads_other_files
