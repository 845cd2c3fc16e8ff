"""Validation rules beyond those of the specification."""

from typing import Any

from graphql import (
    ASTValidationRule,
    FieldNode,
    GraphQLError,
    SelectionSetNode,
)

_INTROSPECTION = frozenset({"__schema", "__type"})


class NoEmptySelections(ASTValidationRule):
    """Braces with nothing in them: graphql-core lets them pass, the specification does not."""

    def enter_selection_set(self, node: SelectionSetNode, *_args: Any) -> None:
        """Check one pair of braces."""
        if not node.selections:
            self.report_error(GraphQLError("A selection set must select something.", node))


class NoIntrospection(ASTValidationRule):
    """`__schema` and `__type`, where introspection is turned off; `__typename` stays."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Check one field."""
        if node.name.value in _INTROSPECTION:
            extensions = {"code": "INTROSPECTION_DISABLED"}
            message = "Introspection is turned off."
            self.report_error(GraphQLError(message, node, extensions=extensions))
