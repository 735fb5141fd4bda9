"""Fewer candidates to choose from, for evaluations that take a second."""

from rmdn_tf.evaluation import centre_bias, split_baselines
from rmdn_tf.reports import split_report
from rmdn_tf.reports.summary import summarize


def choose_quickly(monkeypatch):
    """Leaves two blurs, and two mixtures that are fitted to few fixations."""
    monkeypatch.setattr(split_baselines, "HUMAN_SIGMAS", (0.03, 0.2))
    monkeypatch.setattr(split_baselines, "HUMAN_SHARES", (0.1,))
    monkeypatch.setattr(centre_bias, "NUM_COMPONENTS", (1, 2))
    monkeypatch.setattr(centre_bias, "MAX_FIXATIONS", 2000)


def leave_out_report(monkeypatch):
    """Leaves out the pictures and the page, which take long."""

    def summary(evaluation, *_):
        scores = evaluation.run()
        return summarize(scores, reference="TCB", labels=evaluation.labels)

    monkeypatch.setattr(split_report, "write_results", summary)
