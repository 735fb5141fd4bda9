"""Reads TFRecord shards and forms batches of windows."""
