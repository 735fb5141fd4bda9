"""README and the other documents: their links, headings and commands."""

import importlib.util
import pathlib
import re
import shlex

from markdown.extensions.toc import slugify

from rmdn_tf.__main__ import COMMANDS

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [
    path
    for pattern in (
        "*.md",
        "*/README.md",
        "docs/**/*.md",
        "experiments/*/*.md",
        "rmdn_tf/default_model/*.md",
    )
    for path in sorted(ROOT.glob(pattern))
    if not path.parent.name.startswith(".")  # pytest's cache has a README.
]

FENCE = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?<=\n\n)(?: {4}[^\n]*\n|\n)+")
SPAN = re.compile(r"`([^`]+)`")
IMPORT = re.compile(
    r"^from ((?:benchmarks|experiments)[\w.]*) import (\([^)]*\)|.*)",
    re.MULTILINE,
)
COMMAND = re.compile(r" *(rmdn \w|python -m |python [\w/]+\.py )")


def name(path: pathlib.Path) -> str:
    return str(path.relative_to(ROOT))


def snippets(path: pathlib.Path, language: str) -> list[str]:
    """Returns the blocks of code of a language ("" for none) of a document."""
    found = FENCE.findall(path.read_text())
    return [code for of, code in found if of == language]


def _prose(path: pathlib.Path) -> str:
    return INDENTED.sub("", FENCE.sub("", path.read_text()))


def anchors(path: pathlib.Path) -> set[str]:
    """Returns the anchors of a document's headings, as MkDocs makes them."""
    lines = re.findall(r"^#+ +(.*)$", _prose(path), re.MULTILINE)
    return {slugify(line, "-") for line in lines}


def links(path: pathlib.Path) -> list[tuple[pathlib.Path, str]]:
    """Returns file and anchor of the links of a document to other files."""
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(path)):
        if ":" not in target:
            file, _, anchor = target.partition("#")
            found.append((path.parent / file if file else path, anchor))
    return found


def command_lines(path: pathlib.Path) -> list[list[str]]:
    """Returns the command lines of a document, as module and words.

    Of those in its sentences, which may lack required flags, only scripts.
    """
    text = path.read_text()
    blocks = snippets(path, "") + INDENTED.findall(FENCE.sub("", text))
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    lines += [
        span.replace("\n", " ")
        for span in SPAN.findall(_prose(path))
        if re.match(r"python\s-m\s(benchmarks|experiments)", span)
    ]
    return [_split(line) for line in lines if COMMAND.match(line)]


def _split(line: str) -> list[str]:
    words = shlex.split(line, comments=True)
    if words[:3] == ["python", "-m", "rmdn_tf"]:
        words = ["rmdn", *words[3:]]
    if words[0] == "rmdn":
        return [COMMANDS.get(words[1], words[1]), *words[2:]]
    if words[1] == "-m":
        return words[2:]
    return [words[1].removesuffix(".py").replace("/", "."), *words[2:]]


def flags_in_text(path: pathlib.Path) -> set[str]:
    """Returns the flags, without dashes, that a document's text names."""
    spans = " ".join(SPAN.findall(_prose(path)))
    return set(re.findall(r"(?<![\w-])--([a-z]\w+)", spans))


def flags_of_script(module: str) -> set[str]:
    """Returns the flags that a benchmark or an experiment declares.

    A function that it imports, such as `add_flags`, declares flags, too.
    """
    source = importlib.util.find_spec(module).loader.get_source(module)
    declared = set(re.findall(r'"--(\w+)"', source))
    others = [m for m, names in IMPORT.findall(source) if "_flags" in names]
    return declared.union(*map(flags_of_script, others))
