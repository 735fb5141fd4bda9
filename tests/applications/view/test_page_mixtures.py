"""The page computes densities, areas and drawings as Python does."""

import contourpy
import matplotlib
import numpy as np
import pytest

from rmdn_tf.applications.view import wire
from rmdn_tf.prediction import overlay
from rmdn_tf.prediction.density import Density, DensityBetween
from tests.helpers.browser import PAGE, chromium, run_module, served

pytestmark = pytest.mark.slow

ROWS, COLUMNS = 64, 114

# Cells of the frame, in and outside of its middle: narrow, wide, tilted.
TILTED = [
    [0.3, 0.2, 0.7, -2.0, -3.0, 1.5],
    [0.0, 0.8, 0.3, -1.0, -2.5, -2.0],
    [-1.0, 0.5, 0.5, 0.5, 0.5, 0.0],
]
FAR_AWAY = [[0.0, 4.0, -3.0, -2.0, -2.0, 0.0], [0.5, 5.0, 0.5, -2.0, -2.0, 1.0]]
NEEDLE = [[0.0, 0.31, 0.77, -12.0, -12.0, 0.0]]
TILTED_NEEDLE = [[0.0, 0.31, 0.77, -1.0, -1.0, 6.0]]


def many_upright(seed=0):
    """As many components as the shipped model has, without correlation."""
    generator = np.random.default_rng(seed)
    y, x = (np.mgrid[:28, :28] + 0.5) / 28
    parameters = np.zeros((784, 6), np.float32)
    parameters[:, 0] = generator.normal(0, 3, 784)
    parameters[:, 1] = x.ravel() + generator.normal(0, 0.02, 784)
    parameters[:, 2] = y.ravel() + generator.normal(0, 0.02, 784)
    parameters[:, 3:5] = generator.normal(-3, 0.5, (784, 2))
    return parameters


MIXTURES = {
    "upright": many_upright(),
    "tilted": np.array(TILTED, np.float32),
    "both": np.concatenate([many_upright(1), np.array(TILTED, np.float32)]),
    "far_away": np.array(FAR_AWAY, np.float32),
    "needle": np.array(NEEDLE, np.float32),
    "tilted_needle": np.array(TILTED_NEEDLE, np.float32),
}


@pytest.fixture(scope="module")
def page():
    """A browser on an empty page that may import the page's modules."""
    with served(PAGE) as address, chromium() as browser:
        browser.get(f"{address}/mixture.js")
        yield browser


EVALUATE = """
const { evaluate } = await import("/mixture.js");
const { blend, entropy, gridSize, share } = await import("/grid.js");
const { coverage } = await import("/coverage.js");
const [rows, columns] = given;
const mixture = (numbers) => Float32Array.from(numbers.flat());
const grid = (numbers) => evaluate(mixture(numbers), rows, columns);
const shares = ({ values }) => {
  const all = values.reduce((sum, value) => sum + value, 0);
  return Array.from(values, (value) => value / all);
};
"""


def run(page, code, *arguments):
    return run_module(page, EVALUATE + code, ROWS, COLUMNS, *arguments)


def agrees(computed, expected):
    """Whether maps agree to a thousandth of the peak."""
    computed = np.reshape(computed, expected.shape)
    return np.abs(computed - expected).max() < 1e-3 * expected.max()


@pytest.mark.parametrize("name", MIXTURES)
def test_the_page_and_python_evaluate_the_same_map(page, name):
    parameters = MIXTURES[name]
    computed = run(page, "return shares(grid(given[2]));", parameters.tolist())
    expected = Density(parameters).saliency_map(ROWS, COLUMNS)
    assert agrees(computed, expected)


@pytest.mark.parametrize("pair", [("upright", "both"), ("tilted", "far_away")])
@pytest.mark.parametrize("share", [0.25, 0.9])
def test_the_page_and_python_fade_alike(page, pair, share):
    first, second = (MIXTURES[name] for name in pair)
    computed = run(
        page,
        "return shares(blend(grid(given[2]), grid(given[3]), given[4]));",
        *(first.tolist(), second.tolist(), share),
    )
    between = DensityBetween(Density(first), Density(second), share)
    assert agrees(computed, between.saliency_map(ROWS, COLUMNS))


@pytest.mark.parametrize("name", ["upright", "tilted"])
def test_the_entropy_is_that_of_the_map(page, name):
    parameters = MIXTURES[name]
    computed = run(page, "return entropy(grid(given[2]));", parameters.tolist())
    shown = Density(parameters).saliency_map(ROWS, COLUMNS).astype(np.float64)
    held = shown[shown > 0]
    expected = -(held * np.log2(held * shown.size)).sum()
    assert computed == pytest.approx(expected, abs=1e-3)
    assert computed < 0


def test_an_even_density_has_the_entropy_0(page):
    wide = [[0, 0.5, 0.5, 6, 6, 0]]
    computed = run(page, "return entropy(grid(given[2]));", wide)
    assert computed == pytest.approx(0, abs=1e-5)


