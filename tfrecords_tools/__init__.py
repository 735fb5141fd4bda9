"""Raw datasets -> TFRecord shards; the only code that opens raw files."""
