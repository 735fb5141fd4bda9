"""Shows in a browser where people look in a video, by `rmdn view`.

`server` runs a server on this machine for the page in `page/`; `api.md`
describes the requests. The network runs through a video once, and its mixtures
are recorded. All that the page shows or downloads comes from the recording.

The server is Starlette on Uvicorn: both are small, well kept, the base of
FastAPI, and read and write bodies piece by piece. A framework of widgets such
as Gradio would not draw mixtures on a playing video, and brings dozens of
packages.
"""
