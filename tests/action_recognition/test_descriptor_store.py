"""Descriptors of a dataset: computed once, whole, and of one recipe alone."""

import dataclasses
import io
import json
import shutil
import threading

import keras
import numpy as np
import pytest

from rmdn_tf.action_recognition import descriptor_store
from rmdn_tf.action_recognition.attention_sources import (
    FromCentre,
    WatchedVideo,
)
from rmdn_tf.action_recognition.clip_encoders import make_encoder
from rmdn_tf.action_recognition.descriptor_store import compute_descriptors
from rmdn_tf.action_recognition.recipes import Recipe
from rmdn_tf.action_recognition.video_encoder import VideoEncoder
from rmdn_tf.data.records import RecordError
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.evaluation.centre_bias import centre
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from tests.helpers.made_datasets import grey, make_dataset, make_record

pytestmark = pytest.mark.slow

BOTH = ("context", "attention")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, tiny_model):
    directory = tmp_path_factory.mktemp("run")
    config = dataclasses.replace(tiny_model, filters=((4,),) * 5)
    keras.utils.set_random_seed(0)
    save_model(build_rmdn(config), config, directory)
    return Recipe(make_encoder(str(directory)), 8, FromCentre(centre()))


@pytest.fixture(scope="module", autouse=True)
def _small_files():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(descriptor_store, "VIDEOS_PER_FILE", 2)
        yield


@pytest.fixture(scope="module")
def made_dir(tmp_path_factory):
    """Five videos of two splits, in files of two; one has two records."""

    def records(name, split, *lengths):
        first = 0
        for length in lengths:
            levels = np.arange(first, first + length) * 7 % 250
            yield make_record(
                name,
                split,
                first_frame=first,
                frames=[grey((8, 24), level) for level in levels],
                labels=(name[0],),
            )
            first += length

    directory = tmp_path_factory.mktemp("made")
    make_dataset(
        directory,
        {
            "train.tfrecord-00000-of-00001": [
                *records("a1", "train", 20),
                *records("b1", "train", 64, 30),
                *records("a2", "train", 9),
            ],
            "test.tfrecord-00000-of-00001": [
                *records("b2", "test", 17),
                *records("a3", "test", 40),
            ],
        },
    )
    return directory


@pytest.fixture(scope="module")
def computed(recipe, made_dir, tmp_path_factory):
    """The dataset with its descriptors, and these as they were returned."""
    directory = tmp_path_factory.mktemp("computed") / "data"
    shutil.copytree(made_dir, directory)
    return directory, describe(recipe, directory)


@pytest.fixture
def data_dir(made_dir, tmp_path):
    """A dataset without descriptors."""
    return shutil.copytree(made_dir, tmp_path / "data")


@pytest.fixture
def computed_dir(computed, tmp_path):
    """A dataset with its descriptors."""
    return shutil.copytree(computed[0], tmp_path / "data")


def describe(recipe, data_dir, parts=BOTH):
    return compute_descriptors(recipe, data_dir, parts)


def of_video(descriptors, name, part):
    return descriptors.of_use(part)[descriptors.rows[name]]


def folders(data_dir):
    return sorted(path.name for path in (data_dir / "descriptors").iterdir())


def files(data_dir):
    return {
        path: path.stat().st_mtime_ns
        for path in sorted((data_dir / "descriptors").rglob("*.npz"))
    }


def test_all_videos_have_descriptors(computed):
    _, videos = computed
    assert list(videos.rows) == ["a1", "b1", "a2", "b2", "a3"]
    assert list(videos.rows.values()) == [0, 1, 2, 3, 4]
    assert list(videos.columns) == list(BOTH)
    parts = [videos.of_use(part) for part in BOTH]
    np.testing.assert_array_equal(np.concatenate(parts, 1), videos.values)
    np.testing.assert_array_equal(videos.of_use("both"), videos.values)


def test_a_video_of_two_records_is_one(recipe, computed):
    levels = np.arange(94) * 7 % 250
    frames = np.broadcast_to(
        levels[:, None, None, None].astype(np.uint8), [94, 8, 24, 3]
    )
    expected = recipe.video_encoder(BOTH)(frames, WatchedVideo("b1", 25.0))
    for part in BOTH:
        # JPEG keeps grey levels; batches of other sizes add up otherwise.
        np.testing.assert_allclose(
            of_video(computed[1], "b1", part),
            expected[part],
            rtol=1e-4,
            atol=1e-6,
        )


def test_what_is_there_is_read_and_nothing_is_computed_or_written(
    recipe, computed, computed_dir, monkeypatch
):
    before = files(computed_dir)
    monkeypatch.setattr(VideoEncoder, "__call__", None)
    monkeypatch.setattr(descriptor_store, "write_json", None)
    monkeypatch.setattr(descriptor_store, "one_at_a_time", None)
    again = describe(recipe, computed_dir)
    assert files(computed_dir) == before
    assert again.rows == computed[1].rows
    np.testing.assert_array_equal(again.values, computed[1].values)


