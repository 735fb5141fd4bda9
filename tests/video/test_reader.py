"""Times of real files that go back, wrap, or leave a gap; lists of files."""

import contextlib
import csv
import socket
import threading
import warnings

import numpy as np
import pytest

from rmdn_tf import predict
from rmdn_tf.action_recognition.recognizer import FrameForm
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.prediction.attention_model import load
from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.reader import VideoReader
from tests.helpers.made_streams import (
    PERIOD,
    RATE,
    SECOND,
    WRAP,
    flashes,
    join,
    write_stream,
)
from tests.helpers.made_videos import moving_square, read_back, write_video

pytestmark = [pytest.mark.slow, pytest.mark.versions]

DAY = 24 * 3600


@pytest.fixture(scope="module")
def model_dir(tiny_spatial_model, tmp_path_factory):
    directory = tmp_path_factory.mktemp("tiny")
    model = build_rmdn(tiny_spatial_model)
    # Nothing is remembered by a network whose weights are small.
    for variable in model.trainable_variables:
        noise = np.random.default_rng(0).normal(0, 0.3, variable.shape)
        variable.assign_add(noise)
    save_model(model, tiny_spatial_model, directory)
    return directory


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    """Two recordings of 40 and 30 frames, joined; and the second one."""
    directory = tmp_path_factory.mktemp("joined")
    first = write_stream(directory / "1.ts", 40, begin=5 * SECOND)
    second = write_stream(directory / "2.ts", 30, begin=5 * SECOND, down=9)
    return join(directory / "joined.ts", first, second), second


def times_of(path, **options):
    with VideoReader(path, **options) as reader:
        return [frame.time for frame in reader]


def new_recordings(path):
    """Numbers of the frames that begin a recording."""
    with VideoReader(path) as reader:
        return [n for n, _ in enumerate(reader) if reader.begins_anew]


def densities_of(path, model_dir):
    return [d.parameters for _, d in load(model_dir).stream(path)]


def test_the_second_of_two_joined_files_follows_the_first(joined):
    path, _ = joined
    with pytest.warns(UserWarning, match="joined.ts.*6.56 to 5.00.*frame 40"):
        times = times_of(path)
    np.testing.assert_allclose(times, np.arange(70) / RATE, atol=1e-6)


def test_a_file_joined_to_itself_three_times_is_told_once(tmp_path):
    part = write_stream(tmp_path / "1.ts", 12)
    path = join(tmp_path / "joined.ts", part, part, part)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert new_recordings(path) == [12, 24]
    assert len([w for w in caught if "jumps" in str(w.message)]) == 1


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_reordered_frames_are_joined_in_the_order_that_they_are_shown(
    tmp_path, codec
):
    parts = [tmp_path / "1.ts", tmp_path / "2.ts"]
    for part in parts:
        write_video(part, moving_square(20), codec=codec)
    path = join(tmp_path / "joined.ts", *parts)
    with pytest.warns(UserWarning, match="frame 20"):
        times = times_of(path)
    np.testing.assert_allclose(times, np.arange(40) / RATE, atol=1e-6)


def test_densities_of_the_second_file_are_those_of_it_alone(joined, model_dir):
    path, second = joined
    with pytest.warns(UserWarning, match="jumps"):
        densities = densities_of(path, model_dir)
    alone = densities_of(second, model_dir)
    assert len(densities) == 70 and len(alone) == 30
    np.testing.assert_allclose(densities[40:], alone, rtol=1e-5, atol=1e-6)
    # The density moves, and the first recording leaves no trace.
    assert np.ptp(np.stack(alone), axis=0).max() > 1e-3


