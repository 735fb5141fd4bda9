"""Tests of `tfrecords_tools.gaze.checks`."""

import numpy as np
import pytest

from tfrecords_tools.gaze.checks import no_eye, without_eye
from tfrecords_tools.gaze.detection import detect_fixations

NAN = np.nan

# Kind -> places that trackers write while they see no eye.
MISSING = {
    "empty": [(NAN, NAN), (NAN, 20.0), (20.0, NAN)],
    "(0, 0)": [(0.0, 0.0), (-0.0, 0.0)],
    "(-1, -1)": [(-1.0, -1.0)],
    "-32768": [(-32768.0, -32768.0), (-32768.0, 400.0), (400.0, -32768.0)],
    "32767": [(32767.0, 32767.0)],
    "-9999": [(-9999.0, -9999.0), (12.0, -9999.0)],
    "99999 or more": [
        (1e8, 1e8),
        (-1e8, 5.0),
        (99999.0, 99999.0),
        (2.0**31 - 1, 0.0),
        (-3.4028234663852886e38, 7.0),
        (np.inf, 0.0),
    ],
}

# Places at an edge, in a corner or beside the screen: the eye was seen.
SEEN = [
    (0.0, 300.0),
    (300.0, 0.0),
    (0.5, 0.0),
    (1e-9, 1e-9),
    (-1.0, 300.0),
    (-1.0, 0.0),
    (1.0, 1.0),
    (-30.0, -4.0),
    (7680.0, 4320.0),
    (-32768.5, 3.0),
]


@pytest.mark.parametrize(
    ("kind", "place"),
    [(kind, place) for kind, places in MISSING.items() for place in places],
)
def test_what_trackers_write_without_an_eye_has_one_kind(kind, place):
    kinds = no_eye(*np.array([place]).T)
    assert [k for k, mask in kinds.items() if mask[0]] == [kind]


@pytest.mark.parametrize("place", SEEN)
def test_a_place_at_an_edge_is_gaze(place):
    assert not any(mask[0] for mask in no_eye(*np.array([place]).T).values())


def test_no_rows_have_no_kind():
    kinds = no_eye(np.zeros(0), np.zeros(0))
    assert all(mask.shape == (0,) for mask in kinds.values())
    rows, left_out = without_eye(np.zeros([0, 4]), is_events=False)
    assert rows.shape == (0, 4) and left_out == {}


def test_events_without_an_eye_are_gone_and_counted_by_kind():
    rows = np.array(
        [
            [0, 200, 30, 40, 1],
            [200, 100, 0, 0, 1],
            [300, 100, 0, 0, 1],
            [400, 100, -1, -1, 1],
            [500, 100, NAN, NAN, 2],
            [600, 100, 0, 40, 2],
        ]
    )
    kept, left_out = without_eye(rows, is_events=True)
    np.testing.assert_array_equal(kept, rows[[0, 5]])
    assert left_out == {
        "events without an eye: (0, 0)": 2,
        "events without an eye: (-1, -1)": 1,
        "events without an eye: empty": 1,
    }


@pytest.mark.parametrize("place", [p for ps in MISSING.values() for p in ps])
def test_a_blink_ends_a_fixation_whatever_its_number_and_is_counted_once(place):
    # 60 Hz; a blink of three samples between two fixations.
    times = np.arange(30) * 1000 / 60
    rows = np.stack([times, *[np.full(30, 200.0)] * 2, np.zeros(30)], axis=1)
    rows[14:17, 1:3] = place
    before = rows.copy()
    seen, counted = without_eye(rows, is_events=False)
    np.testing.assert_array_equal(rows, before)
    events, left_out = detect_fixations(seen, 33.0)
    np.testing.assert_allclose(events[:, 0], times[[0, 17]])
    np.testing.assert_array_equal(events[:, 2:4], np.full([2, 2], 200.0))
    assert sum(counted.values()) == 3
    assert all(cause.startswith("samples without an eye") for cause in counted)
    assert left_out == {}
