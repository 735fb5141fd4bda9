"""Descriptors of the videos of a dataset: computed once, kept beside it.

    DATA_DIR/descriptors/context-fc6-1f2e3d4c5b6a/
        manifest.json                             settings and checksums
        train.tfrecord-00000-of-00016.000.npz     16 videos of that shard
        train.tfrecord-00000-of-00016.001.npz

A killed run continues with the missing files. The context part does not depend
on attention, so all attention settings share it. If several processes need the
same descriptors, one computes them and the others wait.
"""

import contextlib
import dataclasses
import functools
import hashlib
import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from tqdm import tqdm

from rmdn_tf.action_recognition.attention_sources import WatchedVideo
from rmdn_tf.action_recognition.descriptor_table import DescriptorTable
from rmdn_tf.action_recognition.recipes import Recipe
from rmdn_tf.action_recognition.video_encoder import VideoEncoder
from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.prepared_dataset import (
    dataset_digest,
    load_dataset_info,
    read_dataset_info,
)
from rmdn_tf.data.record_dataset import clear_errors_of_records
from rmdn_tf.data.records import RecordError
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.engines.processes import in_this_process
from rmdn_tf.engines.tasks import Run
from rmdn_tf.files.arrays import read_arrays, write_arrays
from rmdn_tf.files.file_systems import file_length, is_local, make_directory
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.published import remove_partial, write_json
from rmdn_tf.files.safe_names import file_name
from rmdn_tf.files.settings_file import refuse_changes

VIDEOS_PER_FILE = 16
FRAMES_AT_ONCE = 32
MANIFEST_FILE = "manifest.json"


# Video's name -> part -> float32 `[F]`.
Descriptors = dict[str, dict[str, np.ndarray]]


def compute_descriptors(
    recipe: Recipe,
    data_dir: str | os.PathLike,
    parts: tuple[str, ...],
    run: Run = in_this_process,
    recipe_of_worker: Callable[[], Recipe] | None = None,
) -> DescriptorTable:
    """Computes the missing descriptors of a prepared dataset, and reads all.

    Remote file systems have no locks: two processes may compute the same there.

    Args:
        recipe: the networks and settings.
        data_dir: a prepared dataset.
        parts: the parts of a descriptor to compute.
        run: does the tasks, one for each shard; see `rmdn_tf.engines`.
        recipe_of_worker: returns the same recipe in another process; can be
            pickled. None if `run` needs no other.
    """
    info = read_dataset_info(data_dir)
    folders = {part: _folder(recipe, data_dir, part) for part in parts}
    pieces = list(_pieces(info))
    is_missing = any(_missing(piece, folders) for piece in pieces)
    for folder in folders.values():
        if is_missing or is_local(folder):
            remove_partial(folder)
    if is_missing:
        about = {part: recipe.about(part) for part in parts}
        computing = _Computing(
            recipe_of_worker or (lambda: recipe), about, data_dir, folders
        )
        with contextlib.ExitStack() as stack:
            # Sorted, so that two processes never wait for each other.
            for part, folder in sorted(folders.items()):
                stack.enter_context(_opened(folder, about[part]))
            _compute_missing(computing, pieces, run)
    return _read(pieces, folders)


def _compute_missing(
    computing: "_Computing", pieces: Sequence["_Piece"], run: Run
) -> None:
    missing = {piece: _missing(piece, computing.folders) for piece in pieces}
    # More than one encoder only if some pieces lack other parts.
    tasks = [
        _Task(parts, tuple(of_shard))
        for parts in sorted({of for of in missing.values() if of})
        for _, of_shard in itertools.groupby(
            (piece for piece in pieces if missing[piece] == parts),
            lambda piece: piece.shard,
        )
    ]
    num_frames = {task.name: task.num_frames for task in tasks}
    with tqdm(
        total=sum(num_frames.values()), desc="descriptors", unit="frame"
    ) as progress:
        is_here = run is in_this_process
        compute = functools.partial(
            computing, progress.update if is_here else None
        )
        for name in run(compute, tasks, lambda task: task.name):
            progress.update(0 if is_here else num_frames[name])


@dataclasses.dataclass(frozen=True)
class _Piece:
    """Videos of one shard whose descriptors lie in one file."""

    shard: str
    number: int
    video_ids: tuple[str, ...]
    num_frames: int

    def path_in(self, folder: str) -> str:
        return os.path.join(folder, f"{self.shard}.{self.number:03d}.npz")


@dataclasses.dataclass(frozen=True)
class _Task:
    """Pieces of one shard that lack the same parts."""

    parts: tuple[str, ...]
    pieces: tuple[_Piece, ...]

    @property
    def name(self) -> str:
        return f"{'+'.join(self.parts)} of {self.pieces[0].shard}"

    @property
    def num_frames(self) -> int:
        return sum(piece.num_frames for piece in self.pieces)


@dataclasses.dataclass(frozen=True)
class _Computing:
    """Computes the descriptors of a task, in any process.

    Attributes:
        recipe: returns the recipe.
        about: part -> what `Recipe.about` must say of it.
        folders: part -> its folder.
    """

    recipe: Callable[[], Recipe]
    about: dict[str, dict]
    data_dir: str | os.PathLike
    folders: dict[str, str]

    def __call__(
        self, advance: Callable[[int], object] | None, task: _Task
    ) -> str:
        """Writes the descriptors of a task; returns its name."""
        recipe = self.recipe()
        for part in task.parts:
            refuse_changes(
                self.folders[part],
                self.about[part],
                recipe.about(part),
                advice="A network differs on this worker.",
            )
        stored = StoredFrames(load_dataset_info(self.data_dir), self.data_dir)
        encode = _encoder(recipe, task.parts)
        with clear_errors_of_records():
            for piece, computed in _encode_shard(
                encode, stored, task.pieces, advance
            ):
                _write(computed, piece, self.folders)
        return task.name


