"""Valid samples of every kind of file, and how to corrupt and load them."""

import dataclasses
import itertools
import json
import pathlib
import struct
from collections.abc import Callable

import h5py
import numpy as np
import tensorflow as tf

from benchmarks.corruptions import corrupt_bytes, corrupt_json
from benchmarks.request_corruptions import corrupted
from benchmarks.serving_endurance import export_tiny
from rmdn_tf.action_recognition.linear_svm import LinearClassifier
from rmdn_tf.action_recognition.recipes import AttentionConfig, NetworkConfig
from rmdn_tf.action_recognition.recognizer import (
    FrameForm,
    Recognizer,
    load_recognizer,
)
from rmdn_tf.data.input_pipeline import random_cuts
from rmdn_tf.data.prepared_dataset import DATASET_INFO_FILE, MANIFEST_FILE
from rmdn_tf.data.record_lengths import masked_crc32c
from rmdn_tf.data.windows import Window
from rmdn_tf.encoders.c3d import build_c3d
from rmdn_tf.encoders.c3d_weights import read_c3d_weights, save_c3d_weights
from rmdn_tf.model.config import DenseConfig
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import load_model, save_model
from rmdn_tf.runs.loading import served_metadata
from rmdn_tf.serving.messages import load_stubs
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.inspection import show
from tfrecords_tools.shards.manifest import check_settings
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.shards.verification import verify
from tfrecords_tools.sources.demo import Demo
from tfrecords_tools.sources.video_database import read_table

