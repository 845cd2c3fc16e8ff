"""A document's text, looked at before it is parsed: its length, its tokens and its brackets."""

import re
from typing import Final

from graphql import GraphQLError

from groupgate.schema.guardrails.limits import DocumentLimits
from groupgate.schema.guardrails.refusal import too_many

# Every character is taken by exactly one alternative and no repetition ever gives any back, so
# that the time is linear in the text whatever it is. Where the text is wrong, the parser stops,
# and what is counted behind that place does not matter.
_TOKEN: Final = re.compile(
    r"""
    [ \t\n\r,\ufeff]*+                                          # what the language ignores
    (
        [_A-Za-z][_0-9A-Za-z]*+                                 # name
      | [!$&():=@\[\]{}|]                                       # punctuator
      | \.\.\.                                                  # spread
      | "{3}(?:[^"\\]++|\\"{3}|\\|"(?!""))*+(?:"{3}|\Z)          # block string
      | "(?:[^"\\\n\r]++|\\[^\n\r])*+"?                         # string
      | -?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)? # number
      | \#[^\n\r]*+                                             # comment
      | .                                                       # no token at all
      | \Z
    )
    """,
    re.VERBOSE | re.DOTALL,
)

_STEPS: Final = {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}


def check_text(text: str, limits: DocumentLimits) -> GraphQLError | None:
    """Tell which limit the text breaks; counting stops as soon as that is known.

    Comments count as tokens, for they take the parser as long.
    """
    if len(text) > limits.characters:
        return too_many("characters", len(text), limits.characters, "characters")
    tokens = brackets = 0
    for match in _TOKEN.finditer(text):
        token = match[1]
        tokens += token != ""
        brackets += _STEPS.get(token, 0)
        if tokens > limits.tokens:
            return too_many("tokens", tokens, limits.tokens, "tokens or more")
        if brackets > limits.brackets:
            return too_many("brackets", brackets, limits.brackets, "levels of brackets or more")
    return None
