"""Tests of `tfrecords_tools.shards.manifest_file`."""

import hashlib
import json
import tracemalloc

import pytest

from tfrecords_tools.shards.manifest_file import ManifestFile, digest
from tfrecords_tools.shards.video_table import PlacedVideo

SETTINGS = {"dataset": "made", "size": [1, 2], "limit": None}
SHARDS = [f"train.tfrecord-{index:05d}-of-00002" for index in range(2)]


def videos_of(number):
    return [
        PlacedVideo(f'"{i:05d}" ä}},', "train", SHARDS[i % 2], i, "ab" * 32)
        for i in range(number)
    ]


def document_of(videos):
    """The document as earlier releases made it."""
    return {
        "settings": SETTINGS,
        "videos": {
            v.video_id: {
                "split": v.split,
                "shard": v.shard,
                "num_frames": v.num_frames,
                "sha256": v.sha256,
            }
            for v in videos
        },
    }


class DamagedError(ValueError):
    """As the caller names a damaged file."""


@pytest.fixture
def file(tmp_path):
    return ManifestFile(tmp_path / "manifest.json", DamagedError)


@pytest.mark.parametrize("number", [0, 1, 3, 2500])
def test_what_was_written_is_read(file, number):
    assert file.settings() is None
    videos = videos_of(number)
    file.write(SETTINGS, iter(videos))
    assert json.loads(file.path.read_text()) == document_of(videos)
    assert file.settings() == SETTINGS
    assert list(file.videos()) == videos


@pytest.mark.parametrize("number", [0, 1, 3, 2500])
@pytest.mark.parametrize("indent", [None, 1, 2, 4])
def test_other_layouts_are_read_too(file, number, indent):
    """Earlier releases wrote several lines for a video, indented by two."""
    videos = videos_of(number)
    file.path.write_text(json.dumps(document_of(videos), indent=indent))
    assert file.settings() == SETTINGS
    assert list(file.videos()) == videos


def test_a_large_manifest_of_an_earlier_release_is_read(file, monkeypatch):
    monkeypatch.setattr("rmdn_tf.files.json_files.MAX_BYTES", 200_000)
    videos = videos_of(2500)
    file.path.write_text(json.dumps(document_of(videos), indent=2))
    assert file.path.stat().st_size > 400_000
    assert list(file.videos()) == videos


@pytest.mark.parametrize("indent", [2, "lines"])
@pytest.mark.parametrize("lost", [1, 2, 5, 30, 300])
def test_a_manifest_that_is_cut_short_is_an_error(file, indent, lost):
    videos = videos_of(2500)
    if indent == "lines":
        file.write(SETTINGS, videos)
    else:
        text = json.dumps(document_of(videos), indent=indent)
        file.path.write_text(text + "\n")
    content = file.path.read_bytes()
    file.path.write_bytes(content[: -1 - lost])
    with pytest.raises(DamagedError, match="Invalid .*manifest.json'"):
        list(file.videos())


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"00001-of", b"../x-of", 1),
        lambda text: text.replace(b'"train"', b'"trial"', 1),
        lambda text: text.replace(b'"num_frames": 7,', b'"num_frames": -7,'),
        lambda text: text + b"{}",
        lambda text: text.replace(b"},\n", b"}\n", 1700),
        lambda text: text.replace(b'"},\n', b'"},,\n', 1),
    ],
)
def test_a_damaged_manifest_is_an_error_that_names_it(file, change):
    file.write(SETTINGS, videos_of(2500))
    content = file.path.read_bytes()
    assert change(content) != content
    file.path.write_bytes(change(content))
    with pytest.raises(DamagedError, match="Invalid .*manifest.json'"):
        list(file.videos())


def test_the_digest_is_that_of_earlier_releases():
    videos = sorted(videos_of(20), key=lambda video: video.video_id)
    text = json.dumps(document_of(videos), sort_keys=True)
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert digest(SETTINGS, iter(videos)) == expected


def test_a_long_manifest_takes_no_more_memory(file):
    def peak_bytes(number):
        file.write(SETTINGS, videos_of(number))
        tracemalloc.start()
        try:
            assert sum(1 for _ in file.videos()) == number
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak_bytes(10)
    assert peak_bytes(20_000) - peak_bytes(2_000) < 100_000
