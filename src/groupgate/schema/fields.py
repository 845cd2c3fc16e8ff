"""Fields whose values are attributes of the object that a GraphQL type shows."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

import strawberry

ATTRIBUTE: Final = "groupgate_attribute"
"""The name under which the function of such a field has the path of its attribute."""


def read_from(attribute: str, description: str) -> Any:
    """Declare a field that is read from an attribute, such as `entity.name`, when it is selected.

    The annotation of the class attribute is the field's type. Objects are not converted: one whose
    attributes have the names of the fields is its GraphQL type.
    """
    get: Callable[[Any], Any] = attrgetter(attribute)

    def read(root: Any):  # type: ignore[no-untyped-def] # noqa: ANN202 # a type here would replace that of the annotation
        return get(root)

    setattr(read, ATTRIBUTE, attribute)
    return strawberry.field(resolver=read, description=description)
