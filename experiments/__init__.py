"""Scripts that reproduce the results in docs/performance.md."""
