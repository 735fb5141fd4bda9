"""Any sound is kept, in sync, or left out with a sentence: never the video."""

import contextlib
import itertools
import warnings

import av
import numpy as np
import pytest

from tests.helpers.made_clips import (
    Track,
    damage_sound,
    read_clip,
    rewrite,
    write_clip,
)
from tests.helpers.made_streams import join

pytestmark = [pytest.mark.slow, pytest.mark.versions]

# A packet of AAC is 21 ms; AVI has no smaller unit than a packet of MP3.
PACKET = 0.026

SUFFIXES = (
    *("mp4", "mov", "mkv", "webm", "avi", "ts", "mpg"),
    *("flv", "wmv", "ogv", "mxf", "m4v", "3gp"),
)


# All codecs of sound that FFmpeg both encodes and stores beside a video.
CODECS = """
    aac ac3 adpcm_ima_qt adpcm_ima_wav adpcm_ms adpcm_swf
    adpcm_yamaha alac eac3 flac g722 g726 libmp3lame
    libopencore_amrnb libopus mp2 mp2fixed nellymoser pcm_alaw pcm_f32be
    pcm_f32le pcm_f64be pcm_f64le pcm_mulaw pcm_s16be
    pcm_s16be_planar pcm_s16le pcm_s16le_planar pcm_s24be pcm_s24le
    pcm_s24le_planar pcm_s32be pcm_s32le pcm_s32le_planar pcm_s64be pcm_s64le
    pcm_s8 pcm_s8_planar pcm_u16be pcm_u16le pcm_u24be pcm_u24le pcm_u32be
    pcm_u32le pcm_u8 real_144 tta vorbis wavpack wmav1 wmav2
"""


def rewrite_quietly(source, path):
    """Rewrites a video; a warning is an error."""
    with warnings.catch_warnings(action="error"):
        return rewrite(source, path)


CONTAINERS = ("mkv", "mov", "avi", "asf", "ts", "flv", "nut")


def write_with_codec(directory, codec):
    """Writes a video with sound of a codec, in a container that holds it."""
    for suffix, rate, layout in itertools.product(
        CONTAINERS, (48000, 44100, 8000), ("stereo", "mono")
    ):
        path = directory / f"{codec}.{suffix}"
        track = Track(codec, rate, layout)
        video = "flv" if suffix == "flv" else "mpeg4"
        with contextlib.suppress(av.FFmpegError, ValueError):
            write_clip(path, track, num_frames=20, flash=10, codec=video)
            tones = read_clip(path).tones
            if tones == pytest.approx([0.4], abs=PACKET):
                return path
    raise AssertionError(f"no container of this FFmpeg holds {codec}")


@pytest.mark.parametrize(
    "codec", sorted({*CODECS.split()} & av.codecs_available)
)
def test_sound_of_any_codec_is_heard_in_any_format(tmp_path, codec):
    source = write_with_codec(tmp_path, codec)
    expected = read_clip(source)
    for suffix in ("mp4", "mkv", "webm", "avi"):
        clip = read_clip(rewrite_quietly(source, tmp_path / f"out.{suffix}"))
        assert len(clip.times) == 20
        assert clip.flash == pytest.approx(expected.flash, abs=2e-3)
        (late,) = np.subtract(clip.tones, expected.tones)
        assert abs(late) < PACKET, suffix


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("name", "begin", "begin_of_sound"),
    [
        ("in.mkv", 10.0, 10.0),
        ("in.mkv", 10.0, 9.2),
        ("in.mkv", 2.0, 0.0),
        ("in.ts", 1.48, 1.2),
        ("in.ts", 5.0, 5.5),
    ],
)
def test_a_tone_stays_beside_its_flash(
    tmp_path, suffix, name, begin, begin_of_sound
):
    track = Track(begin=begin_of_sound)
    source = write_clip(tmp_path / name, track, begin=begin)
    clip = read_clip(rewrite_quietly(source, tmp_path / f"out.{suffix}"))
    assert clip.flash == pytest.approx(1.0, abs=2e-3)
    assert clip.tones == pytest.approx([1.0], abs=0.005)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov", "webm", "ts", "flv"])
