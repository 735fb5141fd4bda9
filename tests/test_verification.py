"""A sound dataset verifies; a single fault in it is found and named."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from made_datasets import grey, make_dataset, make_record, write_records

from rmdn_tf.records import Fixations, RecordError
from tfrecords_tools import show_records
from tfrecords_tools.verification import (
    MAX_PROBLEMS_OF_A_SHARD,
    NUM_THREADS,
    verify,
)

FIRST = "train.tfrecord-00000-of-00002"
SECOND = "train.tfrecord-00001-of-00002"
TEST = "test.tfrecord-00000-of-00001"
MANIFEST = "manifest.json"
INFO = "dataset_info.json"
TRUTH = np.full([3, 2, 6], 0.5, np.float32)


def sound_shards():
    """Returns shards of four videos; "a" goes on in a second record."""
    later = make_record("a", first_frame=3, frames=[grey((8, 24), 40)] * 2)
    fixations = Fixations.from_rows([(0, 0.5, 0.5, 1)])
    later = dataclasses.replace(later, fixations=fixations)
    first = [make_record("a"), later, make_record("b"), make_record("c")]
    return {
        FIRST: first,
        SECOND: [make_record("d", frames_per_second=30000 / 1001)],
        TEST: [make_record("e", split="test")],
    }


@pytest.fixture
def data_dir(tmp_path):
    make_dataset(tmp_path, sound_shards(), unreadable={"f": "truncated"})
    return tmp_path


def edit_json(data_dir, file, change):
    """Lets `change` do what it likes to a document."""
    path = data_dir / file
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def read_records(path):
    return [record.numpy() for record in tf.data.TFRecordDataset(str(path))]


def rewrite(data_dir, file, change):
    """Lets `change` do what it likes to the records; the size is announced."""
    path = data_dir / file
    records = read_records(path)
    changed = change(records)
    write_records(path, records if changed is None else changed)

    def announce(info):
        for split in info["splits"].values():
            for shard in split["shards"]:
                if shard["file"] == file:
                    shard["num_bytes"] = path.stat().st_size

    edit_json(data_dir, INFO, announce)


def edit_record(data_dir, index=0, **features):
    """Writes lists into a record of the first shard, past all checks."""

    def change(records):
        example = tf.train.Example.FromString(records[index])
        for key, values in features.items():
            feature = example.features.feature[key]
            field = getattr(feature, feature.WhichOneof("kind"))
            field.value[:] = values
        records[index] = example.SerializeToString()

    rewrite(data_dir, FIRST, change)


def swap(one, two):
    def change(records):
        records[one], records[two] = records[two], records[one]

    return change


def flip_bit(data_dir, position):
    content = bytearray((data_dir / FIRST).read_bytes())
    content[position] ^= 1
    (data_dir / FIRST).write_bytes(bytes(content))


def of_record(index, video_id):
    return f"{FIRST}: record {index}, video '{video_id}': "


@pytest.mark.parametrize("num_threads", [NUM_THREADS, 1, 2])
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
    make_dataset(
        tmp_path,
        {FIRST: [record], SECOND: []},
        truth_num_components=2,
        num_observers=0,
    )
    assert verify(tmp_path).problems == []


def test_frames_of_several_sizes_are_sound_within_the_bound(tmp_path):
    sizes = [((480, 640), (24, 32)), ((31, 17), (31, 17)), ((9, 999), (1, 32))]
    records = [
        make_record(f"{size}", original_size=original, size=size)
        for original, size in sizes
    ]
    make_dataset(tmp_path, {FIRST: records}, max_size=32)
    assert verify(tmp_path).problems == []


@pytest.mark.parametrize(
    ("original", "size"),
    [
        ((480, 640), (32, 24)),  # Turned by a quarter.
        ((480, 640), (24, 30)),  # Another ratio.
        ((480, 640), (18, 24)),  # Smaller than need be.
        ((480, 640), (48, 64)),  # Past the bound.
        ((10, 20), (16, 32)),  # Magnified.
        ((480, 656), (24, 33)),  # Past the bound by a pixel.
    ],
)
def test_another_aspect_ratio_or_a_size_past_the_bound_is_found(
    tmp_path, original, size
):
    record = make_record("a", original_size=original, size=size)
    make_dataset(tmp_path, {FIRST: [record]}, max_size=32)
    (problem,) = verify(tmp_path).problems
    assert problem.startswith(f"{of_record(0, 'a')}Invalid `size`. Expected")
    assert problem.endswith(f"Received: {size[0]}x{size[1]}.")


def test_a_frame_of_another_size_than_the_dataset_is_found(tmp_path):
    make_dataset(tmp_path, {FIRST: [make_record("a", size=(16, 16))]})
    (problem,) = verify(tmp_path).problems
    assert problem == (
        of_record(0, "a")
        + "Invalid `size`. Expected [8, 24]. Received: [16, 16]."
    )


@pytest.mark.parametrize(
    ("features", "problem"),
    [
        ({"dataset": [b"other"]}, "Invalid `dataset`. Expected made."),
        ({"split": [b"test"]}, "Invalid `split`. Expected train."),
        ({"video_id": [b"z"]}, None),
        ({"first_frame": [1]}, "Invalid `first_frame`. Expected 0."),
        ({"num_frames": [4]}, "Invalid `num_frames`. Expected 3. Received: 4"),
        ({"frames_per_second": [24.0]}, "Invalid `frames_per_second`."),
        ({"frames_per_second": [np.nan]}, "Invalid `frames_per_second`."),
        ({"height": [16]}, "Invalid `frames`. Expected [16, 24, 3]."),
        ({"frames": [grey((8, 24), 9)] * 2 + [b"GIF"]}, "frame 2 of the"),
        (
            {"frames": [grey((8, 24), 9)] * 2 + [grey((8, 16), 9)]},
            "[8, 16, 3] in the JPEG of frame 2",
        ),
        (
            {"fixation_x": [0.25, 0.5, 1.01]},
            "Invalid `fixation_x`. Expected [0, 1]. Received: 1.01",
        ),
        ({"fixation_x": [0.25, np.nan, 0]}, "Invalid `fixation_x`."),
        ({"fixation_y": [0.25, -0.1, 0]}, "Invalid `fixation_y`."),
        ({"fixation_y": [0.25, np.inf, 0]}, "Invalid `fixation_y`."),
        ({"fixation_y": [0.25, 0]}, "Invalid `fixation_*`. Expected lists of"),
        ({"fixation_frame": [0, 1, 3]}, "in [0, 3). Received: from 0 to 3"),
        ({"fixation_frame": [-1, 1, 2]}, "in [0, 3). Received: from -1 to 2"),
        ({"fixation_frame": [0, 2, 1]}, "ascending frames. Received: 2 before"),
        (
            {"fixation_frame": [1, 1, 2]},
            "observer 1 2 times in frame 1 of the record",
        ),
    ],
)
def test_a_fault_in_a_record_is_found_and_named(data_dir, features, problem):
    edit_record(data_dir, **features)
    problems = verify(data_dir).problems
    video_id = features.get("video_id", [b"a"])[0].decode()
    problem = problem or "not announced for this shard"
    where = of_record(0, video_id)
    assert any(p.startswith(where) and problem in p for p in problems)


def test_points_of_nobody_known_may_be_many_in_a_frame(data_dir):
    edit_json(data_dir, INFO, lambda info: info.update(num_observers=None))
    edit_record(data_dir, fixation_frame=[1, 1, 2])
    problems = verify(data_dir).problems
    assert not any("observer" in problem for problem in problems)


@pytest.mark.parametrize(
    ("truth", "problem"),
    [
        (TRUTH[:, :1], "Invalid `truth_num_components`. Expected 2."),
        (None, "Invalid `truth_num_components`. Expected 2. Received: 0."),
        (TRUTH, "Invalid `truth_mixture`. Expected finite numbers."),
    ],
)
def test_a_wrong_true_density_is_found(tmp_path, truth, problem):
    records = [make_record("a", truth=truth)]
    make_dataset(tmp_path, {FIRST: records}, truth_num_components=2)
    if truth is TRUTH:
        edit_record(tmp_path, truth_mixture=[np.nan] * 36)
    (found,) = verify(tmp_path).problems
    assert found.startswith(of_record(0, "a") + problem)


def test_a_record_without_a_frame_or_with_too_many_is_found(data_dir):
    edit_record(data_dir, 2, frames=[], num_frames=[0])
    edit_record(data_dir, 3, frames=[grey((8, 24), 1)] * 513, num_frames=[513])
    problems = verify(data_dir).problems
    for index, video_id, received in ((2, "b", 0), (3, "c", 513)):
        assert (
            of_record(index, video_id)
            + "Invalid `frames`. Expected 1 to 512 frames. "
            f"Received: {received}."
        ) in problems


@pytest.mark.parametrize("features", [{"version": [2]}, {"num_frames": []}])
def test_a_record_that_cannot_be_parsed_does_not_hide_the_others(
    data_dir, features
):
    edit_record(data_dir, 0, **features)
    edit_record(data_dir, 3, split=[b"test"])
    problems = verify(data_dir).problems
    assert problems[0].startswith(f"{FIRST}: record 0, video unknown: ")
    assert any(p.startswith(of_record(3, "c")) for p in problems)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (swap(0, 1), [of_record(0, "a") + "Invalid `first_frame`. Expected 0"]),
        (swap(2, 3), [of_record(3, "b") + "out of the announced order"]),
        (swap(1, 2), [of_record(2, "a") + "its records do not follow each"]),
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
    problems = verify(data_dir).problems
    for beginning in expected:
        assert any(p.startswith(beginning) for p in problems), problems


# In the length and the data of the first record, in the last, and in between.
@pytest.mark.parametrize("position", [0, 9, 100, -2000, -20, -1])
def test_a_flipped_bit_is_found_and_the_other_shards_are_read(
    data_dir, position
):
    flip_bit(data_dir, position)
    edit_json(data_dir, MANIFEST, lambda m: m["videos"].pop("d"))
    first, second, _ = verify(data_dir).shards
    (problem,) = first.problems
    assert problem.startswith(f"{FIRST}: unreadable after ")
    assert "of 4 records" in problem
    assert second.totals.num_records == 1
    assert f"video 'd': not in {MANIFEST}" in verify(data_dir).problems


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_truncated_shard_is_found(data_dir, share):
    content = (data_dir / FIRST).read_bytes()
    (data_dir / FIRST).write_bytes(content[: int(share * len(content))])
    problems = verify(data_dir).problems
    assert problems[0].startswith(f"{FIRST}: Invalid shard")
    assert f"Expected {len(content)} bytes" in problems[0]


def test_bytes_behind_the_last_record_are_found(data_dir):
    with open(data_dir / FIRST, "ab") as file:
        file.write(b"1234")
    problems = verify(data_dir).problems
    assert "Invalid shard" in problems[0]


def test_a_missing_shard_is_found_and_the_others_are_read(data_dir):
    (data_dir / FIRST).unlink()
    verification = verify(data_dir)
    (problem,) = verification.problems
    assert problem.startswith(f"{FIRST}: unreadable after 0 of 4 records: ")
    assert "is missing" in problem
    assert verification.shards[1].totals.num_records == 1


def test_shards_that_changed_places_are_found(data_dir):
    (data_dir / FIRST).rename(data_dir / "a")
    (data_dir / SECOND).rename(data_dir / FIRST)
    (data_dir / "a").rename(data_dir / SECOND)
    problems = verify(data_dir).problems
    assert of_record(0, "d") + "not announced for this shard" in problems
    assert f"{SECOND}: video 'd': missing" in problems


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


def shard_info(info):
    return info["splits"]["train"]["shards"][0]


@pytest.mark.parametrize("change", [-1, 1])
@pytest.mark.parametrize(
    ("place", "key"),
    [
        (lambda info: info, "max_fixations_per_frame"),
        (lambda info: info, "num_frames_without_fixation"),
        (lambda info: info["splits"]["train"], "num_videos"),
        (lambda info: info["splits"]["train"], "num_frames"),
        (lambda info: info["splits"]["train"], "num_fixations"),
        (shard_info, "num_bytes"),
        (shard_info, "num_frames"),
        (shard_info, "num_records"),
        (shard_info, "num_fixations"),
        (lambda info: shard_info(info)["videos"][0], "num_frames"),
        (lambda info: shard_info(info)["videos"][1], "num_fixations"),
        (lambda info: shard_info(info)["videos"][2], "frames_per_second"),
    ],
)
def test_a_changed_number_of_the_info_is_found(data_dir, place, key, change):
    def edit(info):
        place(info)[key] += change

    edit_json(data_dir, INFO, edit)
    problems = verify(data_dir).problems
    named = key if key != "num_bytes" else "bytes"
    assert any(named in problem for problem in problems), problems


def test_more_observers_than_announced_are_found(data_dir):
    edit_json(data_dir, INFO, lambda info: info.update(num_observers=1))
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
    edit_json(data_dir, INFO, lambda info: info["unreadable"].update(a="no"))
    problem = "video 'a': in a shard and unreadable"
    assert verify(data_dir).problems == [problem]


def test_a_video_announced_in_two_shards_is_found(data_dir):
    def announce_again(info):
        one, two = info["splits"]["train"]["shards"]
        two["videos"].append(one["videos"][0])

    edit_json(data_dir, INFO, announce_again)
    problems = verify(data_dir).problems
    assert f"video 'a': announced again in {SECOND}" in problems


def test_of_many_problems_of_a_shard_the_first_are_named(tmp_path):
    number = MAX_PROBLEMS_OF_A_SHARD + 7
    records = [make_record(f"{i:03}") for i in range(number)]
    make_dataset(tmp_path, {FIRST: records})
    rewrite(tmp_path, FIRST, lambda records: [])
    problems = verify(tmp_path).problems
    # A line for each video, and for frames, records and fixations.
    assert problems[MAX_PROBLEMS_OF_A_SHARD] == f"{FIRST}: and 10 more"
    assert problems[0] == f"{FIRST}: video '000': missing"


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
    values = flags.FlagValues()
    show_records.define_flags(values)
    values(["show_records", f"--data_dir={data_dir}", "--verify"])
    return show_records.run(values)


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


def test_the_entry_reports_a_missing_dataset(tmp_path, capsys):
    assert verify_as_entry(tmp_path / "nowhere") == 1
    assert "Error: No prepared dataset" in capsys.readouterr().err
