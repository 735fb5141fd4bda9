"""Writes raw videos as TFRecord shards, and verifies them.

`survey` and `plan` decide which video goes to which shard, `writing` writes a
shard and its report, `manifest` lets a killed run go on, `dataset_info` sums up
the reports, and `verification` checks a finished dataset.
"""
