"""Writes, describes and verifies TFRecord shards."""
