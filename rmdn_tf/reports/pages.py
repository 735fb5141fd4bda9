"""Parts of a web page that stands in one file and runs no script."""

import base64
from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 66rem;
  font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .5rem 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; padding-top: .8rem;
  border-top: 1px solid #ddd; }
p { max-width: 46rem; margin: .4rem 0; }
.note { color: #666; font-size: .875rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem;
  font-size: .875rem; margin: .8rem 0; }
dt { color: #666; } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; font-size: .875rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid #e6e6e6; vertical-align: top; }
th { font-weight: 600; } thead th { border-bottom: 2px solid #999; }
tbody th, thead th:first-child { text-align: left; position: sticky; left: 0;
  background: #fff; }
td small { display: block; color: #666; }
.better { color: #00674b; font-weight: 600; }
.worse { color: #b03a00; font-weight: 600; }
.panels, .pictures { display: grid; gap: .8rem; }
.panels { grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
.pictures { margin-top: .8rem;
  grid-template-columns: repeat(auto-fill, minmax(min(26rem, 100%), 1fr)); }
.panels img { width: 100%; height: auto; }
figure { margin: 0; break-inside: avoid; }
figure img { width: 100%; height: auto; border-radius: 4px; }
figcaption { font-size: .875rem; overflow-wrap: anywhere; }
.key { white-space: nowrap; font-size: .875rem; }
p .key { margin-right: 1rem; }
.key i { display: inline-block; width: .7rem; height: .7rem;
  border-radius: 50%; margin-right: .35rem; }
summary { cursor: pointer; padding: .2rem 0; }
@media print { body { max-width: none; font-size: 11px; }
  .wide { overflow: visible; } th, td { padding: .15rem .35rem; }
  .panels { grid-template-columns: repeat(3, 1fr); gap: .3rem; }
  .pictures { grid-template-columns: repeat(2, 1fr); }
  h1, h2, p { break-after: avoid; } tr, img { break-inside: avoid; }
  .key i { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


def page(title: str, sections: Iterable[str]) -> str:
    """Returns the whole file.

    Args:
        title: text.
        sections: HTML.
    """
    head = (
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        + element("title", escape(title))
        + element("style", _STYLE)
    )
    body = element("h1", escape(title)) + "\n".join(sections)
    both = element("head", head) + "\n" + element("body", body)
    return "<!DOCTYPE html>\n" + element("html", both, lang="en") + "\n"


def element(tag: str, content: str, **attributes: str) -> str:
    """An element; its content is HTML, its attributes are texts.

    An underscore after a name makes it one that Python lets pass: `class_`.
    """
    texts = (
        f' {name.rstrip("_")}="{escape(value)}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{''.join(texts)}>{content}</{tag}>"


def paragraph(text: str) -> str:
    """A paragraph, or nothing of nothing."""
    return element("p", escape(text)) if text else ""


def note(text: str) -> str:
    """A paragraph that stands back."""
    return element("p", escape(text), class_="note")


def small(text: str) -> str:
    """A second line of a cell."""
    return element("small", escape(text))


def table(head: Sequence[str], rows: Iterable[tuple[str, list[str]]]) -> str:
    """A table that scrolls sideways where it is too wide.

    Args:
        head: of the columns, HTML.
        rows: name and cells of each, HTML.
    """
    columns = "".join(element("th", name, scope="col") for name in head)
    lines = (
        element("th", name, scope="row")
        + "".join(element("td", cell) for cell in cells)
        for name, cells in rows
    )
    body = "\n".join(element("tr", line) for line in lines)
    both = element("thead", element("tr", columns)) + element("tbody", body)
    return element("div", element("table", both), class_="wide")


def details(title: str, content: str, is_open: bool = False) -> str:
    """What is shown when its title, a text, is clicked."""
    attributes = {"open": ""} if is_open else {}
    return element(
        "details", element("summary", escape(title)) + content, **attributes
    )


def image(content: bytes, text: str) -> str:
    """A picture, PNG or JPEG, and what it says to those who do not see it."""
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    data = base64.b64encode(content).decode()
    return f'<img src="data:image/{kind};base64,{data}" alt="{escape(text)}">'
