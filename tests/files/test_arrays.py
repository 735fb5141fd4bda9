"""Arrays in files: exact, or refused before memory is taken for them."""

import io
import zipfile

import numpy as np
import pytest

from rmdn_tf.files import archives
from rmdn_tf.files.arrays import read_array, read_arrays, write_arrays

pytestmark = pytest.mark.slow

ARRAYS = {
    "numbers": np.arange(6, dtype=np.float32).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(3, 2)),
    "big_endian": np.arange(3, dtype=">i4"),
    "half": np.ones(3, np.float16),
    "truths": np.array([True, False]),
    "texts": np.array(["a", "Zürich"]),
    "one": np.array(3.5),
    "empty": np.zeros([0, 4]),
}


def npy_of(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def header_of(shape, descr="<f4", fortran=False):
    """The beginning of an `.npy` that claims any shape."""
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": fortran, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


def npz_of(members, packing=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def written(tmp_path, content, name="a.npz"):
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


def error_of(path, read=None, **options):
    read = read or (read_array if path.suffix == ".npy" else read_arrays)
    with pytest.raises(ValueError, match=r"^Invalid file ") as error:
        read(path, **options)
    assert f"'{path}'" in str(error.value)
    return str(error.value)


def test_arrays_of_numbers_and_texts_come_back_as_they_were(tmp_path):
    write_arrays(tmp_path / "a.npz", **ARRAYS)
    found = read_arrays(tmp_path / "a.npz")
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.save(tmp_path / "a.npy", array)
        for again in (found[name], read_array(tmp_path / "a.npy")):
            assert again.dtype == array.dtype
            np.testing.assert_array_equal(again, array)


def test_a_flipped_bit_changes_no_number(tmp_path):
    arrays = {name: ARRAYS[name] for name in ("numbers", "texts")}
    write_arrays(tmp_path / "whole.npz", **arrays)
    whole = (tmp_path / "whole.npz").read_bytes()
    num_refused = 0
    for bit in range(0, 8 * len(whole), 5):
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path = written(tmp_path, content)
        try:
            found = read_arrays(path)
        except ValueError as error:
            assert str(path) in str(error)
            num_refused += 1
            continue
        assert found.keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(found[name], array)
    assert num_refused > len(whole)  # The rest is dates and the like.


def test_a_file_that_is_cut_short_anywhere_is_an_error(tmp_path):
    contents = {
        "a.npz": npz_of({"a.npy": npy_of(ARRAYS["numbers"])}),
        "a.npy": npy_of(ARRAYS["numbers"]),
    }
    for name, content in contents.items():
        for length in range(len(content)):
            error_of(written(tmp_path, content[:length], name))


def test_numbers_after_the_array_are_an_error(tmp_path):
    content = npy_of(ARRAYS["numbers"]) + b"1234"
    assert "28 bytes of numbers" in error_of(
        written(tmp_path, content, "a.npy")
    )
    error_of(written(tmp_path, npz_of({"a.npy": content})))


@pytest.mark.parametrize(
    "shape", [(2**33,), (2**62, 2**62), (2**40, 2**40, 0, 3), (-1, -6)]
)
@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_a_shape_that_the_file_does_not_have_is_an_error(tmp_path, name, shape):
    content = header_of(shape) + bytes(20)
    if name == "a.npz":
        content = npz_of({"a.npy": content})
    error_of(written(tmp_path, content, name))


def test_texts_without_a_letter_take_no_memory(tmp_path):
    content = header_of((2**40,), "<U0")
    assert "an array of <U0" in error_of(written(tmp_path, content, "a.npy"))


def test_an_archive_that_unpacks_to_more_than_the_limit_is_an_error(tmp_path):
    zeros = npy_of(np.zeros(2**21))
    path = written(tmp_path, npz_of({f"{name}.npy": zeros for name in "abc"}))
    assert path.stat().st_size < 2**20
    assert len(read_arrays(path, max_bytes=3 * 2**24)) == 3
    assert "unpacks to" in error_of(path, max_bytes=2 * 2**24)


def test_an_archive_that_lies_about_a_size_is_an_error(tmp_path):
    content = bytearray(npz_of({"a.npy": npy_of(np.zeros(2**16))}))
    at = content.index(archives.MEMBER)
    content[at + 24 : at + 28] = (200).to_bytes(4, "little")
    error_of(written(tmp_path, content))


def test_a_file_larger_than_the_limit_is_not_read(tmp_path):
    path = written(tmp_path, npy_of(np.zeros(2**18)), "a.npy")
    assert "Expected at most" in error_of(path, max_bytes=8)


def test_an_archive_of_many_members_is_an_error(tmp_path):
    names = {f"{i}.npy": b"" for i in range(archives.MAX_MEMBERS + 1)}
    path = written(tmp_path, npz_of(names, zipfile.ZIP_STORED))
    assert "an archive of 4097 members" in error_of(path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_packed_in_an_uncommon_way_is_an_error(tmp_path, packing):
    path = written(tmp_path, npz_of({"a.npy": npy_of(np.ones(2))}, packing))
    assert "packed in an unknown way" in error_of(path)


@pytest.mark.parametrize("kind", [object, "M8[s]", "V4", [("x", "f4")]])
@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_other_than_numbers_and_texts_is_an_error(tmp_path, name, kind):
    content = npy_of(np.zeros(2, kind))
    if name == "a.npz":
        content = npz_of({"a.npy": content})
    error_of(written(tmp_path, content, name))


@pytest.mark.parametrize(
    "header", [b"(" * 9000, b"[" * 9000, b"-" * 9000 + b"1", b"{'a':" * 1500]
)
def test_a_header_of_many_brackets_is_an_error(tmp_path, header):
    start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
    error_of(written(tmp_path, start + header, "a.npy"))


def test_a_file_of_another_kind_is_an_error(tmp_path):
    error_of(written(tmp_path, npy_of(np.ones(2))))
    error_of(written(tmp_path, npz_of({"a.npy": b""}), "a.npy"))
    error_of(written(tmp_path, npz_of({"a.txt": b"text"})))


def test_a_missing_file_is_no_damaged_one(tmp_path):
    for read in (read_array, read_arrays):
        with pytest.raises(FileNotFoundError, match="No such file.*nowhere'"):
            read(tmp_path / "nowhere")
        with pytest.raises(OSError, match="Cannot read"):
            read(tmp_path)
