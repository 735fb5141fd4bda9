"""Shows a setting in the API reference as a plain default with its help.

`batch_size: int = setting(8, "Windows per step.")` becomes the attribute
`batch_size` with the default 8 and the explanation "Windows per step."
"""

import ast
import re

import griffe

# The parameters of `rmdn_tf.commands.settings.setting`, in order.
NAMES = ("default", "help", "choices", "default_text")


class Settings(griffe.Extension):
    """Reads the calls of `setting` in a dataclass."""

    def on_attribute_instance(self, *, attr, **_) -> None:
        """Takes default and help out of the call."""
        call = attr.value
        is_call = isinstance(call, griffe.ExprCall)
        if not is_call or str(call.function) != "setting":
            return
        given = {}
        for name, value in zip(NAMES, call.arguments, strict=False):
            if isinstance(value, griffe.ExprKeyword):
                name, value = value.name, value.value
            given[name] = value
        attr.value = given.get("default")
        text = text_of(given["help"])
        if "default_text" in given:
            text += f" Default: {text_of(given['default_text'])}."
        attr.docstring = griffe.Docstring(text, parent=attr)


def text_of(expression: griffe.Expr | str) -> str:
    """Returns the text of a literal; an f-string without what it computes."""
    code = str(expression)
    if code.startswith(("f'", 'f"')):
        return re.sub(r"\s*\(?\{.*?\}\)?", "", code[2:-1])
    try:
        return str(ast.literal_eval(code))
    except ValueError:
        return code
