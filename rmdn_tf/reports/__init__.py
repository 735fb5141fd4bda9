"""Reports of an evaluation: JSON, tables, plots and an HTML page.

In come the `Scores` of an evaluation; out come files. Start from
`split_report.write_results`, or from `summary.summarize`, which makes the JSON
for tables, plots and `report_page`.
"""
