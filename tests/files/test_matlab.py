"""Tests of `rmdn_tf.files.matlab`."""

import io
import zlib

import numpy as np
import pytest
import scipy.io

from rmdn_tf.files.matlab import load_matlab

SIGNATURE = b"\x89HDF\r\n\x1a\n"


def content_of(compressed=True, **variables):
    file = io.BytesIO()
    scipy.io.savemat(file, variables, do_compression=compressed)
    return file.getvalue()


@pytest.mark.parametrize("compressed", [True, False])
def test_variables_come_back(compressed):
    content = content_of(compressed, a=np.arange(6.0).reshape([2, 3]), b="text")
    loaded = load_matlab(content, 2**16)
    np.testing.assert_array_equal(loaded["a"], [[0, 1, 2], [3, 4, 5]])
    assert loaded["b"].item() == "text"


def test_few_bytes_that_stand_for_many_are_refused():
    content = content_of(a=np.zeros(2**20), b=np.zeros(2**20))
    assert len(content) < 2**16
    assert load_matlab(content, 2**25)["b"].size == 2**20
    with pytest.raises(ValueError, match="more than 10000000 bytes"):
        load_matlab(content, 10_000_000)


def test_other_versions_are_named():
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM"
    for content in (header.ljust(512, b"\0") + SIGNATURE, SIGNATURE):
        with pytest.raises(ValueError, match="version 7.3; save it in MATLAB"):
            load_matlab(content, 2**16)
    file = io.BytesIO()
    scipy.io.savemat(file, {"a": np.zeros(40)}, format="4")
    for content in (file.getvalue(), b"", b"<html>"):
        with pytest.raises(ValueError, match="another kind of file"):
            load_matlab(content, 2**16)


def test_a_damaged_compressed_element_is_an_error():
    content = content_of(a=np.arange(1000.0))
    with pytest.raises(zlib.error):
        load_matlab(content[:140] + b"\0" * 40 + content[180:], 2**20)
