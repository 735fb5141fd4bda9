"""Names from ids, names from files, outputs that are inputs."""

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rmdn_tf.files.safe_names import (
    MAX_LENGTH,
    composed,
    file_name,
    path_inside,
    refuse_overwriting,
    short_title,
)

TEXTS = st.one_of(
    st.text(st.characters(), max_size=400),
    st.text("abAB01_-./\\~ :*\x00跑😀=", max_size=8),
    st.sampled_from(["con", "CON", "nul", "com1", "..", ".", "-x", ".x", ""]),
)


@given(TEXTS)
@example("con")
@example("a" * 101)
@example("跑" * 300)
@example("\ud800")
def test_a_file_name_of_any_text_is_short_and_safe_on_every_system(text):
    name = file_name(text)
    assert 0 < len(name.encode()) <= MAX_LENGTH
    assert name.isascii()
    assert set(name) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-~"
    )
    assert name[0] not in "-~"
    assert name.lower() not in ("con", "prn", "aux", "nul", "com1", "lpt9")


@given(TEXTS, TEXTS)
@example("A", "a")
@example("ß", "ss")
@example("a/b", "a_b")
@example("a" * 300, "a" * 301)
def test_two_texts_have_two_file_names_without_regard_to_case(one, other):
    if one != other:
        assert file_name(one).casefold() != file_name(other).casefold()


@given(st.from_regex(r"v[a-z0-9_-]{0,99}", fullmatch=True))
def test_a_file_name_is_the_text_where_that_is_fine_already(text):
    assert file_name(text) == text


@given(TEXTS)
def test_no_text_is_the_file_name_of_another_text(text):
    name = file_name(text)
    assert name == text or file_name(name) != name


def test_file_names_stay_the_same_from_release_to_release():
    assert file_name("actioncliptest00001_7") == "actioncliptest00001_7"
    assert file_name("Diving-Side/001") == (
        "Diving-Side_001~6a4d3399f4e32b002e6928d6ee305da4"
    )
    assert file_name("跑步") == "_~591052c733499bad4db1269b8ee5a1cc"


@pytest.mark.parametrize("suffix", [".jpg", ".npy"])
def test_a_file_of_any_id_can_be_written_under_its_name(tmp_path, suffix):
    ids = ["a/b", "跑" * 300, "😀", "..", "con", ".hidden", "=1+1", "A", "a"]
    for number, text in enumerate(ids):
        path = tmp_path / f"partial.12345-0123abcd.{file_name(text)}{suffix}"
        path.write_text(str(number))
    assert len(list(tmp_path.iterdir())) == len(ids)


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../other",
        "..",
        ".",
        "",
        "a/b",
        "a\\b",
        "C:evil",
        "C:\\evil",
        "a\0b",
        "a\nb",
        "s3://bucket/a",
        None,
        3,
        ["a"],
    ],
)
def test_a_name_that_leads_out_of_its_directory_is_refused(name):
    with pytest.raises(ValueError, match="Invalid name of a file in 'in.json'"):
        path_inside("data", name, "in.json")


def test_a_name_is_joined_to_its_directory():
    name = "train.tfrecord-00000-of-00016"
    assert path_inside("data", name, "in.json") == os.path.join("data", name)
    assert path_inside("s3://b/d", name, "x") == f"s3://b/d/{name}"


WAYS = {
    "same": "{0}/in.mp4",
    "dots": "{0}/sub/../in.mp4",
    "slashes": "{0}//in.mp4",
    "symbolic link": "{0}/link.mp4",
    "hard link": "{0}/hard.mp4",
    "linked directory": "{0}/linked/in.mp4",
    "address": "file:{0}/in.mp4",
    "long address": "file://{0}/in.mp4",
    "relative": "in.mp4",
}
"""Ways to write the path of one file."""


