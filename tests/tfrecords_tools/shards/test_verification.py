"""A sound dataset verifies; a single fault in it is found and named."""

import re

import numpy as np
import pytest

from rmdn_tf.data.records import Fixations, RecordError
from tests.helpers.damaged_datasets import (
    FIRST,
    INFO,
    MANIFEST,
    SECOND,
    TEST,
    edit_json,
    edit_record,
    make_sound_dataset,
    of_record,
    put,
    rewrite,
)
from tests.helpers.made_datasets import make_dataset, make_record
from tfrecords_tools import show_records
from tfrecords_tools.shards.verification import (
    MAX_PROBLEMS_OF_A_SHARD,
    NUM_THREADS,
    verify,
)

pytestmark = pytest.mark.slow

TRUTH = np.full([3, 2, 6], 0.5, np.float32)


@pytest.fixture
def data_dir(tmp_path):
    make_sound_dataset(tmp_path)
    return tmp_path


def swap(one, two):
    def change(records):
        records[one], records[two] = records[two], records[one]

    return change


def assert_found(data_dir, *beginnings):
    problems = verify(data_dir).problems
    for beginning in beginnings:
        assert any(p.startswith(beginning) for p in problems), problems


def flip_bit(data_dir, position):
    content = bytearray((data_dir / FIRST).read_bytes())
    content[position] ^= 1
    (data_dir / FIRST).write_bytes(bytes(content))


@pytest.mark.parametrize("num_threads", [NUM_THREADS, 1])
def test_a_sound_dataset_has_no_problem(data_dir, num_threads):
    verification = verify(data_dir, num_threads)
    assert verification.problems == []
    assert list(map(str, verification.shards)) == [
        f"{FIRST}: 3 videos, 4 records, 11 frames, 10 fixations, sound",
        f"{SECOND}: 1 videos, 1 records, 3 frames, 3 fixations, sound",
        f"{TEST}: 1 videos, 1 records, 3 frames, 3 fixations, sound",
    ]


def test_a_dataset_with_true_densities_and_none_looking_is_sound(tmp_path):
    record = make_record("a", truth=TRUTH, fixations=Fixations.empty())
    settings = {"truth_num_components": 2, "num_observers": 0}
    make_dataset(tmp_path, {FIRST: [record], SECOND: []}, **settings)
    assert verify(tmp_path).problems == []


@pytest.mark.parametrize("features", [{"version": [2]}, {"num_frames": []}])
def test_a_record_that_cannot_be_parsed_does_not_hide_the_others(
    data_dir, features
):
    edit_record(data_dir, 0, **features)
    edit_record(data_dir, 3, split=[b"test"])
    unknown = f"{FIRST}: record 0, video unknown: "
    assert_found(data_dir, unknown, of_record(3, "c"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (swap(0, 1), [of_record(0, "a") + "Invalid `first_frame`. Expected 0"]),
        (swap(2, 3), [of_record(3, "b") + "out of the announced order"]),
        (swap(1, 2), [of_record(2, "a") + "records out of sequence"]),
        (
            lambda records: records[1:],
            [
                of_record(0, "a") + "Invalid `first_frame`. Expected 0",
                f"{FIRST}: video 'a': {INFO} says num_frames=5, found 2",
                f"{FIRST}: {INFO} says num_records=4, found 3",
            ],
        ),
        (
            lambda records: records[:1] + records[2:],
            [
                f"{FIRST}: video 'a': {INFO} says num_frames=5, found 3",
                f"{FIRST}: video 'a': {INFO} says num_fixations=4, found 3",
            ],
        ),
        (
            lambda records: records[:3],
            [
                f"{FIRST}: video 'c': missing",
                f"{FIRST}: {INFO} says num_fixations=10, found 7",
            ],
        ),
        (
            lambda records: records[:1] + records,
            [
                of_record(1, "a") + "Invalid `first_frame`. Expected 3",
                f"{FIRST}: video 'a': {INFO} says num_frames=5, found 8",
            ],
        ),
        (lambda records: [], [f"{FIRST}: video 'b': missing"]),
    ],
)
def test_records_that_do_not_lie_as_announced_are_found(
    data_dir, change, expected
):
    rewrite(data_dir, FIRST, change)
    assert_found(data_dir, *expected)


# In the length and the data of the first record, in the last, and in between.
@pytest.mark.parametrize("position", [0, 9, 100, -2000, -20, -1])
def test_a_flipped_bit_is_found_and_the_other_shards_are_read(
    data_dir, position
):
    flip_bit(data_dir, position)
    edit_json(data_dir, MANIFEST, lambda m: m["videos"].pop("d"))
    verification = verify(data_dir)
    first, second, _ = verification.shards
    (problem,) = first.problems
    assert problem.startswith(f"{FIRST}: unreadable after ")
    assert "of 4 records" in problem
    assert second.total.num_records == 1
    assert f"video 'd': not in {MANIFEST}" in verification.problems


@pytest.mark.parametrize("length", [0, 300, -1, None])
def test_a_shard_that_was_cut_or_goes_on_is_found(data_dir, length):
    content = (data_dir / FIRST).read_bytes()
    changed = content + b"1234" if length is None else content[:length]
    (data_dir / FIRST).write_bytes(changed)
    problems = verify(data_dir).problems
    assert problems[0].startswith(f"{FIRST}: Invalid shard")
    assert f"Expected {len(content)} bytes" in problems[0]


