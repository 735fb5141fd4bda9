"""Files of areas: tables and the export of Tobii Pro Lab, and their errors."""

import dataclasses
import json

import numpy as np
import pytest

from rmdn_tf.applications.areas.area_files import PARSERS, read_areas
from rmdn_tf.applications.areas.settings import AreaSettings
from rmdn_tf.prediction.area import rectangle

SIZE = 100, 200  # Height and width.

TABLE = """name,time_seconds,x0,y0,x1,y1
logo,0,0.80,0.05,0.95,0.15
car,2.0,0.10,0.50,0.30,0.70

car,4.0,0.60,0.50,0.80,0.70
car,6.0,,,,
"""


def areas_of(folder, text, name="areas.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return {area.name: area for area in read_areas(path, SIZE)}


def test_a_table_gives_areas_that_move_and_vanish(tmp_path):
    areas = areas_of(tmp_path, TABLE)
    assert [*areas] == ["logo", "car"]
    np.testing.assert_allclose(
        areas["logo"].at(9), rectangle(0.8, 0.05, 0.95, 0.15)
    )
    np.testing.assert_allclose(
        areas["car"].at(3), rectangle(0.35, 0.5, 0.55, 0.7)
    )
    assert areas["car"].at(1.9) is None and areas["car"].at(6) is None


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TABLE.replace(",", ";"), "utf-8-sig"),
        (TABLE.replace(",", "\t").replace("\n", "\r\n"), "utf-8"),
        (TABLE.replace("name,time_seconds", " name , time_seconds"), "utf-8"),
        (TABLE.replace(",", ";").replace(".", ","), "utf-8-sig"),
        (TABLE.replace(",", "\t").replace(".", ","), "utf-16"),
        ("\n ;;\n" + TABLE.replace(",", ";").replace(".", ","), "utf-8"),
        (TABLE.replace("\n", "\r"), "utf-8"),
        (TABLE.replace("\n", ",,\n"), "utf-8"),
        (TABLE.replace("\n", ",,\n", 1), "utf-8"),
        (TABLE.replace(",", "\t"), "utf-16"),
    ],
)
def test_spreadsheets_write_the_same_table_in_other_forms(
    tmp_path, text, encoding
):
    areas = areas_of(tmp_path, text, encoding=encoding)
    plain = areas_of(tmp_path, TABLE)
    for name, area in plain.items():
        for seconds in (0, 3, 5, 7):
            one, other = areas[name].at(seconds), area.at(seconds)
            assert (one is None) == (other is None)
            assert one is None or np.array_equal(one, other)


def test_pixels_are_divided_by_the_size_of_the_frame(tmp_path):
    text = "name,x0_pixels,y0_pixels,x1_pixels,y1_pixels\na,20,20,100,50\n"
    (area,) = areas_of(tmp_path, text).values()
    np.testing.assert_allclose(area.at(0), rectangle(0.1, 0.2, 0.5, 0.5))


@pytest.mark.parametrize(
    "corners",
    ["0.1 0.2 0.5 0.2 0.3 0.9", "(0.1, 0.2), (0.5, 0.2), (0.3, 0.9)"],
)
def test_a_polygon_is_a_list_of_corners(tmp_path, corners):
    (area,) = areas_of(tmp_path, f'name,polygon\na,"{corners}"\n').values()
    np.testing.assert_array_equal(
        area.at(0), [[0.1, 0.2], [0.5, 0.2], [0.3, 0.9]]
    )


