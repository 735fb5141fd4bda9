"""The processor tells whether one frame is slower than two."""

import pytest

from rmdn_tf.model import processor


@pytest.fixture(autouse=True)
def _forget():
    """Reads the flags anew before and after a test."""
    processor._abilities.cache_clear()
    yield
    processor._abilities.cache_clear()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512bw\n", True),
        ("processor\t: 0\nflags\t\t: fpu avx2 avx512\n", False),
        ("processor\t: 0\nFeatures\t: fp asimd\n", False),
        ("model name\t: \xb5 avx512f\n", False),
    ],
)
def test_the_flags_of_linux_tell_of_avx512(
    tmp_path, monkeypatch, text, expected
):
    path = tmp_path / "cpuinfo"
    path.write_text(text, "utf-8")
    monkeypatch.setattr(processor, "PROCESSORS", path)
    assert processor.has_avx512() is expected


def test_the_flags_of_linux_tell_of_bfloat16(tmp_path, monkeypatch):
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(processor, "PROCESSORS", path)
    path.write_text("flags\t\t: fpu avx512f avx512_bf16\n", "utf-8")
    assert processor.has_bfloat16()
    path.write_text("flags\t\t: fpu avx512f\n", "utf-8")
    processor._abilities.cache_clear()
    assert not processor.has_bfloat16()


def test_an_unknown_system_tells_of_no_avx512(tmp_path, monkeypatch):
    monkeypatch.setattr(processor, "PROCESSORS", tmp_path / "absent")
    assert not processor.has_avx512()