@functools.lru_cache(maxsize=1)
def _encoder(recipe: Recipe, parts: tuple[str, ...]) -> VideoEncoder:
    return recipe.video_encoder(parts)


def _pieces(info: DatasetInfo) -> Iterator[_Piece]:
    for shard in info.shards:
        begins = range(0, len(shard.videos), VIDEOS_PER_FILE)
        for number, begin in enumerate(begins):
            videos = shard.videos[begin : begin + VIDEOS_PER_FILE]
            yield _Piece(
                shard.file,
                number,
                tuple(video.id for video in videos),
                sum(video.num_frames for video in videos),
            )


def _missing(piece: _Piece, folders: dict[str, str]) -> tuple[str, ...]:
    return tuple(
        part
        for part, folder in folders.items()
        if file_length(piece.path_in(folder)) is None
    )


def _folder(recipe: Recipe, data_dir: str | os.PathLike, part: str) -> str:
    """Returns the folder of a part; each recipe has another name."""
    about = recipe.about(part) | {"dataset": dataset_digest(data_dir)}
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    features = file_name(recipe.encoder.about["features"].replace("+", "-"))
    name = f"{part}-{features}-{digest.hexdigest()[:12]}"
    return os.path.join(data_dir, "descriptors", name)


@contextlib.contextmanager
def _opened(folder: str, about: dict) -> Iterator[None]:
    """Locks the folder of a part and writes the manifest; a context."""
    with one_at_a_time(folder, "computing descriptors", wait=True):
        make_directory(folder)
        write_json(os.path.join(folder, MANIFEST_FILE), about)
        yield


def _encode_shard(
    encode: VideoEncoder,
    stored: StoredFrames,
    pieces: Sequence[_Piece],
    advance: Callable[[int], object] | None,
) -> Iterator[tuple[_Piece, Descriptors]]:
    """Reads a shard once; yields every piece once it is complete."""
    path = os.path.join(stored.directory, pieces[0].shard)
    wanted = [video_id for piece in pieces for video_id in piece.video_ids]
    chunks = stored.chunks(path, FRAMES_AT_ONCE, wanted)
    # The records of a video are consecutive, and the videos of a piece too.
    by_video = itertools.groupby(
        chunks.as_numpy_iterator(), lambda chunk: chunk["video_id"].decode()
    )
    left = iter(pieces)
    piece: _Piece | None = next(left)
    computed: Descriptors = {}
    for video_id, of_video in by_video:
        first = next(of_video)
        video = WatchedVideo(video_id, float(first["frames_per_second"]))
        frames = _frames(itertools.chain([first], of_video), advance)
        computed[video_id] = encode(frames, video)
        if piece and computed.keys() == set(piece.video_ids):
            yield piece, computed
            piece, computed = next(left, None), {}
    if piece is not None:
        lost = set(piece.video_ids) - computed.keys()
        raise RecordError(
            f"Invalid shard '{path}'. Expected the videos {sorted(lost)}, "
            "which the dataset's info lists. Received: a shard without them."
        )


def _frames(
    chunks: Iterable[dict], advance: Callable[[int], object] | None
) -> Iterator[np.ndarray]:
    for chunk in chunks:
        yield from chunk["frames"]
        if advance:
            advance(len(chunk["frames"]))


def _write(
    computed: Descriptors, piece: _Piece, folders: dict[str, str]
) -> None:
    for part in computed[piece.video_ids[0]]:
        write_arrays(
            piece.path_in(folders[part]),
            video_ids=np.array(piece.video_ids),
            descriptors=np.stack([computed[v][part] for v in piece.video_ids]),
        )


def _read(pieces: Sequence[_Piece], folders: dict[str, str]) -> DescriptorTable:
    names = [video_id for piece in pieces for video_id in piece.video_ids]
    columns: dict[str, slice] = {}
    last = 0
    for part, folder in folders.items():
        first, last = last, last + _read_part(folder, pieces[0]).shape[1]
        columns[part] = slice(first, last)
    values = np.empty([len(names), last], np.float32)
    row = 0
    for piece in pieces:
        rows = slice(row, row + len(piece.video_ids))
        for part, folder in folders.items():
            into = values[rows, columns[part]]
            into[:] = _read_part(folder, piece, into.shape[1])
        row = rows.stop
    return DescriptorTable(
        {name: row for row, name in enumerate(names)}, columns, values
    )


def _read_part(
    folder: str, piece: _Piece, num_features: int | None = None
) -> np.ndarray:
    """Reads one part of the descriptors of a piece, `[V, F]`."""
    path = piece.path_in(folder)
    try:
        arrays = read_arrays(path)
        if tuple(map(str, arrays["video_ids"])) != piece.video_ids:
            raise ValueError("The file holds other videos.")
        descriptors = arrays["descriptors"]
        shape = (len(piece.video_ids), num_features or descriptors.shape[-1])
        if descriptors.shape != shape:
            raise ValueError(
                f"Expected numbers of shape {shape}. Received: "
                f"{descriptors.shape}."
            )
        return descriptors
    except (IndexError, KeyError, ValueError) as error:
        raise RecordError(
            f"Invalid descriptors '{path}'. Remove the file to compute it "
            f"again. ({error})"
        ) from error
