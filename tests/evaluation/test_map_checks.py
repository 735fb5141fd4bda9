"""Maps that are not those of the video are refused, with the likely reason."""

import re
import unicodedata

import numpy as np
import pytest

from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.evaluation.map_errors import MapError
from tests.helpers.made_gaze import make_video
from tests.helpers.written_maps import made_levels, write_array, write_png

VIDEO = make_video("a", num_frames=20)  # 48 rows, 64 columns, 10 a second.


def survey(directory, videos=(VIDEO,), **options):
    maps = MapDirectory(directory, **options)
    return maps.survey({video.video_id: video for video in videos})


def refusal(directory, **options):
    with pytest.raises(MapError) as caught:
        survey(directory, **options)
    return str(caught.value)


def write_numbers(directory, numbers, video_id="a", size=(6, 8)):
    for number in numbers:
        levels = made_levels(number, size=size)
        write_png(directory / f"{video_id}/{number:04d}.png", levels)


@pytest.mark.parametrize(
    ("numbers", "first_frame", "message"),
    [
        (range(1, 31), 1, "20 frames. Received: 30 maps. .* of 15 frames per"),
        (range(1, 61), 1, "60 maps. .*stores 10 frames .* of 30 frames per"),
        (range(1, 14), 1, "13 maps. .* be those of 6.5 frames per second"),
        (range(1, 18), 1, "Received: 17 maps. .* of 8.5 frames per second"),
        (range(1, 22), 1, "Received: 21 maps. To score"),
        (range(20), 1, "'0000.png'.*Received: 0. .*--first_frame 0"),
        (range(1, 21), 0, "the number 1 on. .* give --first_frame 1. "),
        (range(49, 69), 1, "the number 49 on. .* give --first_frame any. "),
        (range(49, 59), None, "Received: 10 maps. .* of 5 frames per second"),
    ],
)
def test_maps_of_other_frames_are_refused(
    tmp_path, numbers, first_frame, message
):
    write_numbers(tmp_path, numbers)
    text = refusal(tmp_path, first_frame=first_frame)
    assert re.search(message, text) and str(tmp_path) in text


@pytest.mark.parametrize("num_maps", [10, 30])
def test_an_array_of_another_length_is_refused(tmp_path, num_maps):
    write_array(tmp_path / "a.npy", np.ones([num_maps, 6, 8]))
    assert f"20 frames. Received: {num_maps} maps." in refusal(tmp_path)


@pytest.mark.parametrize(
    ("numbers", "first_frame"),
    [
        (range(1, 21), 1),
        (range(20), 0),
        (range(49, 69), None),
        (range(9, 14), 1),  # The middle of clips: 8 and 7 frames are left out.
        ([1, 2, 7, 19], 1),
    ],
)
def test_maps_of_the_frames_pass(tmp_path, numbers, first_frame):
    write_numbers(tmp_path, numbers)
    found = survey(tmp_path, first_frame=first_frame)
    assert found.startswith(f"{len(numbers)} maps of 1 video, ")


@pytest.mark.parametrize("size", [(64, 48), (32, 24)])
def test_maps_of_swapped_width_and_height_are_refused(tmp_path, size):
    write_numbers(tmp_path, range(1, 21), size=size)
    message = f"48 and 64. Received: {size[0]} and {size[1]}: .* transposed"
    assert re.search(message, refusal(tmp_path))


def test_maps_of_another_shape_are_told_to_be_stretched(tmp_path):
    write_numbers(tmp_path, range(1, 21), size=(6, 8))
    assert "stretched" not in survey(tmp_path)
    write_numbers(tmp_path / "wide", range(1, 21), size=(6, 16))
    found = survey(tmp_path / "wide")
    assert "6 rows and 16 columns" in found
    assert "Those of 1 video have another aspect ratio" in found


def test_a_flag_takes_all_of_them(tmp_path):
    write_numbers(tmp_path, range(1, 31), size=(64, 48))
    assert survey(tmp_path, check=False).startswith("30 maps of 1 video,")


def test_another_survey_is_of_other_videos(tmp_path):
    write_numbers(tmp_path, range(1, 21))
    maps = MapDirectory(tmp_path)
    assert maps.survey({"a": VIDEO}) == maps.survey({"a": VIDEO})
    for _ in range(2):
        with pytest.raises(MapError, match="30 frames. Received: 20 maps"):
            maps.survey({"a": make_video("a", 30)})


def test_a_missing_video_is_found_before_any_is_scored(tmp_path):
    write_numbers(tmp_path, range(1, 21))
    with pytest.raises(MapError, match="No maps of the video 'b' in"):
        survey(tmp_path, [VIDEO, make_video("b", 20)])


def test_maps_of_one_video_are_not_taken_for_two(tmp_path):
    write_numbers(tmp_path, range(1, 21), "V1")
    videos = [make_video("v1", 20), make_video("V1", 20)]
    with pytest.raises(MapError, match="Ambiguous maps.*'v1' and 'V1'"):
        survey(tmp_path, videos)


def test_names_are_alike_in_any_unicode_form_and_case(tmp_path):
    name = "Café_Jürgen"
    on_disk = unicodedata.normalize("NFD", name).upper()
    write_numbers(tmp_path, range(1, 21), on_disk)
    for form in ("NFC", "NFD"):
        video = make_video(unicodedata.normalize(form, name), 20)
        assert survey(tmp_path, [video]).startswith("20 maps")


@pytest.mark.parametrize(
    "folder", ["A", "a_sal", "a.avi", "out", "out/DHF1K/val"]
)
def test_the_folder_of_a_video_is_found(tmp_path, folder):
    own = folder if not folder.startswith("out") else f"{folder}/a"
    write_numbers(tmp_path, range(1, 21), own)
    assert f"{tmp_path}/{own}/0001.png" in survey(tmp_path)


@pytest.mark.parametrize("shape", [(48,), (3, 6, 8)])
def test_maps_of_another_number_of_axes_are_refused(tmp_path, shape):
    for number in range(1, 21):
        write_array(tmp_path / f"a/{number:04d}.npy", np.ones(shape))
    message = re.escape(
        f"0001.npy'. Expected [height, width]. Received: shape {shape}"
    )
    assert re.search(message, refusal(tmp_path))


def test_the_same_video_in_two_datasets_is_ambiguous(tmp_path):
    for dataset in ("DHF1K", "UCF"):
        write_numbers(tmp_path / dataset, range(1, 21))
    message = refusal(tmp_path)
    assert "Ambiguous folder" in message
    assert "/DHF1K'" in message and "/UCF'" in message
    assert survey(tmp_path / "UCF").startswith("20 maps")
