"""Scores predictors and baselines on a split of a prepared dataset.

In come models, maps of other tools and a dataset; out come `Scores`. Start from
`split_evaluation.SplitEvaluation`, which adds the baselines, or from
`evaluation_loop.evaluate`. `predictors` lists what can be scored, `protocols`
how.
"""
