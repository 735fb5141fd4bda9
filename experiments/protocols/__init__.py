"""Values of the benchmarks' own code, to test our formulas against."""
