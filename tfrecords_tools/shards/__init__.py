"""Raw videos -> TFRecord shards and `dataset_info.json`; and their checks.

`survey` and `plan` assign videos to shards, `writing` writes a shard and its
report, `manifest` lets a killed run go on, `dataset_info` sums up the reports,
and `verification` checks a finished dataset. `preparation` calls them all.
"""
