"""The graph that TensorBoard shows of a network."""

import pytest

from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.training.network_graph import network_graph


@pytest.fixture(scope="module")
def names(tiny_model):
    graph = network_graph(build_rmdn(tiny_model)).as_graph_def()
    return [node.name for node in graph.node]


def test_the_parts_of_the_network_are_seen_at_once(names):
    scopes = {name.split("/")[0] for name in names if "/" in name}
    assert {
        "preprocessing",
        "clips",
        "c3d",
        "lstm",
        "mixture",
        "loss",
    } <= scopes


def test_a_part_opens_to_its_layers(names):
    for layer in ("c3d/conv1a/", "c3d/conv5a/"):
        assert any(name.startswith(layer) for name in names), layer
