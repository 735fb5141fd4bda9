"""Integrals of Gaussians over polygons, in closed form.

Coordinates in which a component is a standard normal turn a polygon into
another one. Its edges and the mean span triangles, the mass of which is known:
with h the distance of the edge's line from the mean and t the place along it,

    mass = (atan(t2 / h) - atan(t1 / h)) / 2 pi - T(h, t2 / h) + T(h, t1 / h)

where T is Owen's function. Triangles that turn the other way count less than 0.
First and second moments follow from the mass by the divergence theorem.

Reference: D. B. Owen, "Tables for computing bivariate normal probabilities",
Annals of Mathematical Statistics 27, 1956.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, owens_t

from rmdn_tf.model.columns import columns_of

# Standard deviations from the mean. What lies farther away, the part
# exp(-FAR^2 / 2) = 2e-11 of a component, is left out.
FAR = 7.0


class _Edges(NamedTuple):
    """Edges of a polygon in the coordinates of components, `[C, n]` each.

    Attributes:
        angle: angle at which the mean sees the edge, radians.
        distance: from the mean to the edge's line; below 0 if the polygon lies
            beyond the line.
        begin: first end, along the line from the foot of the mean.
        end: second end, more than `begin`.
        along: unit vector from the first end to the second, `[2, C, n]`.
    """

    angle: np.ndarray
    distance: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    along: np.ndarray


def component_masses(parameters: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """Integrates each component of a mixture over a polygon.

    Args:
        parameters: float64 `[C, 6]`.
        polygon: float64 `[n, 2]`, clockwise as seen, where y points down.

    Returns:
        float64 `[C]`, from 0 to 1; the absolute error is below 1e-10.
    """
    loc = parameters[:, 1:3]
    reach = FAR * np.exp(columns_of(parameters)[3:5].T)
    is_near = (loc - reach < polygon.max(0)) & (loc + reach > polygon.min(0))
    is_near = is_near.all(1)
    masses = np.zeros(len(parameters))
    masses[is_near] = _masses(_edges(parameters[is_near], polygon))
    return masses


def _edges(parameters: np.ndarray, polygon: np.ndarray) -> _Edges:
    _, x, y, log_scale_x, log_scale_y, r = columns_of(parameters)[..., None]
    u = (polygon[:, 0] - x) * np.exp(-log_scale_x)
    v = (polygon[:, 1] - y) * np.exp(-log_scale_y)
    points = np.stack([u, np.cosh(r) * v - np.sinh(r) * u])  # [2, C, n]
    ends = np.roll(points, -1, -1)
    along = ends - points
    length = np.hypot(*along)
    along = along / np.where(length > 0, length, 1)
    cross = points[0] * ends[1] - points[1] * ends[0]
    distance = cross / np.where(length > 0, length, 1)
    angle = np.arctan2(cross, (points * ends).sum(0))
    # The mean on an edge: the triangle has no size, its angle either sign.
    angle = np.where(distance == 0, 0, angle)
    begin, end = (points * along).sum(0), (ends * along).sum(0)
    return _Edges(angle, distance, begin, end, along)


def _masses(edges: _Edges) -> np.ndarray:
    h = np.abs(edges.distance)
    is_near = (h > 0) & (h < FAR) & (edges.begin < FAR) & (edges.end > -FAR)
    h, begin, end = h[is_near], edges.begin[is_near], edges.end[is_near]
    triangles = edges.angle / (2 * np.pi)
    outside = owens_t(h, end / h) - owens_t(h, begin / h)
    triangles[is_near] -= np.sign(edges.distance[is_near]) * outside
    return triangles.sum(-1)


def component_moments(
    parameters: np.ndarray, polygon: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Integrates 1, z and z z^T over a polygon, z = (x, y).

    Args:
        parameters: float64 `[C, 6]`.
        polygon: float64 `[n, 2]`, clockwise as seen, where y points down.

    Returns:
        float64 `[C]`, `[C, 2]` and `[C, 2, 2]`.
    """
    edges = _edges(parameters, polygon)
    mass = _masses(edges)
    along = np.moveaxis(edges.along, 0, -1)  # [C, n, 2]
    across = np.stack([along[..., 1], -along[..., 0]], -1)
    at_line = _normal(edges.distance)
    held = at_line * (ndtr(edges.end) - ndtr(edges.begin))
    slope = at_line * (_normal(edges.begin) - _normal(edges.end))
    first = -np.einsum("cn,cni->ci", held, across)
    second = mass[:, None, None] * np.eye(2)
    second -= np.einsum(
        "cn,cni,cnj->cij", held * edges.distance, across, across
    )
    second -= np.einsum("cn,cni,cnj->cij", slope, along, across)
    mean, root = parameters[:, 1:3], covariance_roots(parameters)
    first = np.einsum("cij,cj->ci", root, first)
    second = root @ second @ root.swapaxes(1, 2)
    mixed = mean[:, :, None] * first[:, None, :]
    second += mixed + mixed.swapaxes(1, 2)
    second += mass[:, None, None] * mean[:, :, None] * mean[:, None, :]
    return mass, mass[:, None] * mean + first, second


def _normal(t: np.ndarray) -> np.ndarray:
    return np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)


def covariance_roots(parameters: np.ndarray) -> np.ndarray:
    """Returns the roots R of covariances R R^T of components.

    Args:
        parameters: float64 `[C, 6]`.

    Returns:
        float64 `[C, 2, 2]`, lower triangles.
    """
    *_, log_scale_x, log_scale_y, r = columns_of(parameters)
    roots = np.zeros([len(parameters), 2, 2])
    roots[:, 0, 0] = np.exp(log_scale_x)
    roots[:, 1, 0] = np.exp(log_scale_y) * np.tanh(r)
    roots[:, 1, 1] = np.exp(log_scale_y) / np.cosh(r)
    return roots
