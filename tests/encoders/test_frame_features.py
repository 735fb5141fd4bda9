"""Networks of single frames."""

import pytest

from rmdn_tf.encoders.frame_features import build_frame_network, frame_encoder


@pytest.mark.parametrize("encoder", ["resnet", "keras/Nothing", "keras/"])
def test_unknown_encoders_are_refused(encoder):
    with pytest.raises(ValueError, match="Invalid `encoder`"):
        frame_encoder(encoder)


def test_a_network_of_keras_is_an_encoder_too():
    encoder = frame_encoder("keras/MobileNetV2")
    network = build_frame_network(
        encoder, "block_6_expand_relu+block_13_expand_relu", (64, 64)
    )
    assert network.output_shape == (None, 4, 4, 4 * 192 + 576)
