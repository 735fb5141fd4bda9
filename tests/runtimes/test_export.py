"""What a format lacks is refused before the network is converted."""

import pytest

from rmdn_tf.runtimes import export
from tests.helpers.portable_networks import CONFIGS, export_tiny


@pytest.mark.parametrize(
    ("form", "options", "told"),
    [
        ("onnx", {"precision": "float99"}, "precision=float99"),
        ("litert", {"num_clips": None}, "LiteRT takes a fixed number"),
        ("tfjs", {"num_clips": None}, "TensorFlow.js takes a fixed number"),
        ("litert", {"precision": "int8"}, "Received: no samples"),
        ("onnx", {"precision": "int8"}, "Received: no samples"),
        ("openvino", {"precision": "int8"}, "Received: no samples"),
        ("triton", {"precision": "int8"}, "Received: no samples"),
    ],
)
def test_what_a_format_lacks_is_refused(
    form, options, told, tmp_path, monkeypatch
):
    monkeypatch.setattr(export, "_writer", pytest.fail)
    with pytest.raises(ValueError, match=told):
        export_tiny(CONFIGS["c3d"], form, tmp_path / "it", **options)
    assert not [*tmp_path.iterdir()]
