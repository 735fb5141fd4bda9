"""Cross-validation of networks with a spatial head."""
