"""A SavedModel says what it is: to programs, and to people."""

import json
import pathlib
import re
import shutil
import urllib.request

import pytest

from rmdn_tf.files.checksums import check_files
from rmdn_tf.model.moments import COMPONENT
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.prediction.attention_model import load
from rmdn_tf.runs.loading import SAVED_MODEL_FILE, served_metadata
from rmdn_tf.runs.network_facts import licences_of
from rmdn_tf.serving.description import readme
from tests.helpers.loopback import export_tiny

pytestmark = pytest.mark.slow

DOCUMENTATION = pathlib.Path(__file__).resolve().parents[2] / "docs/serving.md"


@pytest.fixture(scope="module")
def exported_spatial(tiny_spatial_model, tmp_path_factory):
    return export_tiny(tiny_spatial_model, tmp_path_factory)


@pytest.fixture(scope="module", params=["exported_strided", "exported_spatial"])
def of_kind(request):
    """Exported models: C3D without recurrence; frames in cells."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def metadata(of_kind):
    return served_metadata(of_kind.version)


@pytest.fixture(scope="module")
def page(of_kind):
    return (of_kind.version / "README.md").read_text()


def test_metadata_tell_the_true_number_of_components(of_kind, metadata):
    outputs = metadata["signatures"]["serving_default"]["outputs"]
    number = of_kind.model.output["parameters"].shape[2]
    assert metadata["num_components"] == number
    for name in ("parameters", "moments"):
        assert outputs[name]["shape"] == ["B", "T", number, 6]


def test_metadata_have_the_settings_of_this_kind_of_network_alone(metadata):
    others = {
        "c3d": {"motion_lags", "camera", "onset_lag", "dense_units"},
        "efficientnet_lite0": {"filters", "dense_units"},
        "dense": {"context_units", "feature_dropout"},
        "spatial": {"num_components"},
    }
    model = metadata["model"]
    assert not model.keys() & others[model["encoder"]]
    assert not model.keys() & others[model["head"]]
    assert not model.keys() & {"actions", "multi_label", "feedback"}


def test_metadata_say_what_the_numbers_of_a_component_are(metadata):
    assert metadata["component"] == [one._asdict() for one in COMPONENT]
    assert "y points down" in metadata["coordinates"]


def test_the_page_names_every_tensor_of_every_signature(page, metadata):
    for name, described in metadata["signatures"].items():
        section = page.split(f"### `{name}`\n")[1].split("\n#")[0]
        rows = re.findall(r"\| (in|out) \| `(\w+)` \|", section)
        assert sorted(rows) == sorted(
            [("in", one) for one in described["inputs"]]
            + [("out", one) for one in described["outputs"]]
        )


def test_the_page_says_what_the_numbers_of_a_component_are(page):
    for one in COMPONENT:
        assert f"| `{one.parameter}` | `{one.moment}` | {one.formula} |" in page


def test_the_documentation_explains_the_numbers_as_the_page_does(page):
    table = page.split("## The six numbers of a component")[1]
    rows = re.findall(r"^\| \d \| .*$", table, re.MULTILINE)
    assert len(rows) == len(COMPONENT)
    documentation = DOCUMENTATION.read_text()
    assert [row for row in rows if row not in documentation] == []


def test_the_page_names_every_limit_and_setting(page, metadata):
    for most in metadata["limits"].values():
        assert f"| {most:,} | " in page
    for name, value in metadata["model"].items():
        assert f"| {name} | {value} |" in page


def test_the_code_of_the_page_runs(exported_strided, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (exported_strided.version / "README.md").read_text()
    code = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    folder = f"folder = {str(exported_strided.version)!r}"
    names = {}
    exec(code.replace('folder = "."', folder), names)
    assert names["density"].shape == (90, 160)
    assert names["density"].sum() == pytest.approx(1, rel=1e-4)
    assert names["weight"].sum() == pytest.approx(1, rel=1e-5)
    last = {k: v[:, -1] for k, v in names["outputs"].items() if v.ndim == 4}
    assert last["moments"][0].numpy() == pytest.approx(
        names["moments"], rel=1e-4, abs=1e-5
    )


def test_the_request_of_the_page_is_answered(
    exported, server, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    page = (exported.version / "README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    code = "\n".join(blocks).replace("saved_model.load(folder)", "Module()")
    code = re.sub(r"\n# A whole.*?(?=\nimport json)", "", code, flags=re.DOTALL)
    exec(code, {})
    (path,) = re.findall(r"curl http://localhost:8501(\S+)", page)
    body = (tmp_path / "body.json").read_bytes()
    request = urllib.request.Request(server.rest_url + path, body)
    with urllib.request.urlopen(request, timeout=60) as answer:
        outputs = json.load(answer)["outputs"]
    metadata = served_metadata(exported.version)
    described = metadata["signatures"]["serving_default"]
    assert outputs.keys() == described["outputs"].keys()


def test_a_changed_page_counts_as_no_damage(exported, tmp_path):
    copy = shutil.copytree(exported.version, tmp_path / "1")
    with open(copy / "README.md", "a") as file:
        file.write("\nServed by our team.\n")
    check_files(copy, [SAVED_MODEL_FILE])
    (copy / "README.md").unlink()
    check_files(copy, [SAVED_MODEL_FILE])


def test_a_page_tells_scores_and_what_they_were_computed_on(exported):
    run = {
        "dataset": "demo",
        "validation": {"epoch": 3, "bits": 1.25, "kl": None},
        "test": {"bits": 1.5, "scored_frames": "96 frames of 2 videos"},
        "model_card": "# Our model\n\nFor cropping.\n\n## Limits\n\nDark.",
    }
    page = readme(served_metadata(exported.version) | {"run": run})
    assert "Trained on `demo`.\n" in page
    assert "Training started" not in page
    assert "| bits | 1.25 |\n| kl | None |" in page
    assert "Scores on `validation`:\n" in page
    assert "Scores on `test`, means over 96 frames of 2 videos:" in page
    assert "| scored_frames |" not in page
    assert "\n### Our model\n\nFor cropping.\n\n#### Limits\n" in page
    run |= {"mixed": ["faces", "scenes"], "init_from": "0123"}
    page = readme(served_metadata(exported.version) | {"run": run})
    mixed = "Trained on `demo`, with windows of `faces`, `scenes` mixed in.\n"
    assert mixed in page
    assert "another model, whose SHA-256 is\n0123." in page


def test_the_licences_are_those_of_the_parts_that_a_network_holds():
    assert licences_of(PRESETS["paper"]).keys() == {"rmdn-tf"}
    names = {"rmdn-tf", "efficientnet_lite0", "blazeface"}
    assert licences_of(PRESETS["spatial"]).keys() == names


def test_metadata_of_an_earlier_release_are_read(exported, tmp_path):
    """An earlier release wrote settings of all kinds, and no explanations."""
    copy = shutil.copytree(exported.version, tmp_path / "1")
    for name in ("README.md", "checksums.sha256"):
        (copy / name).unlink()
    file = copy / "assets/metadata.json"
    metadata = json.loads(file.read_text())
    new = ("component", "coordinates", "density", "num_components")
    new += ("signatures", "licences", "limits")
    old = {key: v for key, v in metadata.items() if key not in new}
    old["model"] |= {"motion_lags": [], "dense_units": 4096}
    old["model"] |= {"context_units": 24, "feature_dropout": 0.5}
    file.write_text(json.dumps(old))
    with pytest.warns(UserWarning, match="earlier release"):
        model = load(copy)
    assert model.config == exported.config
