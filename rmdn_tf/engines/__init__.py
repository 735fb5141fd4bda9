"""A function and items -> the function called on each item, as one task each.

`opening.engine` chooses where: in this process, in processes of this machine,
or on a cluster by Dask or Beam. `tasks` tells what an engine promises.
"""
