"""Tests of `rmdn_tf.evaluation.choices`."""

from rmdn_tf.evaluation import choices, protocols, split_baselines


def test_the_flags_name_every_protocol_and_every_extra():
    assert choices.PROTOCOLS == tuple(protocols.PROTOCOLS)
    assert choices.EXTRAS == tuple(split_baselines.EXTRAS)