def test_the_times_of_polygons_may_have_decimal_commas(tmp_path):
    text = "name;time_seconds;polygon\na;1,5;0.1,0.2 0.5,0.2 0.3,0.9\n"
    (area,) = areas_of(tmp_path, text).values()
    assert area.at(1.4) is None and area.at(1.5).tolist() == [
        [0.1, 0.2],
        [0.5, 0.2],
        [0.3, 0.9],
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize(
    ("column", "corners"),
    [
        ("polygon_pixels", "100,5 20,5 150,5 80,5 30,5 60,5"),
        ("polygon_pixels", "(100,5 20,5) (150,5 80,5) (30,5 60)"),
        ("polygon_pixels", "100.5 20,5 150.5 80,5 30.5 60,5"),
        ("polygon", "0,1 0,2 0,5 0,2 0,3 0,9"),
        ("polygon", "0,1, 0,2, 0,5, 0,2, 0,3, 0,9"),
    ],
)
def test_corners_that_may_have_decimal_commas_are_refused(
    tmp_path, delimiter, column, corners
):
    text = f"name{delimiter}{column}\na{delimiter}{corners}\n"
    cause = f"Expected numbers with decimal points in `{column}`"
    with pytest.raises(ValueError, match=f"areas.csv' at line 2. {cause}"):
        areas_of(tmp_path, text)


@pytest.mark.parametrize(
    "corners",
    [
        "20,20 100,20 60,80",
        "20,20,100,20,60,80",
        "20, 20, 100, 20, 60, 80",
        "(20,20) (100,20) (100,20) (60,80) (60,80) (60,80)",
        "20.0,20.0 100.0,20.0 100.0,20.0 60.0,80 60.0,80 60.0,80",
    ],
)
def test_commas_between_semicolons_may_separate_corners(tmp_path, corners):
    text = f"name;polygon_pixels\na;{corners}\n"
    (area,) = areas_of(tmp_path, text).values()
    np.testing.assert_allclose(
        np.unique(area.at(0), axis=0), [[0.1, 0.2], [0.3, 0.8], [0.5, 0.2]]
    )


HEAD = "name,time_seconds,x0,y0,x1,y1\n"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "at line 1. Expected the columns name.* Received: an empty file"),
        ("name,left,top\n", "at line 1. Expected the columns .*: name, left"),
        (HEAD.replace("x1", "x1_pixels"), "at line 1. Expected the columns"),
        (HEAD, "Expected 1 to 1000 areas. Received: 0"),
        (HEAD + "a,0,0.1,0.1,0.2\n", "at line 2. Expected 6 cells.*: 5"),
        (HEAD + ",0,0.1,0.1,0.2,0.2\n", "at line 2. Expected a `name`"),
        (HEAD + '"a\nb",0,0,0,1,1\n', r"at line 3. .* one line.*'a\\nb'"),
        (HEAD + "\x1b[2J,0,0,0,1,1\n", r"line 2. .* one line.*'\\x1b\[2J'"),
        (HEAD + "a,x,0.1,0.1,0.2,0.2\n", "number in `time_seconds`.*'x'"),
        (
            HEAD + "a,0,0.1,nan,0.2,0.2\n",
            "at line 2. Expected a number in `y0`",
        ),
        (HEAD + "a,0,0.1,,0.2,0.2\n", "at line 2. Expected a number in `y0`"),
        (HEAD + "a,0,0.3,0.1,0.2,0.2\n", "at line 2. Invalid rectangle"),
        (HEAD + "a,0,0,0,100,50\n", "from 0 to 1. .*: 100. For pixels, name"),
        (HEAD + "a,0,0,0,100,50\n", "Divide percentages by 100"),
        (HEAD + 'a,0,"0,1",0,1,1\n', "at line 2. Expected a number in `x0`"),
        (HEAD.replace("\n", ",\n") + "a,0,0,0,1,1,x\n", "6 cells.*: 7"),
        (
            "name,x0_pixels,y0_pixels,x1_pixels,y1_pixels\na,0,0,640,90\n",
            "at line 2. Expected pixels of a frame of 200x100. Received: 640",
        ),
        (HEAD + "a,1,0,0,1,1\nb,0,0,0,1,1\na,1,0,0,1,1\n", "line 4.*increase"),
        ("name,polygon\na,0.1 0.2 0.3\n", "at line 2.*`polygon`.*: 3 numbers"),
        ("name,polygon\na,0 0 1 1 1 0 0 1\n", "at line 2.*cross"),
        (
            "name,time_seconds,polygon\na,0,0 0 1 0 1 1\na,1,0 0 1 0 1 1 0 1\n",
            "at line 3. Expected as many corners",
        ),
        (
            "name,x0_pixels,y0_pixels,x1_pixels,y1_pixels\na,0,0,0.5,1\n",
            "Expected pixels in .*: numbers up to 1, as fractions",
        ),
        (HEAD + 'a,0,"0.1,0.1,0.2,0.2\n', "at line 2. Expected 6 cells"),
        ("name,polygon\na,[]\n", "at line 2. .* 3 or more different corners"),
        (f"name,{'p' * 200_000}\na,1\n", "Expected a table.*field limit"),
    ],
)
def test_an_error_of_a_table_names_file_line_and_cause(tmp_path, text, cause):
    with pytest.raises(ValueError, match=f"areas.csv'.*{cause}"):
        areas_of(tmp_path, text)


