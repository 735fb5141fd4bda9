"""The paper's loss and its gradient in NumPy, one fixation at a time."""

import numpy as np


def reference(parameters, fixations, mask):
    """The paper's equations in their plain form, one fixation at a time.

        loss = -sum_t sum_j log sum_c pi_c N(a_tj; loc_c, covariance_c)

    Returns the loss and its gradient with respect to `parameters`, float64.
    """
    parameters = np.asarray(parameters, np.float64)
    stride = fixations.shape[1] // parameters.shape[1]
    loss, gradient = 0.0, np.zeros_like(parameters)
    for b, frame, n in np.argwhere(mask):
        clip = parameters[b, frame // stride]
        point = np.asarray(fixations[b, frame, n], np.float64)
        weights, normals = weights_of(clip), normals_of(clip, point)
        loss -= np.log(weights @ normals)
        gradient[b, frame // stride] += gradient_of_one(
            clip, point, weights, normals
        )
    return loss, gradient


def weights_of(clip):
    exponent = np.exp(clip[:, 0])
    return exponent / exponent.sum()


def covariances_of(clip):
    scale, rho = np.exp(clip[:, 3:5]), np.tanh(clip[:, 5])
    off_diagonal = rho * scale[:, 0] * scale[:, 1]
    variance = scale**2
    return np.stack(
        [variance[:, 0], off_diagonal, off_diagonal, variance[:, 1]], -1
    ).reshape(-1, 2, 2)


def normals_of(clip, point):
    normals = []
    for loc, covariance in zip(clip[:, 1:3], covariances_of(clip), strict=True):
        distance = (point - loc) @ np.linalg.inv(covariance) @ (point - loc)
        root = np.sqrt(np.linalg.det(covariance))
        normals.append(np.exp(-distance / 2) / (2 * np.pi * root))
    return np.array(normals)


def gradient_of_one(clip, point, weights, normals):
    """Slopes of -log p(point), `[C, 6]`, worked out by hand.

    With the responsibilities g_c = pi_c N_c / sum_k pi_k N_k, the offset d
    from loc and e = covariance^-1 d, the slopes of -log p are

        logit            pi_c - g_c
        loc              -g_c e
        log scale        g_c (1 - d e), along each axis
        atanh rho        -g_c (rho + u v - rho Z / (1 - rho^2))

    where u, v = d / scale and Z = u^2 + v^2 - 2 rho u v.
    """
    responsibility = weights * normals / (weights @ normals)
    rho = np.tanh(clip[:, 5])
    offset = point - clip[:, 1:3]
    pull = np.linalg.solve(covariances_of(clip), offset[..., None])[..., 0]
    u, v = (offset / np.exp(clip[:, 3:5])).T
    z = u**2 + v**2 - 2 * rho * u * v
    gradient = np.empty_like(clip)
    gradient[:, 0] = weights - responsibility
    gradient[:, 1:3] = -responsibility[:, None] * pull
    gradient[:, 3:5] = responsibility[:, None] * (1 - offset * pull)
    gradient[:, 5] = -responsibility * (rho + u * v - rho * z / (1 - rho**2))
    return gradient