@pytest.mark.parametrize("way", WAYS)
def test_an_output_that_is_an_input_is_refused_however_it_is_written(
    tmp_path, monkeypatch, way
):
    monkeypatch.chdir(tmp_path)
    file, path = tmp_path / "in.mp4", WAYS[way].format(tmp_path)
    file.write_bytes(b"recording")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.mp4").symlink_to(file)
    os.link(file, tmp_path / "hard.mp4")
    (tmp_path / "linked").symlink_to(tmp_path)
    for read, written in ((file, path), (path, file)):
        with pytest.raises(ValueError, match="Invalid --output.*--video"):
            refuse_overwriting({"--video": read}, {"--output": written})


def test_an_input_that_does_not_exist_is_compared_as_well(tmp_path):
    with pytest.raises(ValueError, match="the input of --video"):
        refuse_overwriting(
            {"--video": tmp_path / "a"}, {"--output": f"{tmp_path}/b/../a/"}
        )


def test_a_file_in_a_directory_that_is_read_is_not_replaced(tmp_path):
    (tmp_path / "shard").write_bytes(b"records")
    inputs = {"--data_dir": [tmp_path / "other", tmp_path]}
    with pytest.raises(ValueError, match="a file in the input of --data_dir"):
        refuse_overwriting(inputs, {"--output": tmp_path / "shard"})
    refuse_overwriting(inputs, {"--output": tmp_path / "new.png"})


@pytest.mark.parametrize("inner", ["", "b", "b/../c/d"])
def test_no_output_is_or_lies_in_another(tmp_path, inner):
    outputs = {"--output": tmp_path / "a" / inner, "--maps": tmp_path / "a"}
    for named in (outputs, dict(reversed(outputs.items()))):
        with pytest.raises(ValueError, match="lies in the output of"):
            refuse_overwriting({}, named)


def test_remote_paths_are_compared_without_needless_slashes():
    with pytest.raises(ValueError, match="the input of --raw_dir"):
        refuse_overwriting(
            {"--raw_dir": "s3://b/raw"}, {"--output_dir": "S3://b//raw/"}
        )
    refuse_overwriting({"--raw_dir": "s3://b/raw"}, {"--output_dir": "raw"})


def test_paths_that_differ_are_accepted(tmp_path):
    (tmp_path / "in.mp4").touch()
    refuse_overwriting(
        {"--video": tmp_path / "in.mp4", "--model": None},
        {"--output": tmp_path / "out.mp4", "--maps": None},
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("a" * 28, "a" * 28),
        ("a" * 29, "a" * 25 + "..."),
        ("Z\u00fcrich, \u0391\u0416", "Z\u00fcrich, \u0391\u0416"),
        ("two\u00a0words", "two\u00a0words"),
        ("a\nb", file_name("a\nb")[:25] + "..."),
        ("Zu\u0308rich", "Z\u00fcrich"),
        ("\u8df3\u6c34", file_name("\u8df3\u6c34")[:25] + "..."),
    ],
)
def test_titles_of_pictures_are_short_and_in_letters_that_fonts_have(
    text, title
):
    assert short_title(text) == title


@given(TEXTS)
def test_a_composed_name_stays_and_ascii_is_its_own(text):
    assert composed(composed(text)) == composed(text)
    if text.isascii():
        assert composed(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("caf\xe9", "cafe\u0301"),
        ("\xc5se", "A\u030ase"),
        ("\u1109\u1165\u110b\u116e\u11af", "\uc11c\uc6b8"),
    ],
)
def test_two_ways_to_write_a_letter_are_one_name(one, other):
    assert composed(one) == composed(other)
    assert len(composed(one)) <= min(len(one), len(other))


def test_bytes_of_a_name_that_are_utf_8_become_text_others_stay():
    # What a locale without UTF-8 makes of such a name, and Latin-1.
    assert composed("caf\udcc3\udca9") == "caf\xe9"
    assert composed("caf\udce9") == "caf\udce9"
