"""What Dodo makes of mutations: ordered groups in collections, and each product in one at most."""

from collections.abc import Mapping

from tests.e2e.model import dodo_collections, dodo_groups
from tests.e2e.model.ruling import Rule

RULES: Mapping[str, Rule] = {**dodo_groups.RULES, **dodo_collections.RULES}
