"""Compiled queries: each document is turned once into a plan, which runs faster than graphql-core.

The plan covers queries that succeed. Anything else goes to graphql-core, which stays the reference:
mutations, introspection, and every query in which a field fails. A failed query is then executed a
second time; its reads are answered by the request's memo, so no vendor is called again.
"""

from groupgate.app.compiled.cache import QueryPlans
from groupgate.app.compiled.run import QueryPlan

__all__ = ["QueryPlan", "QueryPlans"]