def test_a_killed_run_goes_on_with_the_videos_that_are_left(
    recipe, data_dir, monkeypatch
):
    call = VideoEncoder.__call__
    seen = []

    def killed_at(number):
        def describe_video(self, frames, video):
            if len(seen) == number:
                raise KeyboardInterrupt
            seen.append(video.video_id)
            return call(self, frames, video)

        monkeypatch.setattr(VideoEncoder, "__call__", describe_video)

    killed_at(4)
    with pytest.raises(KeyboardInterrupt):
        describe(recipe, data_dir)
    kept = files(data_dir)
    assert len(kept) == 4  # Of both parts; the test split has none.
    folder = data_dir / "descriptors" / folders(data_dir)[0]
    (folder / "partial.0123abcd-4567ef89").mkdir()
    killed_at(-1)
    videos = describe(recipe, data_dir)
    assert seen == ["a1", "b1", "a2", "b2", "b2", "a3"]
    assert kept.items() <= files(data_dir).items()
    assert not list((data_dir / "descriptors").rglob("partial.*"))
    monkeypatch.undo()
    assert set(videos.rows) == {"a1", "a2", "a3", "b1", "b2"}


def test_of_two_at_once_one_describes_and_the_other_waits(
    recipe, data_dir, monkeypatch, capsys
):
    call = VideoEncoder.__call__
    begun, waits = threading.Event(), threading.Event()
    seen = []

    def describe_slowly(self, frames, video):
        seen.append(video.video_id)
        begun.set()
        assert waits.wait(60)
        return call(self, frames, video)

    monkeypatch.setattr(VideoEncoder, "__call__", describe_slowly)
    first = threading.Thread(target=describe, args=(recipe, data_dir))
    first.start()
    assert begun.wait(60)
    threading.Timer(1, waits.set).start()
    videos = describe(recipe, data_dir)
    first.join()
    assert sorted(seen) == sorted(videos.rows) == ["a1", "a2", "a3", "b1", "b2"]
    assert "Waiting until it ends" in capsys.readouterr().err


def test_variants_of_attention_share_the_context(recipe, computed_dir):
    before = files(computed_dir)
    describe(dataclasses.replace(recipe, map_scale="mean"), computed_dir)
    names = [name.rsplit("-", 1)[0] for name in folders(computed_dir)]
    assert names == ["attention-conv5b", "attention-conv5b", "context-conv5b"]
    assert before.items() <= files(computed_dir).items()


@pytest.mark.parametrize(
    "change",
    [{"clip_stride": 4}, {"place": "features"}, {"map_scale": "sum"}],
)
def test_another_recipe_has_another_folder(recipe, change):
    other = dataclasses.replace(recipe, **change)
    assert other.about("attention") != recipe.about("attention")


def test_the_folder_says_what_its_descriptors_depend_on(recipe, computed):
    (folder,) = (computed[0] / "descriptors").glob("context-*")
    about = json.loads((folder / "manifest.json").read_text())
    assert about["network"] == recipe.encoder.about
    assert about["clip_stride"] == 8


def pickled():
    file = io.BytesIO()
    descriptors = np.array([{"code": 1}], object)
    np.savez(file, video_ids=np.array(["a"]), descriptors=descriptors)
    return file.getvalue()


@pytest.mark.parametrize(
    "damage", [b"", b"PK\x03\x04 half of a file", pickled()]
)
def test_a_damaged_file_is_named_and_no_pickle_is_run(
    recipe, computed_dir, damage
):
    path = next(iter(files(computed_dir)))
    path.write_bytes(damage)
    with pytest.raises(RecordError, match=f"Invalid descriptors '{path}'"):
        describe(recipe, computed_dir)


def test_a_file_of_other_videos_is_refused(recipe, computed_dir):
    first, second, *_ = files(computed_dir)
    second.replace(first)
    with pytest.raises(RecordError, match="holds other videos"):
        describe(recipe, computed_dir)


def test_a_file_of_shorter_descriptors_is_refused(recipe, computed_dir):
    path = list(files(computed_dir))[-1]
    with np.load(path) as arrays:
        shorter = dict(arrays, descriptors=arrays["descriptors"][:, 1:])
    np.savez(path, **shorter)
    with pytest.raises(RecordError, match=f"Invalid descriptors '{path}'"):
        describe(recipe, computed_dir)


def test_a_shard_is_read_once(recipe, data_dir, monkeypatch):
    paths = []
    chunks = StoredFrames.chunks

    def spy(self, path, *arguments):
        paths.append(path)
        return chunks(self, path, *arguments)

    monkeypatch.setattr(StoredFrames, "chunks", spy)
    describe(recipe, data_dir)
    assert len(paths) == 2  # One a split, of two files and of one.
