"""Damage to a trained model is found before a number of it is used."""

import hashlib
import os
import re
import shutil

import keras
import numpy as np
import pytest

from rmdn_tf.files import published
from rmdn_tf.files.checksums import CHECKSUM_FILE, check_files, write_checksums
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import (
    CONFIG_FILE,
    FILES,
    WEIGHTS_FILE,
    load_model,
    save_model,
)
from rmdn_tf.runs.paths import default_directory


@pytest.fixture(scope="module")
def saved(tiny_model, tmp_path_factory):
    """A directory of a trained model."""
    keras.utils.set_random_seed(0)
    directory = tmp_path_factory.mktemp("saved")
    save_model(build_rmdn(tiny_model), tiny_model, directory)
    return directory


@pytest.mark.parametrize("name", [*FILES, CHECKSUM_FILE])
def test_a_flipped_bit_of_a_model_or_its_checksums_is_an_error(
    saved, tmp_path, name
):
    num_bits = 8 * (saved / name).stat().st_size
    bits = np.random.default_rng(0).integers(0, num_bits, 25).tolist()
    for number, bit in enumerate(bits):
        copy = shutil.copytree(saved, tmp_path / str(number))
        content = bytearray((copy / name).read_bytes())
        content[bit // 8] ^= 1 << bit % 8
        (copy / name).write_bytes(content)
        with pytest.raises(ValueError, match="Damaged file") as error:
            load_model(copy)
        if name in FILES:
            assert re.search(f"'{copy / name}'.*SHA-256", str(error.value))


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_weights_that_are_cut_short_are_an_error(saved, tmp_path, share):
    shutil.copytree(saved, tmp_path, dirs_exist_ok=True)
    file = tmp_path / WEIGHTS_FILE
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    with pytest.raises(ValueError, match=f"Damaged file .*{WEIGHTS_FILE}"):
        load_model(tmp_path)


def test_a_model_without_checksums_loads_with_a_warning(saved, tmp_path):
    shutil.copytree(saved, tmp_path, dirs_exist_ok=True)
    (tmp_path / CHECKSUM_FILE).unlink()
    with pytest.warns(UserWarning, match="an earlier release wrote"):
        again, _ = load_model(tmp_path)
    for one, other in zip(
        again.get_weights(), load_model(saved)[0].get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_the_model_of_the_package_has_checksums(recwarn):
    check_files(default_directory(), FILES)
    assert not recwarn.list


class Killed(BaseException):
    """Stands for the end of a process."""


def test_a_model_loads_wherever_its_second_save_was_killed(
    saved, tmp_path, tiny_model, monkeypatch
):
    """Each rename is the last thing that the process does, once."""
    keras.utils.set_random_seed(1)
    model = build_rmdn(tiny_model)
    publish = published.publish
    old, new = (
        hashlib.sha256((path / WEIGHTS_FILE).read_bytes()).hexdigest()
        for path in (saved, _save(model, tiny_model, tmp_path / "new"))
    )
    found = []
    for last in range(1, 5):
        copy = shutil.copytree(saved, tmp_path / str(last))
        calls = []

        def publish_and_die(*args, last=last, calls=calls):
            publish(*args)
            calls.append(args)
            if len(calls) == last:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(published, "publish", publish_and_die)
            with pytest.raises(Killed):
                save_model(model, tiny_model, copy)
        load_model(copy)
        found.append(
            hashlib.sha256((copy / WEIGHTS_FILE).read_bytes()).hexdigest()
        )
    assert found == [old, old, new, new]


def _save(model, config, directory):
    save_model(model, config, directory)
    return directory


def test_a_common_command_can_check_the_files(saved):
    lines = (saved / CHECKSUM_FILE).read_text().splitlines()
    assert lines == [
        f"{hashlib.sha256((saved / name).read_bytes()).hexdigest()}  {name}"
        for name in (CONFIG_FILE, WEIGHTS_FILE)
    ]


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "a/../../b"])
def test_checksums_of_files_elsewhere_are_an_error(tmp_path, name):
    (tmp_path / CHECKSUM_FILE).write_text(f"{'0' * 64}  {name}\n")
    with pytest.raises(ValueError, match="name of a file in its directory"):
        check_files(tmp_path, [])


def test_a_file_that_the_checksums_do_not_cover_is_an_error(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    write_checksums(tmp_path, ["a"])
    check_files(tmp_path, ["a"])
    with pytest.raises(ValueError, match="Damaged file '.*b'"):
        check_files(tmp_path, ["a", "b"])
    os.remove(tmp_path / "a")
    with pytest.raises(ValueError, match="Received: no such file"):
        check_files(tmp_path, [])