@pytest.mark.parametrize(("x", "number"), [(200, 0), (210, 0), (320, 1)])
def test_pixels_beyond_the_frame_are_told(tmp_path, recwarn, x, number):
    text = "name,polygon_pixels\na,0 0 0 100 {} 50\nb,0 0 0 100 {} 50\n"
    areas_of(tmp_path, text.format(x, x))
    told = [str(one.message) for one in recwarn]
    assert len(told) == number
    assert all("areas.csv' reach to 320x100" in one for one in told)


def test_a_table_that_is_no_text_is_refused(tmp_path):
    with pytest.raises(ValueError, match="a table in UTF-8.*CSV UTF-8"):
        areas_of(tmp_path, TABLE.replace("logo", "logó"), encoding="latin-1")


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match="areas.xml'. Expected a name that"):
        areas_of(tmp_path, TABLE, "areas.xml")


def key_frame(seconds, x, y, is_active=True):
    corners = ((x, y), (x + 20, y), (x + 20, y + 10))
    vertices = [{"X": a, "Y": b} for a, b in corners]
    return {"IsActive": is_active, "Seconds": seconds, "Vertices": vertices}


def tobii(**changes):
    """An export as of Pro Lab, with keys that nobody reads."""
    document = {
        "Version": 2,
        "Tags": [],
        "Media": {"MediaType": 1, "Width": 200, "Height": 100},
        "Aois": [
            {
                "Name": "car",
                "Red": 212,
                "Tags": [],
                "KeyFrames": [
                    key_frame(1.0, 20, 20),
                    key_frame(3.0, 60, 20, False),
                    key_frame(5.0, 20, 60),
                ],
            }
        ],
    }
    return json.dumps(document | changes)


def test_an_export_of_tobii_gives_areas_that_move_and_vanish(tmp_path):
    (area,) = areas_of(tmp_path, tobii(), "areas.json").values()
    assert area.name == "car"
    assert area.at(0.9) is None and area.at(3) is None
    # Half of the way to the inactive key frame.
    np.testing.assert_allclose(area.at(2), [[0.2, 0.2], [0.3, 0.2], [0.3, 0.3]])
    np.testing.assert_allclose(area.at(9)[0], [0.1, 0.6])


def test_an_export_may_begin_with_the_mark_of_utf_8(tmp_path):
    (area,) = areas_of(tmp_path, tobii(), "areas.json", "utf-8-sig").values()
    assert area.name == "car"


def test_areas_of_a_larger_copy_of_the_video_fit(tmp_path):
    text = tobii(Media={"Width": 400, "Height": 200})
    (area,) = areas_of(tmp_path, text, "areas.aois").values()
    np.testing.assert_allclose(area.at(1)[0], [0.05, 0.1])


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"Media": {"Width": 100, "Height": 100}}, "the shape of the video"),
        ({"Media": {"Width": 0, "Height": 100}}, r"at \$\.Media\.Width"),
        ({"Aois": [{"Name": "a", "KeyFrames": []}]}, r"\$\.Aois\[0\]\.KeyFr"),
        ({"Aois": []}, "Expected 1 to 1000 areas"),
        (
            {"Aois": 2 * [{"Name": "a", "KeyFrames": [key_frame(0, 1, 1)]}]},
            r"at \$\.Aois\[1\]. Expected different names",
        ),
        (
            {"Aois": [{"Name": "a", "KeyFrames": 2 * [key_frame(0, 1, 1)]}]},
            r"at \$\.Aois\[0\]. Expected times that increase",
        ),
    ],
)
def test_an_error_of_an_export_names_the_place(tmp_path, changes, cause):
    with pytest.raises(ValueError, match=f"areas.json'.*{cause}"):
        areas_of(tmp_path, tobii(**changes), "areas.json")


def test_the_help_names_every_suffix_that_is_read():
    (help,) = [
        field.metadata["help"]
        for field in dataclasses.fields(AreaSettings)
        if field.name == "areas"
    ]
    assert all(f" {suffix}" in help for suffix in PARSERS)
