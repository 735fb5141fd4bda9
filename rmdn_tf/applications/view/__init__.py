"""Shows in a browser where people look in a video, by `rmdn view`.

`server` runs a server on this machine, for the page in `page/`. `api.md` says
what the page asks it. A video is run through the network once. All that the
page shows or downloads comes from what was recorded then.

The server is Starlette on Uvicorn: both are small, well kept, the base of
FastAPI, and read and write bodies piece by piece. A framework of widgets such
as Gradio would not draw mixtures on a playing video, and brings dozens of
packages.
"""
