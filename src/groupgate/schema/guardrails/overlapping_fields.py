"""The rule on fields with the same response name, with limits on its time.

graphql-core compares all such fields in pairs, which takes quadratic time. Here, a check in linear
time accepts a document in which they all have the same name, arguments and type. Other documents
are left to graphql-core, with a limit on the comparisons.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    ValidationContext,
    get_named_type,
)
from graphql.validation.validate import ValidationAbortedError

from groupgate.schema.guardrails.limits import DocumentLimits, limit_exceeded

MAX_SELECTIONS: Final = 2_000
"""Selections that the linear check looks at, in fragments again for each place of a spread."""

Selections: TypeAlias = tuple[GraphQLNamedType | None, SelectionSetNode]
"""A selection set and the type that it is on."""
Field: TypeAlias = tuple[GraphQLNamedType | None, FieldNode]
"""A field and the type that it is on."""


def overlapping_fields_rule(
    limits: DocumentLimits,
) -> type[OverlappingFieldsCanBeMergedRule]:
    """Return the rule with `limits.comparisons` applied."""

    class LimitedRule(OverlappingFieldsCanBeMergedRule):
        """Overlapping fields can be merged, and comparing them takes a limited number of steps."""

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = limits.comparisons
            self._are_equal = EqualFieldsCheck(context).are_equal()

        def enter_selection_set(self, *args: Any) -> None:
            """Compare the fields; report an error if the steps are used up."""
            if self._are_equal:
                return
            try:
                super().enter_selection_set(*args)
            except ValidationAbortedError:
                # Validation is also aborted when there are too many errors.
                if self.rule_context.remaining_complexity_budget < 0:
                    self.report_error(_too_many_comparisons(limits.comparisons))
                raise

    return LimitedRule


def _too_many_comparisons(allowed: int) -> GraphQLError:
    return limit_exceeded(
        "comparisons",
        allowed + 1,
        allowed,
        "The document selects the same fields too many times in one place; select each field once.",
    )


class EqualFieldsCheck:
    """Checks if all fields with the same response name have the same name, arguments and type.

    Such fields can be merged, whatever types they are on. Arguments are compared as text.
    """

    def __init__(self, context: ValidationContext) -> None:
        self._context = context
        self._left = MAX_SELECTIONS
        self._spread: set[str] = set()

    def are_equal(self) -> bool:
        """Return False if some fields are not equal, or the document is too large to find out."""
        schema = self._context.schema
        for node in self._context.document.definitions:
            if isinstance(node, OperationDefinitionNode):
                root = schema.get_root_type(node.operation)
                if not self._are_equal_in((root, node.selection_set)):
                    return False
        for node in self._context.document.definitions:
            if isinstance(node, FragmentDefinitionNode) and node.name.value not in self._spread:
                type_ = schema.get_type(node.type_condition.name.value)
                if not self._are_equal_in((type_, node.selection_set)):
                    return False
        return True

    def _are_equal_in(self, root: Selections) -> bool:
        pending = [[root]]
        while pending:
            by_response_name = self._by_response_name(pending.pop())
            if self._left < 0:
                return False
            for fields in by_response_name.values():
                if len(fields) > 1 and len({_key(*field) for field in fields}) > 1:
                    return False
                below = [
                    (_type_below(parent, node), node.selection_set)
                    for parent, node in fields
                    if node.selection_set
                ]
                if below:
                    pending.append(below)
        return True

    def _by_response_name(self, selections: Sequence[Selections]) -> Mapping[str, list[Field]]:
        """Return the fields in selection sets that are executed on the same objects."""
        found: dict[str, list[Field]] = defaultdict(list)
        spread: set[str] = set()
        pending = list(selections)
        while pending and self._left >= 0:
            parent, selection_set = pending.pop()
            self._left -= len(selection_set.selections)
            for node in selection_set.selections:
                if isinstance(node, FieldNode):
                    found[(node.alias or node.name).value].append((parent, node))
                elif isinstance(node, InlineFragmentNode):
                    on = node.type_condition
                    type_ = self._context.schema.get_type(on.name.value) if on else parent
                    pending.append((type_, node.selection_set))
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self._context.get_fragment(node.name.value)
                    if fragment:
                        on = fragment.type_condition
                        type_ = self._context.schema.get_type(on.name.value)
                        pending.append((type_, fragment.selection_set))
        self._spread |= spread
        return found


def _key(parent: GraphQLNamedType | None, node: FieldNode) -> Sequence[str]:
    """Return what two fields must have in common."""
    if any(directive.name.value == "stream" for directive in node.directives or ()):
        return (str(id(node)),)  # such fields are compared by graphql-core only
    arguments = sorted(
        f"{argument.name.value}:{_text(argument.value)}" for argument in node.arguments or ()
    )
    return (node.name.value, str(_output_type(parent, node)), *arguments)


def _text(node: Node) -> str:
    return node.loc.source.body[node.loc.start : node.loc.end] if node.loc else str(id(node))


def _output_type(parent: GraphQLNamedType | None, node: FieldNode) -> GraphQLOutputType | None:
    if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        return None
    field = parent.fields.get(node.name.value)
    return field.type if field else None


def _type_below(parent: GraphQLNamedType | None, node: FieldNode) -> GraphQLNamedType | None:
    type_ = _output_type(parent, node)
    return get_named_type(type_) if type_ else None
