"""Tests of `rmdn_tf.commands.tensorflow_import`."""

import os

import pytest

from rmdn_tf.commands.tensorflow_import import without_notices


def test_notices_are_removed_and_all_else_is_kept(capfd):
    with without_notices():
        os.write(2, b"WARNING: All log messages before absl::InitializeLog()\n")
        os.write(2, b"I0000 00:00:17.4 1 port.cc:153] oneDNN is on.\n")
        os.write(2, b"E0000 00:00:17.4 1 port.cc:9] It failed.\n")
    os.write(2, b"after\n")
    told = "E0000 00:00:17.4 1 port.cc:9] It failed.\nafter\n"
    assert capfd.readouterr().err == told


def test_an_error_of_the_import_is_raised_after_what_was_printed(capfd):
    with pytest.raises(ImportError), without_notices():
        os.write(2, b"libcuda.so is missing\n")
        raise ImportError
    assert capfd.readouterr().err == "libcuda.so is missing\n"