def test_the_output_begins_at_0(tmp_path, suffix):
    source = write_clip(tmp_path / "in.mkv", Track(begin=9.5), begin=10.0)
    clip = read_clip(rewrite(source, tmp_path / f"out.{suffix}"))
    assert clip.begin == 0


@pytest.mark.parametrize(
    ("track", "suffix", "expected"),
    [
        (Track("flac", layout="5.1"), "mpg", ("mp2", 48000, "stereo")),
        (Track("flac", layout="5.1"), "webm", ("opus", 48000, "5.1")),
        (Track("flac", layout="5.1"), "mp4", ("flac", 48000, "5.1")),
        (Track("pcm_alaw", 8000, "mono"), "mp4", ("aac", 8000, "mono")),
        (Track("pcm_u8", 11025, "mono"), "mkv", ("pcm_u8", 11025, "mono")),
        (Track("aac", 44100), "webm", ("opus", 48000, "stereo")),
        (Track("libopus"), "mov", ("aac", 48000, "stereo")),
        (
            Track("libmp3lame", 22050, "mono"),
            "mxf",
            ("pcm_s16le", 48000, "mono"),
        ),
    ],
)
def test_sound_is_laid_out_and_resampled_for_its_codec(
    tmp_path, track, suffix, expected
):
    form = "avi" if track.codec.startswith("pcm") else "mkv"
    source = write_clip(tmp_path / f"in.{form}", track)
    output = rewrite(source, tmp_path / f"out.{suffix}")
    clip = read_clip(output)
    assert clip.tones == pytest.approx([1.0], abs=PACKET)
    with av.open(str(output)) as container:
        sound = container.streams.audio[0].codec_context
        assert (sound.name, sound.sample_rate) == expected[:2]
        assert sound.channels == av.AudioLayout(expected[2]).nb_channels


def test_sound_that_changes_its_rate_and_layout_is_heard_to_its_end(tmp_path):
    parts = [
        write_clip(tmp_path / "1.ts", Track(), begin=1.0, flash=None),
        write_clip(
            tmp_path / "2.ts", Track(rate=32000, layout="mono"), begin=1.0
        ),
    ]
    source = join(tmp_path / "in.ts", *parts)
    with pytest.warns(UserWarning, match="jumps"):
        output = rewrite(source, tmp_path / "out.webm")
    clip = read_clip(output)
    assert len(clip.times) == 100
    assert clip.tones == pytest.approx([clip.flash], abs=PACKET)


@pytest.mark.parametrize("suffix", ["mkv", "avi", "webm"])
def test_damaged_sound_is_counted_and_the_rest_stays_in_sync(tmp_path, suffix):
    track = Track("ac3")
    whole = write_clip(tmp_path / "whole.mkv", track)
    source = damage_sound(whole, tmp_path / "in.mkv", numbers=(3, 4, 5, 20))
    encoded = suffix != "mkv"
    caught = pytest.warns(UserWarning, match="Left out 4 packets of sound")
    with caught if encoded else contextlib.nullcontext():
        output = rewrite(source, tmp_path / f"out.{suffix}")
    if encoded:
        assert read_clip(output).tones == pytest.approx([1.0], abs=PACKET)


def test_sound_without_a_decoder_that_opens_is_left_out_with_a_sentence(
    tmp_path,
):
    # NUT does not store what the decoder of WMA needs.
    track = Track("wmav2", 44100)
    source = write_clip(tmp_path / "in.nut", track, codec="mpeg4")
    with pytest.warns(UserWarning, match="without sound: FFmpeg cannot decode"):
        clip = read_clip(rewrite(source, tmp_path / "out.mp4"))
    assert len(clip.times) == 50 and not clip.tones


