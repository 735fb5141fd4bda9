"""Fewer candidates to choose from, for evaluations that take a second."""

from rmdn_tf.evaluation import centre_bias, split_evaluation


def choose_quickly(monkeypatch):
    """Leaves two blurs, and two mixtures that are fitted to few fixations."""
    monkeypatch.setattr(split_evaluation, "HUMAN_SIGMAS", (0.03, 0.2))
    monkeypatch.setattr(split_evaluation, "HUMAN_SHARES", (0.1,))
    monkeypatch.setattr(centre_bias, "NUM_COMPONENTS", (1, 2))
    monkeypatch.setattr(centre_bias, "MAX_FIXATIONS", 2000)