def test_a_prediction_of_joined_files_has_the_times_and_all_frames(
    joined, model_dir, tmp_path, capsys
):
    path, _ = joined
    output, table = tmp_path / "out.mp4", tmp_path / "out.csv"
    arguments = ["--video", path, "--model", model_dir, "--output", output]
    arguments += ["--parameters", table, "--hold"]
    with pytest.warns(UserWarning, match="jumps"):
        assert predict.main([str(a) for a in arguments]) == 0
    assert "70 frames" in capsys.readouterr().out
    _, times = read_back(output)
    np.testing.assert_allclose(np.diff(times), 1 / RATE, atol=1e-3)
    rows = list(csv.DictReader(table.open()))
    seconds = [float(row["time_seconds"]) for row in rows[:: len(rows) // 70]]
    np.testing.assert_allclose(seconds, np.arange(70) / RATE, atol=1e-5)


def predicted(path, model_dir, output):
    arguments = ["--video", path, "--model", model_dir, "--output", output]
    assert predict.main([str(a) for a in [*arguments, "--opacity", "0"]]) == 0
    return flashes(output)


@pytest.mark.parametrize("begin", [1, 5, DAY - 3])
def test_sound_of_the_second_file_stays_beside_its_frames(
    model_dir, tmp_path, begin
):
    parts = [
        write_stream(tmp_path / "1.ts", 50, begin=5 * SECOND, flash=20),
        write_stream(tmp_path / "2.ts", 50, begin=begin * SECOND, flash=30),
        write_stream(tmp_path / "3.ts", 50, begin=begin * SECOND, flash=25),
    ]
    path = join(tmp_path / "joined.ts", *parts)
    with pytest.warns(UserWarning, match="jumps"):
        seen, heard = predicted(path, model_dir, tmp_path / "out.mp4")
    apart = np.diff(seen)
    np.testing.assert_allclose(apart, [60 / RATE, 45 / RATE], atol=2e-3)
    # A packet of AAC is 21 ms, and blurs what begins within it.
    np.testing.assert_allclose(heard, seen, atol=0.03)


def test_a_clock_that_wraps_goes_on_and_so_does_the_memory(tmp_path):
    first = write_stream(tmp_path / "1.ts", 20)
    # FFmpeg itself unwraps what begins so shortly before the wrap, if it is
    # not joined to an earlier time.
    second = write_stream(tmp_path / "2.ts", 60, begin=WRAP - SECOND)
    path = join(tmp_path / "joined.ts", first, second)
    with pytest.warns(UserWarning, match="frame 20"):
        times = times_of(path)
        assert new_recordings(path) == [20]
    np.testing.assert_allclose(times, np.arange(80) / RATE, atol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        times = times_of(second)
    np.testing.assert_allclose(np.diff(times), 1 / RATE, atol=1e-6)


def test_sound_goes_on_where_the_clock_wraps(model_dir, tmp_path):
    first = write_stream(tmp_path / "1.ts", 25, flash=12)
    second = write_stream(tmp_path / "2.ts", 75, begin=WRAP - SECOND, flash=50)
    path = join(tmp_path / "joined.ts", first, second)
    with pytest.warns(UserWarning, match="jumps"):
        seen, heard = predicted(path, model_dir, tmp_path / "out.mp4")
    np.testing.assert_allclose(np.diff(seen), [63 / RATE], atol=2e-3)
    np.testing.assert_allclose(heard, seen, atol=0.03)


def test_frames_a_little_out_of_order_begin_nothing_anew(tmp_path):
    late = [0, 0, 4 * PERIOD, 0, 0, PERIOD, 0, 0]  # Ahead; as late as the next.
    path = write_stream(tmp_path / "a.ts", 20, late=late)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        times = times_of(path)
    assert len(times) == 20 and np.all(np.diff(times) > 0)
    np.testing.assert_allclose(times[8:], np.arange(8, 20) / RATE, atol=1e-6)


def test_frames_without_times_are_shown_at_the_rate_of_the_video(tmp_path):
    path = write_video(tmp_path / "a.h264", moving_square(20))
    np.testing.assert_allclose(times_of(path), np.arange(20) / RATE, atol=1e-6)


def test_a_gap_of_a_stream_is_closed_and_begins_a_recording(tmp_path):
    first = write_stream(tmp_path / "1.ts", 20, sound=False)
    second = write_stream(
        tmp_path / "2.ts", 20, begin=DAY * SECOND, sound=False
    )
    path = join(tmp_path / "joined.ts", first, second)
    with pytest.warns(
        UserWarning, match="1.76 to 86400.00 seconds at frame 20"
    ):
        times = times_of(path)
    np.testing.assert_allclose(times, np.arange(40) / RATE, atol=1e-6)


@pytest.mark.parametrize("with_sound", [True, False])
def test_a_picture_that_stands_still_beside_sound_keeps_its_time(
    tmp_path, with_sound
):
    pause = 15 * SECOND
    path = write_stream(tmp_path / "a.ts", 40, skipped=(20, pause))
    with pytest.warns(UserWarning, match="frame 20"):
        times = times_of(path, with_sound=with_sound)
    expected = np.arange(40) / RATE + 15 * (np.arange(40) >= 20)
    np.testing.assert_allclose(times, expected, atol=1e-6)


def gap_of_a_day(path):
    ticks = 40 * np.arange(20) + 1000 * DAY * (np.arange(20) >= 10)
    return write_video(path, moving_square(20), ticks=ticks.tolist())


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_gap_of_a_file_is_kept_and_no_frame_is_repeated(tmp_path, suffix):
    path = gap_of_a_day(tmp_path / f"a.{suffix}")
    with pytest.warns(UserWarning, match="frame 10"):
        times = times_of(path)
    np.testing.assert_allclose(np.diff(times)[9], DAY + 1 / RATE, atol=1e-3)
    form = FrameForm((8, 8), None, 50.0)
    with pytest.warns(UserWarning), VideoReader(path) as reader:
        repeated = [pixels for pixels in form.frames_of(reader)]
    assert len(repeated) == 40


def test_missing_frames_repeat_the_frame_before(tmp_path):
    ticks = [0, 40, 80, 280, 320]
    frames = np.repeat(40 * np.arange(5, dtype=np.uint8), 48 * 64 * 3)
    frames = frames.reshape(5, 48, 64, 3)
    path = write_video(tmp_path / "a.mkv", frames, ticks=ticks)
    with VideoReader(path) as reader:
        shown = FrameForm((8, 8), None, 25.0).frames_of(reader)
        levels = [round(float(pixels.mean()) / 40) for pixels in shown]
    assert levels == [0, 1, 2, 2, 2, 2, 2, 3, 4]


@pytest.mark.parametrize("interpolate", [False, True])
def test_frames_of_the_second_file_do_not_wait_for_its_end(
    joined, model_dir, interpolate
):
    attention, waiting, num_read = load(model_dir), [], 0

    def read(moments):
        nonlocal num_read
        for moment in moments:
            num_read += 1
            yield moment

    streamed = attention.densities(interpolate=interpolate)
    with pytest.warns(UserWarning), VideoReader(joined[0]) as reader:
        moments = read(attention.moments(reader))
        for number, _ in enumerate(streamed(moments), 1):
            waiting.append(num_read - number)
    assert number == 70
    # Two frames in three are not looked at, and wait for the one that is.
    assert max(waiting) <= (4 if interpolate else 0)


def test_a_live_stream_whose_clock_is_set_back_goes_on(joined):
    path, _ = joined
    with socket.create_server(("127.0.0.1", 0)) as server:

        def send():
            connection, _ = server.accept()
            with connection:
                connection.sendall(path.read_bytes())

        sender = threading.Thread(target=send)
        sender.start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.warns(UserWarning, match="frame 40"):
            times = times_of(address)
        sender.join()
    np.testing.assert_allclose(times, np.arange(70) / RATE, atol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_damaged_joined_files_are_read_as_far_as_they_go_or_named(
    joined, tmp_path, seed
):
    content = bytearray(joined[0].read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(0, len(content), rng.integers(1, 40)):
        content[place] = rng.integers(256)
    damaged = tmp_path / "damaged.ts"
    damaged.write_bytes(content)
    times = []
    with warnings.catch_warnings(), contextlib.suppress(VideoError):
        warnings.simplefilter("ignore")
        with VideoReader(damaged, with_sound=True) as reader:
            times.extend(frame.time for frame in reader)
    assert np.all(np.diff(times) > 0)


@pytest.fixture
def make_list(tmp_path):
    """Returns a function that makes a list of `a.mp4` and `b.mp4`."""
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, moving_square(8))

    def make(kind):
        if kind == "subfile":
            return f"subfile,,start,0,end,0,,:{tmp_path / 'b.mp4'}"
        path = tmp_path / "list.ffconcat"
        path.write_text("ffconcat version 1.0\nfile a.mp4\nfile b.mp4\n")
        return path

    return make


def predict_list(video, model_dir, output):
    arguments = ("--video", video, "--model", model_dir, "--output", output)
    return predict.main([str(one) for one in arguments])


@pytest.mark.parametrize("kind", ["ffconcat", "subfile"])
def test_a_file_that_a_list_names_is_not_overwritten(
    make_list, model_dir, tmp_path, capsys, kind
):
    output = tmp_path / "b.mp4"
    before = output.read_bytes()
    assert predict_list(make_list(kind), model_dir, output)
    assert "is a list of files" in capsys.readouterr().err
    assert output.read_bytes() == before


def test_a_list_is_predicted_into_a_new_file(make_list, model_dir, tmp_path):
    output = tmp_path / "out.mp4"
    assert predict_list(make_list("ffconcat"), model_dir, output) == 0
    assert len(read_back(output)[0]) == 16


def test_one_file_is_no_list(tmp_path):
    path = write_video(tmp_path / "a.mp4", moving_square(8))
    with VideoReader(path) as reader:
        assert not reader.reads_other_files
