"""One store of settings: a later run goes on with the same, or is refused."""

import copy

import pytest

from rmdn_tf.files import settings_file
from rmdn_tf.files.settings_file import OtherSettingsError, SettingsFile

SCHEMA = {"type": "object", "required": ["model"]}
SETTINGS = {
    "model": {"size": (16, 24), "units": 4},
    "training": {"epochs": 2, "rate": 0.01},
    "weights": None,
    "shards": {"a": {"length": 3}},
}


@pytest.fixture
def stored(tmp_path):
    stored = SettingsFile(
        tmp_path / "settings.json",
        SCHEMA,
        may_change=["training/epochs", "shards"],
    )
    stored.write(SETTINGS)
    return stored


def changed(place, value):
    settings = copy.deepcopy(SETTINGS)
    *groups, key = place.split("/")
    target = settings
    for group in groups:
        target = target[group]
    target[key] = value
    return settings


def test_the_same_settings_give_what_is_in_the_file(stored):
    assert stored.check(SETTINGS)["model"] == {"size": [16, 24], "units": 4}


def test_a_missing_file_refuses_nothing(tmp_path):
    stored = SettingsFile(tmp_path / "none" / "settings.json", SCHEMA)
    assert stored.read() is None
    assert stored.check(SETTINGS) is None


@pytest.mark.parametrize(
    ("place", "value", "difference"),
    [
        ("training/rate", 0.5, "training/rate was 0.01 and is now 0.5"),
        ("model/size", (8, 9), "model/size was [16, 24] and is now [8, 9]"),
        ("weights", "abc", "weights was None and is now 'abc'"),
        ("training/flip", True, "training/flip was missing and is now True"),
        ("model", {"size": (16, 24)}, "model/units was 4 and is now missing"),
        ("weights", {"a": 1}, "weights/a was missing and is now 1"),
    ],
)
def test_other_settings_are_refused_with_both_values(
    stored, place, value, difference
):
    with pytest.raises(OtherSettingsError) as caught:
        stored.check(changed(place, value))
    assert str(caught.value) == (
        f"Invalid settings. Expected those in '{stored.path}', which the files "
        f"there were made with. Received: {difference}. "
        f"{settings_file.ADVICE}"
    )


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("training/epochs", 9),
        ("shards", {}),
        ("shards/a/length", 4),
        ("model/new", None),  # An earlier release did not write it.
    ],
)
def test_some_settings_may_differ(stored, place, value):
    stored.check(changed(place, value))


def test_an_error_lists_a_few_differences_of_bounded_length(stored):
    settings = SETTINGS | {f"of_{n}": "x" * 1000 for n in range(9)}
    with pytest.raises(OtherSettingsError, match="of_4 was .* and 4 more") as e:
        stored.check(settings)
    assert "of_5" not in str(e.value) and len(str(e.value)) < 1500


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_a_damaged_file_is_named(content, tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(content)
    with pytest.raises(KeyError, match="Invalid .*settings.json"):
        SettingsFile(path, SCHEMA, error=KeyError).check(SETTINGS)