def test_a_missing_shard_is_found_and_the_others_are_read(data_dir):
    (data_dir / FIRST).unlink()
    verification = verify(data_dir)
    (problem,) = verification.problems
    assert problem.startswith(f"{FIRST}: unreadable after 0 of 4 records: ")
    assert "is missing" in problem
    assert verification.shards[1].total.num_records == 1


def test_shards_that_changed_places_are_found(data_dir):
    (data_dir / FIRST).rename(data_dir / "a")
    (data_dir / SECOND).rename(data_dir / FIRST)
    (data_dir / "a").rename(data_dir / SECOND)
    stranger = of_record(0, "d") + "not announced for this shard"
    assert_found(data_dir, stranger, f"{SECOND}: video 'd': missing")


@pytest.mark.parametrize(
    "file",
    [
        "train.tfrecord-00002-of-00003",
        "partial.12-ab.train.tfrecord-00000-of-00002",
        "extra.tfrecord-00000-of-00001",
    ],
)
def test_a_shard_that_nobody_announced_is_found(data_dir, file):
    (data_dir / file).touch()
    (problem,) = verify(data_dir).problems
    assert problem.startswith(f"{file}: looks like a shard")


SHARD = "splits/train/shards/0"


@pytest.mark.parametrize(
    "place",
    [
        "max_fixations_per_frame",
        "num_frames_without_fixation",
        "splits/train/num_videos",
        "splits/train/num_frames",
        "splits/train/num_fixations",
        f"{SHARD}/num_bytes",
        f"{SHARD}/num_frames",
        f"{SHARD}/num_records",
        f"{SHARD}/num_fixations",
        f"{SHARD}/videos/0/num_bytes",
        f"{SHARD}/videos/0/num_frames",
        f"{SHARD}/videos/1/num_fixations",
        f"{SHARD}/videos/2/frames_per_second",
    ],
)
def test_a_changed_number_of_the_info_is_found(data_dir, place):
    put(data_dir, INFO, place, 77)
    problems = verify(data_dir).problems
    key = place.split("/")[-1].replace("num_bytes", "bytes")
    assert any(key in problem for problem in problems), problems


def test_more_observers_than_announced_are_found(data_dir):
    put(data_dir, INFO, "num_observers", 1)
    assert verify(data_dir).problems == [
        f"{INFO} says num_observers=1, found 2"
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda v: v.pop("d"), f"video 'd': not in {MANIFEST}"),
        (lambda v: v.pop("f"), f"video 'f': not in {MANIFEST}"),
        (
            lambda v: v.update(g=v["a"]),
            f"video 'g': in {MANIFEST}, but neither in a shard nor unreadable",
        ),
        (
            lambda v: v["a"].update(split="test"),
            f"video 'a': {MANIFEST} says split=test, {INFO} says train",
        ),
        (
            lambda v: v["a"].update(shard=SECOND),
            f"video 'a': {MANIFEST} says shard={SECOND}, {INFO} says {FIRST}",
        ),
    ],
)
def test_a_manifest_of_other_videos_is_found(data_dir, change, problem):
    edit_json(data_dir, MANIFEST, lambda m: change(m["videos"]))
    assert verify(data_dir).problems == [problem]


def test_a_video_both_stored_and_unreadable_is_found(data_dir):
    put(data_dir, INFO, "unreadable/a", "no")
    problem = "video 'a': in a shard and unreadable"
    assert verify(data_dir).problems == [problem]


def test_of_many_problems_of_a_shard_the_first_are_named(tmp_path):
    number = MAX_PROBLEMS_OF_A_SHARD + 7
    records = [make_record(f"{i:03}") for i in range(number)]
    make_dataset(tmp_path, {FIRST: records})
    rewrite(tmp_path, FIRST, lambda records: [])
    problems = verify(tmp_path).problems
    # A line for each video, and for frames, records and fixations.
    assert problems[MAX_PROBLEMS_OF_A_SHARD] == f"{FIRST}: and 10 more"
    assert problems[0] == f"{FIRST}: video '000': missing"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("settings", []),
        ("videos", []),
        ("videos/a", "train"),
        ("videos/a/split", "trial"),
        ("videos/a/shard", None),
        ("videos/a/shard", f"{SECOND}\n"),
    ],
)
def test_an_invalid_manifest_is_refused_with_the_place(data_dir, place, value):
    put(data_dir, MANIFEST, place, value)
    where = re.escape(".".join(["$", *place.split("/")]))
    with pytest.raises(RecordError, match=f"manifest.json' at {where}. Exp"):
        verify(data_dir)


@pytest.mark.parametrize("file", [INFO, MANIFEST])
@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"videos": 3}', None])
def test_a_broken_document_is_an_error_that_names_it(data_dir, file, content):
    if content is None:
        (data_dir / file).unlink()
    else:
        (data_dir / file).write_text(content)
    with pytest.raises((RecordError, FileNotFoundError), match=file):
        verify(data_dir)


def verify_as_entry(data_dir):
    return show_records.main([f"--data_dir={data_dir}", "--verify"])


def test_the_entry_says_that_a_dataset_is_sound(data_dir, capsys):
    assert verify_as_entry(data_dir) == 0
    captured = capsys.readouterr()
    assert captured.out.count(", sound\n") == 3
    assert captured.out.endswith("is sound\n")


def test_the_entry_tells_the_problems_and_ends_with_1(data_dir, capsys):
    flip_bit(data_dir, 100)
    assert verify_as_entry(data_dir) == 1
    captured = capsys.readouterr()
    assert f"{FIRST}: unreadable after 0 of 4 records" in captured.err
    assert captured.out.endswith(f"1 problems in '{data_dir}'\n")