AREAS = {
    "frame": ([[0, 0], [1, 0], [1, 1], [0, 1]], 1.0),
    "rectangle": ([[0.101, 0.2], [0.33, 0.2], [0.33, 0.7], [0.101, 0.7]], None),
    "triangle": ([[0.1, 0.9], [0.5, 0.1], [0.9, 0.9]], 0.5 * 0.8 * 0.8),
    "notched": ([[0, 0], [1, 0], [1, 1], [0.5, 0.2], [0, 1]], 1 - 0.4),
    "outside": ([[0.5, 0.5], [2, 0.5], [2, 2], [0.5, 2]], 0.25),
    "sliver": ([[0.5, 0.1], [0.501, 0.1], [0.501, 0.9], [0.5, 0.9]], 0.0008),
}
AREAS["rectangle"] = (AREAS["rectangle"][0], 0.229 * 0.5)


@pytest.mark.parametrize("name", AREAS)
@pytest.mark.parametrize("turned", [False, True])
def test_an_area_holds_its_part_of_an_even_density(page, name, turned):
    area, expected = AREAS[name]
    area = area[::-1] if turned else area
    wide = [[0, 0.5, 0.5, 6, 6, 0]]
    code = "return share(grid(given[2]), coverage(given[3], rows, columns));"
    computed = run(page, code, wide, area)
    assert computed == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["upright", "tilted", "both"])
@pytest.mark.parametrize("area", ["rectangle", "triangle", "notched"])
def test_the_page_and_python_give_an_area_the_same_share(page, name, area):
    parameters, (corners, _) = MIXTURES[name], AREAS[area]
    code = "return share(grid(given[2]), coverage(given[3], rows, columns));"
    computed = run(page, code, parameters.tolist(), corners)
    expected = Density(parameters).mass(corners)
    assert computed == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("name", ["upright", "tilted"])
def test_the_page_reads_what_the_server_packs(page, name):
    moments = Density(MIXTURES[name]).moments()
    packed = [
        wire.pack(wire.Record(time, -2.5, time > 1, moments))
        for time in (0.1, 1.7)
    ]
    content = wire.join(packed, 7, is_complete=True)
    code = """
    const { records } = await import("/records.js");
    const bytes = Uint8Array.from(given[2]);
    const { records: all, isLast } = records(bytes.buffer);
    const { mixture: packed, ...second } = all[1];
    return [all.length, isLast, second,
      shares(evaluate(packed, rows, columns))];
    """
    number, is_last, second, shares = run(page, code, list(content))
    assert (number, is_last) == (2, True)
    assert second == {"time": 1.7, "entropy": -2.5, "isAfterCut": True}
    expected = Density(MIXTURES[name]).saliency_map(ROWS, COLUMNS)
    assert np.abs(np.ravel(expected) - shares).sum() / 2 < 0.01


def test_ellipses_are_the_strongest_components(page):
    code = """
    const { strongest } = await import("/ellipses.js");
    const parts = [{ mixture: mixture(given[2]), weight: 1 }];
    return strongest(parts).map(({ component, strength }) =>
      [...component, strength]);
    """
    parameters = MIXTURES["upright"]
    drawn = np.array(run(page, code, parameters.tolist()))
    expected = list(overlay._strongest(parameters))
    for (*component, strength), (weight, outline) in zip(
        drawn, expected, strict=True
    ):
        assert strength == pytest.approx(weight, rel=1e-5)
        middle = (outline[0] + outline[32]) / 2
        np.testing.assert_allclose(component[1:3], middle, rtol=1e-5)


def test_the_colours_are_those_of_matplotlib(page):
    code = 'return (await import("/inferno.js")).INFERNO;'
    levels = matplotlib.colormaps["inferno"](np.arange(256), bytes=True)
    np.testing.assert_array_equal(run(page, code), levels[:, :3])


@pytest.mark.parametrize("name", ["upright", "tilted", "needle"])
def test_contours_have_the_length_of_those_of_python(page, name):
    parameters = MIXTURES[name]
    code = """
    const { contourLevels, outlines } = await import("/contours.js");
    const one = grid(given[2]);
    return contourLevels(one).map((level) => outlines(one, level));
    """
    drawn = run(page, code, parameters.tolist())
    grid = Density(parameters).saliency_map(ROWS, COLUMNS)
    traced = contourpy.contour_generator(z=np.pad(grid, 1, mode="edge"))
    falling = np.sort(grid, axis=None)[::-1]
    for share, lines in zip(overlay.CONTOUR_SHARES, drawn, strict=True):
        place = np.searchsorted(np.cumsum(falling), share * falling.sum())
        below = falling[falling < falling[place]][:1]
        level = np.append(below, falling[place]).mean()
        expected = [
            (line - 0.5) / [COLUMNS, ROWS] for line in traced.lines(level)
        ]
        assert length(lines) == pytest.approx(length(expected), rel=1e-2)
        assert len(lines) == len(expected)


def test_contours_part_saddles_as_those_of_python(page):
    values = np.random.default_rng(0).random((12, 16), np.float32)
    code = """
    const { outlines } = await import("/contours.js");
    return outlines({ rows: 12, columns: 16, values: given[2] }, 0.5);
    """
    drawn = run(page, code, values.ravel().tolist())
    traced = contourpy.contour_generator(z=np.pad(values, 1, mode="edge"))
    expected = [(line - 0.5) / [16, 12] for line in traced.lines(0.5)]
    assert length(drawn) == pytest.approx(length(expected), rel=1e-5)
    assert len(drawn) == len(expected) > 5


def length(lines):
    return sum(
        np.linalg.norm(np.diff(np.asarray(line), axis=0), axis=1).sum()
        for line in lines
    )
