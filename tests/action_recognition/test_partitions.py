"""Who trains, who chooses and who tests."""

import pytest

from rmdn_tf.action_recognition.partitions import (
    all_videos,
    made_folds,
    own_partition,
    partitions_of,
    read_folds,
)
from rmdn_tf.data.records import RecordError

LABELS = {
    f"{name}/{number:02d}": (name,)
    for name in ("fight", "noFight")
    for number in range(20)
}
FIRST_OF_THE_FIRST = ["fight/01", "fight/09", "fight/16"]
GROUPED = {
    f"v_{name}_g{group:02d}_c{clip:02d}": (name,)
    for name in ("Archery", "YoYo")
    for group in range(1, 11)
    for clip in (1, 2, 3)
}


def test_folds_part_the_videos_and_keep_the_shares_of_the_classes():
    folds = made_folds(LABELS, 5)
    assert list(folds) == ["1", "2", "3", "4", "5"]
    tested = [video for fold in folds.values() for video in fold]
    assert sorted(tested) == sorted(LABELS)
    for fold in folds.values():
        assert sum(video.startswith("fight") for video in fold) == 4


def test_folds_are_fixed():
    """The numbers in the README stand on them."""
    assert made_folds(LABELS, 5) == made_folds(
        dict(reversed(LABELS.items())), 5
    )
    assert made_folds(LABELS, 5) != made_folds(LABELS, 5, seed=1)
    assert made_folds(LABELS, 5)["1"][:3] == FIRST_OF_THE_FIRST


@pytest.mark.parametrize("num_folds", [1, 21])
def test_a_number_of_folds_that_cannot_be_is_refused(num_folds):
    with pytest.raises(ValueError, match=f"folds={num_folds}"):
        made_folds(LABELS, num_folds)


def test_a_fifth_of_those_that_train_is_held_out():
    for one in partitions_of(made_folds(LABELS, 5), LABELS, "folder"):
        assert len(one.test) == 8
        assert len(one.held_out) in (6, 7)
        assert sorted((*one.train, *one.held_out, *one.test)) == sorted(LABELS)


def test_videos_of_one_recording_stay_together_in_ucf101():
    folds = {"split 1": [v for v in GROUPED if "_g01_" in v]}
    (one,) = partitions_of(folds, GROUPED, "ucf101")
    groups = [{v[:-4] for v in part} for part in (one.train, one.held_out)]
    assert not groups[0] & groups[1]
    assert len(one.held_out) == pytest.approx(54 / 5, abs=3)
    classes = {video.split("_")[1] for video in one.held_out}
    assert classes == {"Archery", "YoYo"}


def test_folds_of_ucf101_part_no_recording():
    folds = made_folds(GROUPED, 5, dataset="ucf101")
    assert sorted(v for fold in folds.values() for v in fold) == sorted(GROUPED)
    seen = [{video[:-4] for video in fold} for fold in folds.values()]
    assert sum(map(len, seen)) == len(set().union(*seen)) == 20


def test_too_few_videos_to_hold_some_out_are_an_error():
    labels = {"a": ("x",), "b": ("y",), "c": ("z",)}
    with pytest.raises(RecordError, match="Too few videos of 'folder'"):
        all_videos(labels, "folder")


def test_listed_videos_that_the_dataset_lacks_do_not_count():
    folds = {"split 1": [*(v for v in GROUPED if "_g01_" in v), "v_Gone"]}
    (one,) = partitions_of(folds, GROUPED, "ucf101")
    assert len(one.test) == 6


def test_a_fold_without_a_test_video_is_an_error():
    with pytest.raises(RecordError, match="Invalid fold 'split 2'"):
        partitions_of({"split 2": ["v_Gone"]}, GROUPED, "ucf101")


def test_the_datasets_own_split_chooses_on_its_validation_split():
    splits = {"a": "train", "b": "validation", "c": "test", "d": "train"}
    assert own_partition(splits, "x")[1:] == (("a", "d"), ("b",), ("c",))
    del splits["b"]
    with pytest.raises(RecordError, match="split 'validation' of 'x'"):
        own_partition(splits, "x")


def test_a_classifier_for_other_videos_is_trained_on_all():
    one = all_videos(LABELS, "folder")
    assert sorted((*one.train, *one.held_out)) == sorted(LABELS)
    assert one.test == ()


LETTERS = {name: ("x",) for name in "abc"}


def test_folds_are_read_from_a_table(tmp_path):
    path = tmp_path / "folds.csv"
    path.write_text("video,fold\na,one\nb,two\nc,one\n")
    assert read_folds(path, LETTERS) == {"one": ["a", "c"], "two": ["b"]}


def test_a_table_may_write_accented_letters_in_two_ways(tmp_path):
    path = tmp_path / "folds.csv"
    path.write_text("video,fold\ncafe\u0301,1\n\xe4,1\n", encoding="utf-8")
    labels = {"caf\xe9": ("x",), "a\u0308": ("y",)}
    assert read_folds(path, labels) == {"1": ["caf\xe9", "a\u0308"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Invalid header"),
        ("name,fold\n", "Invalid header"),
        ("video,fold\n", "No video in"),
        ("video,fold\na\n", "Invalid line 2"),
        ("video,fold\na,1\na,2\n", "Invalid line 3"),
        ("video,fold\na,\n", "Invalid line 2"),
        ("video,fold\n\xf6,1\n", "Unreadable table"),
        ("video,fold\na,1\nd,1\n", "Unknown video 'd'"),
    ],
)
def test_an_invalid_table_is_an_error(tmp_path, text, message):
    path = tmp_path / "folds.csv"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=f"{message}.*folds.csv"):
        read_folds(path, LETTERS)
