"""Reads the TFRecord shards of a prepared dataset as batches of windows.

In: a directory that `rmdn prepare` wrote. Out: a `tf.data.Dataset` of batches.
Start from `prepared_dataset` (`dataset_info.json`), `input_pipeline` (batches),
`annotations` (gaze and labels, without frames) and `feature_cache` (features
computed once).
"""