SIZE = (16, 24)


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        file: the valid sample.
        corrupt: (content, rng) -> corrupted content.
        load: loads the file as the commands do, with the same errors.
    """

    file: pathlib.Path
    corrupt: Callable[[bytes, np.random.Generator], bytes]
    load: Callable[[], object]


class ProblemsError(ValueError):
    """A verification found problems."""


def make_samples(directory: pathlib.Path) -> None:
    """Writes the samples that `kinds_of` needs."""
    config = DenseConfig(
        input_size=(16, 16),
        filters=((2,), (2,), (2,), (2,), (2,)),
        units=4,
        num_components=3,
        clip_stride=4,
    )
    model = directory / "model"
    save_model(build_rmdn(config), config, model)
    # A corruption with the right checksum is a file of somebody's own.
    for file in directory.glob("**/checksums.*"):
        file.unlink()
    network = build_c3d(filters=((2,), (2,), (2, 2), (2, 2), (2, 2)))
    save_c3d_weights(
        directory / "c3d.npz",
        {
            f"{layer.name}/{variable.name}": variable.numpy()
            for layer in network.layers
            for variable in layer.variables
        },
    )
    data_dir = directory / "data"
    prepare(Demo(3, size=SIZE), data_dir, FrameFormat(SIZE), num_workers=1)
    recognizer = Recognizer(
        LinearClassifier(("a", "b"), np.ones([128, 2]), np.ones(2)),
        "attention",
        NetworkConfig(network=str(model), clip_stride=4),
        AttentionConfig(source="tcb"),
        FrameForm(SIZE, None, 0.0),
        np.zeros([3, 6], np.float32),
    )
    recognizer.save(directory / "recognizer", recognizer.made_by())
    _write_table(directory / "video_database.mat")
    export_tiny(str(directory))


def _write_table(path: pathlib.Path) -> None:
    """Writes videos and fixations as a MATLAB v7.3 file."""
    with h5py.File(path, "w") as file:
        group = file.create_group("video_database")
        rows = [(1, 1 + i % 3, 40 * i, 40, 32, 12) for i in range(50)]
        group["fixdata"] = np.array(rows, np.float64).T
        names = group.create_dataset("video_names_list", [1, 3], h5py.ref_dtype)
        for index, name in enumerate(("Kimono", "BasketballDrive", "Yan")):
            codes = np.array([[ord(letter)] for letter in name], np.uint16)
            text = file.create_dataset(f"#refs#/{index}", data=codes)
            names[0, index] = text.ref


def kinds_of(directory: pathlib.Path) -> dict[str, Kind]:
    """Returns name -> kind of file, for the samples in a directory."""
    model, data_dir = directory / "model", directory / "data"
    recognizer = directory / "recognizer"
    version = max((directory / "tiny").iterdir())
    info, manifest = data_dir / DATASET_INFO_FILE, data_dir / MANIFEST_FILE
    shard = min(data_dir.glob("train.tfrecord-*"))
    table = directory / "video_database.mat"
    settings = json.loads(manifest.read_text())["settings"]

    def load_info():
        _verify(data_dir)
        show(data_dir, "train")

    def load_manifest():
        check_settings(data_dir, settings)
        _verify(data_dir)

    turn = itertools.count()

    def load_shard():
        _announce(info, shard)
        if next(turn) % 5 == 0:  # Its pipeline takes seconds to build.
            cut_windows()
        load_info()

    def cut_windows():
        windows = random_cuts(
            data_dir,
            "train",
            batch_size=1,
            window=Window(16, 4),
            fixations_per_frame=2,
            seed=0,
        )
        for _ in windows.take(40):
            pass

    def load_table():
        read_table.cache_clear()
        read_table(str(table))

    def load_model_dir():
        load_model(model)

    def load_recognizer_dir():
        load_recognizer(recognizer)

    return {
        "model.json": Kind(model / "model.json", corrupt_json, load_model_dir),
        "weights .h5": Kind(
            model / "model.weights.h5", corrupt_bytes, load_model_dir
        ),
        "weights .npz": Kind(
            directory / "c3d.npz",
            corrupt_bytes,
            lambda: read_c3d_weights(directory / "c3d.npz"),
        ),
        "metadata.json": Kind(
            version / "assets/metadata.json",
            corrupt_json,
            lambda: served_metadata(version),
        ),
        "dataset_info.json": Kind(info, corrupt_json, load_info),
        "manifest.json": Kind(manifest, corrupt_json, load_manifest),
        "shard": Kind(shard, corrupt_shard, load_shard),
        "recognizer.json": Kind(
            recognizer / "recognizer.json", corrupt_json, load_recognizer_dir
        ),
        "classifier.npz": Kind(
            recognizer / "classifier.npz", corrupt_bytes, load_recognizer_dir
        ),
        "centre.npz": Kind(
            recognizer / "centre.npz", corrupt_bytes, load_recognizer_dir
        ),
        ".mat": Kind(table, corrupt_bytes, load_table),
        "request": _requests(version, directory / "request"),
    }


def _requests(version: pathlib.Path, file: pathlib.Path) -> Kind:
    """Makes the kind of requests to a server; each is made anew."""
    from benchmarks.session_model import SessionModel

    shapes = served_metadata(version)["state"]
    served = SessionModel(version)
    read = load_stubs().predict.PredictRequest.FromString

    def corrupt(_, rng):
        return corrupted("tiny", shapes, rng)[1]

    def load():
        from google.protobuf.message import DecodeError

        try:
            request = read(file.read_bytes())
        except DecodeError as error:
            raise ProblemsError(str(error)) from error
        served.run(request.model_spec.signature_name, dict(request.inputs))

    file.touch()
    return Kind(file, corrupt, load)


def _verify(data_dir: pathlib.Path) -> None:
    problems = verify(data_dir, num_threads=1).problems
    if problems:
        raise ProblemsError(f"'{data_dir}': {problems[0]}")


def _announce(info: pathlib.Path, shard: pathlib.Path) -> None:
    """Updates the length of a changed shard in `dataset_info.json`."""
    document = json.loads(info.read_text())
    for split in document["splits"].values():
        for one in split["shards"]:
            if one["file"] == shard.name:
                one["num_bytes"] = shard.stat().st_size
    info.write_text(json.dumps(document))


def corrupt_shard(content: bytes, rng: np.random.Generator) -> bytes:
    """Corrupts bytes; or a length or a record, with valid checksums."""
    kind = rng.integers(4)
    if kind == 0:
        return corrupt_bytes(content, rng)
    records = _records_of(content)
    index = int(rng.integers(len(records)))
    if kind == 1:
        length = int(rng.choice([0, 1, 2**20, 2**31, 2**33, 2**40, 2**63 - 1]))
        return _joined(records, index, struct.pack("<Q", length))
    change = corrupt_bytes if kind == 2 else _corrupt_example
    records[index] = change(records[index], rng)
    return _joined(records)


def _records_of(content: bytes) -> list[bytes]:
    records, place = [], 0
    while place < len(content):
        (length,) = struct.unpack_from("<Q", content, place)
        records.append(content[place + 12 : place + 12 + length])
        place += length + 16
    return records


def _joined(records, changed: int = -1, header: bytes = b"") -> bytes:
    content = bytearray()
    for index, record in enumerate(records):
        length = struct.pack("<Q", len(record))
        length = header if index == changed else length
        content += length + struct.pack("<I", masked_crc32c(length))
        content += record + struct.pack("<I", masked_crc32c(record))
    return bytes(content)


def _corrupt_example(record: bytes, rng) -> bytes:
    """Puts invalid values into a record."""
    example = tf.train.Example.FromString(record)
    features = example.features.feature
    name = str(rng.choice(sorted(features)))
    if rng.random() < 0.1:
        del features[name]
        return example.SerializeToString()
    field = features[name]
    values = getattr(field, field.WhichOneof("kind") or "int64_list").value
    if rng.random() < 0.2:
        del values[:]
        return example.SerializeToString()
    choices = {
        "int64_list": [-1, 0, 1, 513, 2**31, 2**62, -(2**63)],
        "float_list": [np.nan, np.inf, -1.0, 3e38, 2.0, 0.0],
        "bytes_list": [b"", b"x" * 10**5, b"\xff\xd8\xff", b"../x"],
    }[field.WhichOneof("kind") or "int64_list"]
    value = choices[rng.integers(len(choices))]
    if len(values) and rng.random() < 0.7:
        values[int(rng.integers(len(values)))] = value
    else:
        values.extend([value] * int(rng.choice([1, 3, 10**3])))
    return example.SerializeToString()
