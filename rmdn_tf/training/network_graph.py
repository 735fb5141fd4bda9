"""The graph of a network and its loss, as TensorBoard shows it."""

import re

import keras
import tensorflow as tf

from rmdn_tf.model.losses import negative_log_likelihood


def network_graph(model: keras.Model) -> tf.Graph:
    """Traces a network and its loss for a batch of any size; runs nothing.

    Its scopes are those of the layers: preprocessing, encoder, recurrence,
    mixture; and `loss`. (The graph of a training step would hide the layers in
    its gradients.)
    """
    inputs = {
        name: tf.TensorSpec(one.shape, one.dtype, name)
        for name, one in model.input.items()
    }
    points = tf.TensorSpec([None, None, None, 2], tf.float32, "fixations")
    mask = tf.TensorSpec([None, None, None], tf.bool, "fixation_mask")

    @tf.function(autograph=False)
    def network(inputs, points, mask):
        parameters = model(inputs)["parameters"]
        with tf.name_scope("loss"):
            return negative_log_likelihood(parameters, points, mask)

    traced = network.get_concrete_function(inputs, points, mask).graph
    return _renamed(traced.as_graph_def(), model.name, _layers(model))


def _layers(model: keras.Model) -> set[str]:
    """Returns the names of the layers, also of networks within the network."""
    names = {layer.name for layer in model.layers}
    return names.union(
        *(_layers(one) for one in model.layers if hasattr(one, "layers"))
    )


def _renamed(
    graph: tf.compat.v1.GraphDef, model: str, layers: set[str]
) -> tf.Graph:
    """Names the scopes as the layers are named.

    Keras puts all scopes into one of the model, which TensorBoard shows as one
    box, and appends "_1" to each name.
    """

    def plain(name: str) -> str:
        name = re.sub(rf"^(\^?){model}(_\d+)?/", r"\1", name)
        return re.sub(
            r"(?<![^/^])(\w+)_1(?=/)",
            lambda found: found[1] if found[1] in layers else found[0],
            name,
        )

    for node in graph.node:
        node.name = plain(node.name)
        for index, source in enumerate(node.input):
            node.input[index] = plain(source)
        # Names of other operations: where this one should be placed.
        node.attr.pop("_class", None)
    renamed = tf.Graph()
    with renamed.as_default():
        tf.import_graph_def(graph, name="")
    return renamed
