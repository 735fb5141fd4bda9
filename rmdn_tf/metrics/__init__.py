"""Metrics of saliency maps, pure functions: maps and fixations -> numbers.

In come predicted maps and fixations `[F, H, W]`; out come scores of each frame,
and means of scores with confidence intervals. Start from `exact` (one function
a metric), `exact_batch` (all at once) or `mit` (the benchmarks' formulas);
`true_density` blurs fixations, `best_maps` makes the map that suits a metric,
`intervals` has the statistics, `classification` the scores of action
recognition, `picture_quality` PSNR and SSIM weighted by a density.
"""
