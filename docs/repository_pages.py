"""Makes pages of files that lie elsewhere in the repository.

`extra.repository_pages` of mkdocs.yml names them. In the sources, every link
is a relative path that works in a clone. The site links to the page of that
file; a file without a page is linked at the project's address.
"""

import os
import pathlib
import re
import tomllib

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parents[1]
LINK = re.compile(r"(?<=\]\()([^)#\s:]+)(?=[)#])")


def on_config(config):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    config.extra["source"] = project["urls"]["Repository"]
    config.extra["social"] = [
        {"icon": "fontawesome/brands/github", "link": config.extra["source"]}
    ]


def on_files(files, config):
    for page, path in config.extra["repository_pages"].items():
        source = str(ROOT / path)
        files.append(File.generated(config, page, abs_src_path=source))


def on_page_markdown(markdown, page, config, files):
    pages = {file.abs_src_path: file.src_uri for file in files}
    here = pathlib.Path(page.file.abs_src_path).parent

    def site_link(match):
        path = (here / match[1]).resolve()
        if str(path) in pages:
            here_in_site = os.path.dirname(page.file.src_uri)
            return os.path.relpath(pages[str(path)], here_in_site or ".")
        if path.exists() and path.is_relative_to(ROOT):
            kind = "tree" if path.is_dir() else "blob"
            path = path.relative_to(ROOT)
            return f"{config.extra['source']}/{kind}/main/{path}"
        return match[0]

    return LINK.sub(site_link, markdown)
