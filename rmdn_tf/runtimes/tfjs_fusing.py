"""Joins convolutions with what follows, as TensorFlow.js takes them."""

import tensorflow as tf

from rmdn_tf.runtimes.tfjs_nodes import count_uses, remove_nodes

_FUSED = {
    "Conv2D": "_FusedConv2D",
    "DepthwiseConv2dNative": "FusedDepthwiseConv2dNative",
}
_ACTIVATIONS = ("Relu", "Relu6")


def fuse_convolutions(definition: tf.compat.v1.GraphDef) -> None:
    """Fuses convolutions with their biases and activations.

    A fused node has the name of the last node that it replaces.
    """
    uses = count_uses(definition)
    nodes = {node.name: node for node in definition.node}
    # By the name of their only input.
    adds = {n.input[0]: n for n in definition.node if n.op == "BiasAdd"}
    activations = {
        n.input[0]: n for n in definition.node if n.op in _ACTIVATIONS
    }
    replaced = set()
    for node in [n for n in nodes.values() if n.op in _FUSED]:
        add = adds.get(node.name)
        if add is None or uses[node.name] != 1:
            continue
        chain = [node, add]
        if add.name in activations and uses[add.name] == 1:
            chain.append(activations[add.name])
        _fuse(chain)
        replaced |= {one.name for one in chain[:-1]}
    remove_nodes(definition, replaced)


def _fuse(chain) -> None:
    """Makes the last node of a chain do what the chain does."""
    convolution, add, *_ = chain
    fused = type(add)()
    fused.CopyFrom(convolution)
    fused.op, fused.name = _FUSED[convolution.op], chain[-1].name
    fused.input.append(add.input[1])
    fused.attr["num_args"].i = 1
    fused.attr["fused_ops"].list.s.extend(one.op.encode() for one in chain[1:])
    chain[-1].CopyFrom(fused)
