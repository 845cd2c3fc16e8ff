"""Validation with limits on the rules that take more than linear time.

Some rules look again at all fragments for each operation. graphql-core stops them too, but only
after a second.

One rule compares all fields with the same response name in pairs. Here, a check in linear time
accepts a document in which they all have the same name, arguments and type. Other documents are
left to graphql-core, with a limit on the comparisons.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    TypeInfo,
    ValidationContext,
    get_named_type,
    specified_rules,
    visit,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS
from graphql.pyutils import RefMap
from graphql.validation.validate import ValidationAbortedError
from graphql.validation.validation_context import VariableUsage, VariableUsageVisitor

from groupgate.schema.guardrails.limits import DocumentLimits, limit_exceeded
from groupgate.schema.guardrails.rules_visitor import RuleMethods, RulesVisitor

MAX_ERRORS: Final = 20
"""The most errors of one document that are reported."""

MAX_SEARCHED_CHARACTERS: Final = 20 * 16_384
"""For the line of each error, graphql-core searches the whole text again, so long texts get fewer
errors."""

MAX_SELECTIONS: Final = 2_000
"""Selections that the linear check looks at, in fragments again for each place of a spread."""

_INTROSPECTION: Final = frozenset({"__schema", "__type", "_service"})

# Almost half of all nodes are names, which no rule visits.
_VISITED_KEYS: Final = {
    kind: tuple(key for key in keys if key not in {"alias", "description", "name"})
    for kind, keys in QUERY_DOCUMENT_KEYS.items()
}

_USAGE_METHODS: Final = RuleMethods([VariableUsageVisitor])

Selections: TypeAlias = tuple[GraphQLNamedType | None, SelectionSetNode]
"""A selection set and the type that it is on."""
Field: TypeAlias = tuple[GraphQLNamedType | None, FieldNode]
"""A field and the type that it is on."""


class Validator:
    """Validates documents of one schema by the specified rules and, optionally, more rules.

    `graphql.validate` has no limits below its own, and takes twice as long.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: DocumentLimits,
        *,
        more_rules: Sequence[type[ASTValidationRule]] = (),
        suggestions: bool = True,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._rules = [*_limited_rules(limits), *more_rules]
        self._methods = RuleMethods(self._rules)
        self._suggestions = suggestions

    def validate(self, document: DocumentNode) -> list[GraphQLError]:
        """Return the errors of a document that `check_document` has accepted."""
        errors: list[GraphQLError] = []
        length = len(document.loc.source.body) if document.loc else 0
        max_errors = min(MAX_ERRORS, MAX_SEARCHED_CHARACTERS // max(1, length))

        def report(error: GraphQLError) -> None:
            if len(errors) >= max_errors:
                raise ValidationAbortedError(
                    "Too many validation errors, error limit reached. Validation aborted."
                )
            errors.append(error)

        types = TypeInfo(self._schema)
        context = _LimitedContext(
            self._schema, document, types, report, hide_suggestions=not self._suggestions
        )
        context.set_limit(self._limits.fragment_steps)
        rules = [rule(context) for rule in self._rules]
        try:
            visit(document, RulesVisitor(types, rules, self._methods), _VISITED_KEYS)
        except ValidationAbortedError as error:
            error.__context__ = None  # it would keep the validation in memory
            errors.append(error.with_traceback(None))
        except RecursionError:
            errors.append(ValidationAbortedError("Validation aborted."))
        return errors


class _LimitedContext(ValidationContext):
    """The context of the rules, with a limit on the steps through fragments."""

    _variable_usages: Any
    _recursive_variable_usages: Any
    _fragment_spreads: Any

    def set_limit(self, steps: int) -> None:
        """Set the number of steps."""
        self._steps_left = self._steps = steps
        # graphql-core's dicts hash nodes by value: each access traverses a whole definition.
        self._variable_usages = RefMap()
        self._recursive_variable_usages = RefMap()
        self._fragment_spreads = RefMap()

    def spend_fragment_work(self, cost: int) -> None:
        """Count steps; report an error and abort the validation if they are used up."""
        self._steps_left -= cost
        if self._steps_left < 0:
            self.report_error(_too_many_fragment_steps(self._steps))
            raise ValidationAbortedError("Validation aborted.")

    def get_variable_usages(
        self, node: OperationDefinitionNode | FragmentDefinitionNode
    ) -> list[VariableUsage]:
        """Return the variables in a definition, without visiting the nodes of names."""
        usages: list[VariableUsage] | None = self._variable_usages.get(node)
        if usages is None:
            fragment = node if isinstance(node, FragmentDefinitionNode) else None
            visitor = VariableUsageVisitor(self._type_info, fragment)
            if _has_dollar(node):
                types = RulesVisitor(self._type_info, [visitor], _USAGE_METHODS)
                visit(node, types, _VISITED_KEYS)
            usages = self._variable_usages[node] = visitor.usages
        return usages


def _has_dollar(node: OperationDefinitionNode | FragmentDefinitionNode) -> bool:
    """True if the text of a definition has the character that begins every variable."""
    return node.loc is None or "$" in node.loc.source.body[node.loc.start : node.loc.end]


def _limited_rules(limits: DocumentLimits) -> Sequence[type[ASTValidationRule]]:
    """Return the specified rules, with limits on the one that compares fields."""
    limited = overlapping_fields_rule(limits)
    return [
        limited if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
    ]


def _too_many_fragment_steps(allowed: int) -> GraphQLError:
    return limit_exceeded(
        "fragment_steps",
        allowed + 1,
        allowed,
        "The document has too many operations that share fragments; send fewer operations.",
    )


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


class NoEmptySelections(ASTValidationRule):
    """Rejects `{}` as a selection set; graphql-core accepts it, the specification does not."""

    def enter_selection_set(self, node: SelectionSetNode, *_args: Any) -> None:
        """Check one selection set."""
        if not node.selections:
            self.report_error(GraphQLError("A selection set must not be empty.", node))


class NoIntrospection(ASTValidationRule):
    """Rejects `__schema`, `__type` and `_service`, for a gateway without introspection."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Check one field."""
        if node.name.value in _INTROSPECTION:
            extensions = {"code": "INTROSPECTION_DISABLED"}
            message = "Introspection is disabled."
            self.report_error(GraphQLError(message, node, extensions=extensions))
