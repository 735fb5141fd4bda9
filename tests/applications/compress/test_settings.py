"""Settings that contradict each other or the encoder are refused."""

import pytest

from rmdn_tf.applications.compress.compression import encoding_of
from rmdn_tf.applications.compress.settings import CompressionSettings


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"quality": 20, "bitrate": 500}, "a quality or a bitrate"),
        ({"quality": 0}, "quality. Expected 1 to 51 for libx264"),
        ({"quality": 52, "codec": "libx265"}, "Expected 1 to 51"),
        ({"quality": 64, "codec": "libsvtav1"}, "Expected 1 to 63"),
        ({"bitrate": 0}, "bitrate. Expected 1 to 2000000"),
        ({"bitrate": 3_000_000}, "bitrate. Expected 1 to 2000000"),
        ({"preset": "8"}, "preset. Expected one of ultrafast, .* libx264"),
        ({"preset": "slow", "codec": "libsvtav1"}, "one of 0, 1, 2"),
        ({"strength": -1}, "strength. Expected 0 to 4"),
        ({"method": "roi", "codec": "libsvtav1"}, "write --map"),
        ({"method": "both", "codec": "libsvtav1"}, "Expected blur"),
    ],
)
def test_an_invalid_setting_is_named(settings, message):
    with pytest.raises(ValueError, match=message):
        CompressionSettings(**settings)


def test_each_codec_has_its_usual_method():
    methods = {
        codec: CompressionSettings(codec=codec).methods
        for codec in ("libx264", "libx265", "libsvtav1")
    }
    assert methods == {
        "libx264": ("roi",),
        "libx265": ("roi",),
        "libsvtav1": ("blur",),
    }
    assert CompressionSettings(method="both").methods == ("roi", "blur")


@pytest.mark.parametrize("method, strength", [("roi", 1), ("blur", 2)])
def test_x265_gets_half_of_the_offsets_of_regions_only(method, strength):
    settings = CompressionSettings(codec="libx265", method=method, strength=2)
    assert settings.offset_strength == strength


def test_a_quality_or_a_bitrate_reaches_the_encoder():
    assert encoding_of(CompressionSettings(quality=30)) == (
        "libx264",
        {"preset": "medium", "crf": "30"},
        None,
    )
    assert encoding_of(CompressionSettings(bitrate=800)) == (
        "libx264",
        {"preset": "medium"},
        800_000,
    )


@pytest.mark.parametrize(
    "codec, preset, option",
    [
        ("libx264", "ultrafast", ("aq-mode", "1")),
        ("libx265", "ultrafast", ("x265-params", "log-level=error:aq-mode=1")),
        ("libx265", "superfast", ("x265-params", "log-level=error:aq-mode=1")),
        ("libx265", "veryfast", ("x265-params", "log-level=error")),
    ],
)
def test_a_preset_without_adaptive_quantisation_gets_it(codec, preset, option):
    settings = CompressionSettings(codec=codec, preset=preset)
    assert option in encoding_of(settings).options.items()