def test_sound_of_an_unknown_codec_is_left_out_with_a_sentence(tmp_path):
    source = write_clip(tmp_path / "in.avi", Track("pcm_u8"), codec="mpeg4")
    content = source.read_bytes()
    at = content.index(b"strf", content.index(b"auds")) + len("strf....")
    source.write_bytes(content[:at] + b"\x99\x99" + content[at + 2 :])
    with pytest.warns(UserWarning, match="without sound: FFmpeg does not know"):
        clip = read_clip(rewrite(source, tmp_path / "out.mp4"))
    assert len(clip.times) == 50 and not clip.tones


TRACKS = (
    Track(language="eng", title="Dialogue"),
    Track(layout="mono", language="fra", title="Comments"),
)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mov", "webm", "avi", "ts"])
def test_tracks_keep_their_order_languages_and_titles(tmp_path, suffix):
    source = write_clip(tmp_path / "in.mkv", *TRACKS)
    output = rewrite(source, tmp_path / f"out.{suffix}")
    assert read_clip(output).tones == pytest.approx([1.0, 1.0], abs=PACKET)
    with av.open(str(output)) as container:
        told = [stream.metadata for stream in container.streams.audio]
    if suffix != "avi":  # It has titles only.
        assert [one.get("language") for one in told] == ["eng", "fra"]
    if suffix != "ts":
        titles = [one.get("title") or one.get("name") for one in told]
        assert titles == ["Dialogue", "Comments"]


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "avi"])
def test_titles_in_any_encoding_do_not_keep_a_video_from_opening(
    tmp_path, suffix
):
    source = write_clip(tmp_path / "in.mkv", Track(title="Dialogue"))
    content = source.read_bytes()
    assert content.count(b"Dialogue") == 1
    # "Dialogué" in Latin-1: no UTF-8.
    source.write_bytes(content.replace(b"Dialogue", b"Dialogu\xe9"))
    clip = read_clip(rewrite(source, tmp_path / f"out.{suffix}"))
    assert len(clip.times) == 50
    assert clip.tones == pytest.approx([1.0], abs=PACKET)


def test_one_track_of_two_that_cannot_be_kept_is_named(tmp_path):
    tracks = Track(), Track("wmav2", 44100)
    source = write_clip(tmp_path / "in.nut", *tracks, codec="mpeg4")
    with pytest.warns(UserWarning, match="without 1 of 2 tracks of sound"):
        clip = read_clip(rewrite(source, tmp_path / "out.mp4"))
    assert clip.tones == pytest.approx([1.0], abs=PACKET)


def test_a_long_pause_of_the_sound_is_silence(tmp_path):
    first = write_clip(tmp_path / "1.mkv", Track(), num_frames=30, flash=None)
    with av.open(str(first)) as old:
        packets = [p for p in old.demux() if p.dts is not None]
        path = tmp_path / "in.mkv"
        with av.open(str(path), "w") as new:
            streams = [new.add_stream_from_template(s) for s in old.streams]
            for packet in packets:
                # The sound pauses for 7 seconds after half a second.
                late = packet.pts * packet.time_base > 0.5
                if late and packet.stream.type == "audio":
                    packet.pts += 7000
                    packet.dts += 7000
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    with av.open(str(rewrite(path, tmp_path / "out.avi"))) as container:
        samples = sum(f.samples for f in container.decode(audio=0))
    expected = 1.16 + 0.5 + 7
    assert samples / 48000 == pytest.approx(expected, abs=0.1)


def test_streams_other_than_video_and_sound_are_left_out_quietly(tmp_path):
    source = write_clip(tmp_path / "sound.mkv", Track())
    path = tmp_path / "in.mkv"
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        streams = [new.add_stream_from_template(s) for s in old.streams]
        new.add_attachment("font.ttf", "font/ttf", b"font")
        words = new.add_mux_stream("subrip")
        for packet in old.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
        packet = av.Packet(b"Hello")
        packet.stream, packet.pts, packet.dts = words, 0, 0
        packet.duration, packet.time_base = 500, words.time_base
        new.mux(packet)
    with av.open(str(path)) as container:
        assert len(container.streams) == 4
    clip = read_clip(rewrite_quietly(path, tmp_path / "out.mp4"))
    assert clip.tones == pytest.approx([1.0], abs=PACKET)
