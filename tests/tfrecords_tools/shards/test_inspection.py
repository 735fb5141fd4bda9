"""What the shards of a split hold, as text and as a picture."""

import shutil

import numpy as np
import pytest
from matplotlib import image

from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import Fixations, RecordError
from tests.helpers.made_datasets import make_dataset, make_record
from tests.helpers.made_up import FORMAT, MadeUp
from tfrecords_tools.shards import inspection
from tfrecords_tools.shards.preparation import prepare


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    source = MadeUp({"long": 600, "short": 3})
    directory = tmp_path_factory.mktemp("data")
    prepare(source, directory, FORMAT, num_shards=1, num_workers=1)
    return directory


@pytest.fixture
def data_dir(prepared, tmp_path):
    return shutil.copytree(prepared, tmp_path / "data")


def test_the_text_tells_what_the_split_holds(data_dir):
    text = inspection.show(data_dir, "train")
    assert "made_up, train: 2 videos, 603 frames of 16x24" in text
    assert "1 shards, 3 records" in text
    assert "603 fixations of 600 observers" in text
    assert "a frame has 1 to 1, median 1" in text
    assert "long: 600 frames at 25 per second, 600 fixations" in text


def test_the_text_tells_which_frame_rates_vary(tmp_path):
    times = np.array([0, 0.04, 0.9])
    records = [make_record("a", frame_times=times), make_record("b")]
    make_dataset(tmp_path, {"train.tfrecord-00000-of-00001": records})
    text = inspection.show(tmp_path, "train")
    varies = "a: 3 frames at 25 per second on average, at varying times, "
    assert varies in text
    assert "b: 3 frames at 25 per second, " in text


def test_an_empty_split_is_shown_as_empty(data_dir, tmp_path):
    text = inspection.show(data_dir, "test", output=tmp_path / "a.png")
    assert "made_up, test: 0 videos, 0 frames" in text
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("video_id", "num_rows"),
    [
        (None, 2),  # Six frames of one video, three of the other.
        ("long", 4),
        ("short", 1),
    ],
)
def test_the_sheet_has_six_frames_in_a_row(
    data_dir, tmp_path, video_id, num_rows
):
    output = tmp_path / "sheet.png"
    inspection.show(data_dir, "train", video_id, output)
    height, width, _ = image.imread(output).shape
    # 3 by 2.6 inches a frame at 80 dots an inch.
    assert (height, width) == (208 * num_rows, 6 * 240)


def test_chosen_frames_come_with_their_own_fixations(data_dir):
    (shard,) = read_dataset_info(data_dir).splits["train"].shards
    pictures = [
        picture
        for record in inspection.read_shard(data_dir, shard)
        for picture in inspection.pictures_of(record, {"long": [511, 512]})
    ]
    assert [p.frame_index for p in pictures] == [511, 512]
    # Grey levels run from 0 to 199; JPEG rounds by a level at most.
    levels = [p.pixels.mean() for p in pictures]
    np.testing.assert_allclose(levels, [111, 112], rtol=0, atol=1)
    x = [p.fixations.x.item() for p in pictures]
    np.testing.assert_allclose(x, [511 / 5000, 512 / 5000], rtol=1e-5)


def test_a_fixation_is_drawn_where_it_is(tmp_path):
    blue_frame = np.full([16, 24, 3], [0, 0, 255], np.uint8)
    for x, y in ((0.25, 0.25), (0.75, 0.5)):
        fixations = Fixations.from_rows([[0, x, y, 1]])
        picture = inspection.Picture("a", 0, blue_frame, fixations)
        path = tmp_path / "sheet.png"
        inspection.draw_sheet([picture], path)
        red, green, blue = np.moveaxis(image.imread(path)[..., :3], -1, 0)
        rows, columns = np.nonzero((blue > 0.9) & (red + green < 0.1))
        top, bottom = rows.min(), rows.max() + 1
        left, right = columns.min(), columns.max() + 1
        rows, columns = np.nonzero((red > 0.9) & (green + blue < 0.1))
        # To a pixel or two of some two hundred.
        found_x = (columns.mean() - left) / (right - left)
        found_y = (rows.mean() - top) / (bottom - top)
        assert (found_x, found_y) == pytest.approx((x, y), rel=0, abs=0.02)


def test_a_video_that_is_not_there_is_an_error(data_dir):
    with pytest.raises(RecordError, match="No video 'none'.*long, short"):
        inspection.show(data_dir, "train", "none")


@pytest.mark.parametrize("is_cut", [True, False])
def test_a_damaged_shard_is_an_error_with_its_name(data_dir, is_cut):
    path = data_dir / "train.tfrecord-00000-of-00001"
    content = bytearray(path.read_bytes())
    message = "shard .*-00000-of-00001.*truncated"
    if is_cut:
        del content[-1]
    else:
        content[-100] ^= 1
        message = "Damaged shard .* after 2 of 3"
    path.write_bytes(content)
    with pytest.raises(RecordError, match=message):
        inspection.show(data_dir, "train")
