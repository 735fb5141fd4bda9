"""Shows settings in the API reference as plain defaults with their help.

`batch_size: int = setting(8, "Windows per step.")` becomes the attribute
`batch_size` with the default 8, explained by "Windows per step." in its class.
"""

import ast
import pathlib
import re

import griffe

# The parameters of `rmdn_tf.commands.settings.setting`, in order.
NAMES = ("default", "help", "choices", "default_text")


class Settings(griffe.Extension):
    """Reads the calls of `setting` in dataclasses."""

    def on_class_members(self, *, cls, **_) -> None:
        """Moves defaults and help out of the calls."""
        lines = []
        for name, attribute in cls.attributes.items():
            given = arguments_of(attribute.value)
            if given:
                attribute.value = given.get("default")
                text = explanation(given, cls.module)
                lines.append(f"    {name}: {text}")
        if lines:
            text = cls.docstring.value.rstrip()
            if "\nAttributes:\n" not in text:
                text += "\n\nAttributes:"
            cls.docstring.value = "\n".join([text, *lines])


def arguments_of(call: griffe.Expr | str | None) -> dict:
    """Returns the arguments of a call of `setting` by name."""
    is_call = isinstance(call, griffe.ExprCall)
    if not is_call or str(call.function) != "setting":
        return {}
    given = {}
    for name, value in zip(NAMES, call.arguments, strict=False):
        if isinstance(value, griffe.ExprKeyword):
            name, value = value.name, value.value
        given[name] = value
    return given


def explanation(given: dict, module: griffe.Module) -> str:
    """Joins help and default; the help may be a constant of any module."""
    text = text_of(given["help"], module)
    default = text_of(given.get("default_text", ""), module)
    return f"{text} Default: {default}." if default else text


def text_of(expression: griffe.Expr | str, module: griffe.Module) -> str:
    """Returns the text of a literal; of an f-string, the names in it."""
    code = str(expression)
    member = module.members.get(code)
    if member is not None:
        if member.is_alias:  # Its module may not be loaded yet.
            return imported_text(member.target_path)
        return text_of(member.value, module)
    if code.startswith(("f'", 'f"')):
        return re.sub(r"\{(?:', '\.join\()?(\w+)\)?\}", r"`\1`", code[2:-1])
    try:
        return str(ast.literal_eval(code))
    except (SyntaxError, ValueError):  # It is computed.
        return ""


def imported_text(path: str) -> str:
    """Returns the text of a constant, from the source of its module."""
    module, _, name = path.rpartition(".")
    file = pathlib.Path(*module.split(".")).with_suffix(".py")
    (value,) = (
        line.value
        for line in ast.parse(file.read_text()).body
        if isinstance(line, ast.Assign) and line.targets[0].id == name
    )
    return ast.literal_eval(value)
