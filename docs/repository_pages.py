"""Makes pages of files that lie elsewhere in the repository, and of notebooks.

`extra.repository_pages` of mkdocs.yml names them. In the sources, every link
is a relative path that works in a clone. The site links to the page of that
file; a file without a page is linked at the project's address.
"""

import json
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
        source = ROOT / path
        text = source.read_text(encoding="utf-8")
        if source.suffix == ".ipynb":
            text = notebook_text(json.loads(text))
        files.append(File.generated(config, page, content=text))


def on_page_markdown(markdown, page, config, files):
    made = config.extra["repository_pages"]
    pages = {file.abs_src_path: file.src_uri for file in files}
    pages |= {str(ROOT / path): name for name, path in made.items()}
    name = page.file.src_uri
    here = (ROOT / made.get(name, f"docs/{name}")).parent

    def site_link(match):
        path = (here / match[1]).resolve()
        if str(path) in pages:
            folder = os.path.dirname(name) or "."
            return os.path.relpath(pages[str(path)], folder)
        if path.exists() and path.is_relative_to(ROOT):
            kind = "tree" if path.is_dir() else "blob"
            path = path.relative_to(ROOT)
            return f"{config.extra['source']}/{kind}/main/{path}"
        return match[0]

    return LINK.sub(site_link, markdown)


def notebook_text(notebook):
    """Returns the cells of a notebook, with their outputs, as Markdown."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            parts.append(f"```python\n{source}\n```")
            parts += map(output_text, cell["outputs"])
        else:
            parts.append(source)
    return "\n\n".join(parts)


def output_text(output):
    """Returns one output of a cell as Markdown: a picture, or plain text."""
    data = output.get("data", {})
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            content = "".join("".join(data[kind]).split())
            return f"![](data:{kind};base64,{content})"
    text = "".join(data.get("text/plain", output.get("text", "")))
    return f"```text\n{text.rstrip()}\n```"
