"""Parts of a page, and that texts cannot leave their place."""

import base64

import pytest

from rmdn_tf.reports import pages

HOSTILE = "<b a='1' c=\"2\">&amp;"
ESCAPED = "&lt;b a=&#x27;1&#x27; c=&quot;2&quot;&gt;&amp;amp;"


@pytest.mark.parametrize(
    "make",
    [
        pages.paragraph,
        pages.note,
        pages.small,
        lambda text: pages.details(text, ""),
        lambda text: pages.element("i", "", title=text),
        lambda text: pages.image(b"", text),
        lambda text: pages.page(text, []),
    ],
)
def test_a_text_is_escaped(make):
    assert ESCAPED in make(HOSTILE)
    assert "<b" not in make(HOSTILE).replace("<body", "")


def test_an_element_holds_html_and_attributes():
    assert pages.element("p", "<i>x</i>", class_="note", id="n") == (
        '<p class="note" id="n"><i>x</i></p>'
    )


def test_an_empty_paragraph_is_none():
    assert pages.paragraph("") == ""


def test_a_table_has_a_name_and_cells_in_each_row():
    assert pages.table(["", "a"], [("x", ["1"]), ("y", ["2"])]) == (
        '<div class="wide"><table><thead><tr><th scope="col"></th>'
        '<th scope="col">a</th></tr></thead><tbody>'
        '<tr><th scope="row">x</th><td>1</td></tr>\n'
        '<tr><th scope="row">y</th><td>2</td></tr></tbody></table></div>'
    )


@pytest.mark.parametrize("is_open", [False, True])
def test_details_are_closed_unless_asked(is_open):
    text = pages.details("more", "<p>x</p>", is_open)
    assert text.startswith("<details" + ' open=""' * is_open + ">")


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"\x89PNG\r\n\x1a\n..", "png"), (b"\xff\xd8\xff..", "jpeg")],
)
def test_an_image_carries_its_bytes(content, kind):
    text = pages.image(content, "")
    head, data = text.split('"')[1].split(",")
    assert head == f"data:image/{kind};base64"
    assert base64.b64decode(data) == content
