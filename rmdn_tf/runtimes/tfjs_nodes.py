"""Nodes of a graph."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import tensorflow as tf


def add_constant(
    definition: tf.compat.v1.GraphDef, name: str, value: np.ndarray
) -> str:
    """Adds a constant; returns its name."""
    node = definition.node.add(op="Const", name=name)
    tensor = tf.make_tensor_proto(value)
    node.attr["value"].tensor.CopyFrom(tensor)
    node.attr["dtype"].type = tensor.dtype
    return name


def add_node(
    definition: tf.compat.v1.GraphDef, op: str, name: str, inputs: Iterable[str]
) -> tf.compat.v1.NodeDef:
    """Adds a node that computes float32."""
    node = definition.node.add(op=op, name=name, input=inputs)
    node.attr["T"].type = tf.float32.as_datatype_enum
    return node


def replace_node(
    node: tf.compat.v1.NodeDef, op: str, inputs: Iterable[str]
) -> None:
    """Makes another operation on float32 of a node, which keeps its name."""
    node.CopyFrom(tf.compat.v1.NodeDef(op=op, name=node.name, input=inputs))
    node.attr["T"].type = tf.float32.as_datatype_enum


def remove_nodes(definition: tf.compat.v1.GraphDef, names: set[str]) -> None:
    """Removes nodes by name."""
    kept = [one for one in definition.node if one.name not in names]
    del definition.node[:]
    definition.node.extend(kept)


def count_uses(definition: tf.compat.v1.GraphDef) -> Counter:
    """Counts how often each node is an input."""
    return Counter(
        one.lstrip("^").split(":")[0]
        for node in definition.node
        for one in node.input
    )
