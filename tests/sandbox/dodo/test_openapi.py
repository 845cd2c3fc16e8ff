"""Responses to generated requests match the OpenAPI description of Dodo."""

from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks as openapi

from groupgate.sandbox.dodo import DodoSimulator

FILE = Path(__file__).parents[1] / "openapi" / "dodo.yaml"
DODO = DodoSimulator(rate_per_second=None, rate_per_minute=None, clock=lambda: 1_795_348_800.0)

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.negative_data_rejection,
]
"""Not used: positive_data_acceptance, because the file cannot state that a product is in no
collection or an order complete; unsupported_method, because the file has no 405; ignored_auth,
which test_app.py covers."""

REFUSALS = ["404", "405", "410", "422"]
"""The accepted statuses of requests that do not match the file."""

KNOWN_COLLECTIONS = ["Kestrel Desk", "Kestrel CRM 2024"]
"""An active and an archived one; with few ids, those of one path often belong together."""


def _document() -> dict[str, Any]:
    document: dict[str, Any] = schemathesis.openapi.from_path(FILE).raw_schema
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method != "parameters":
                _add_common_statuses(operation["responses"])
    _add_real_ids(document["components"])
    del document["security"]  # Requests generated without a key get one in the test.
    return document


def _add_common_statuses(responses: dict[str, Any]) -> None:
    # The vendor's error guide lists them for all endpoints; the endpoint pages list only some.
    refusal = responses["401"]
    for status in ("404", "410", "422"):
        responses.setdefault(status, refusal)


def _add_real_ids(components: dict[str, Any]) -> None:
    # Generated ids are unknown, so that without real ids every response would be 404.
    state = DODO.snapshot()
    by_name = {each["name"]: (key, each["groups"]) for key, each in state["collections"].items()}
    groups = by_name["Kestrel Desk"][1][:2]
    known = {
        "CollectionId": [by_name[name][0] for name in KNOWN_COLLECTIONS],
        "GroupId": [group["id"] for group in groups],
        "ItemId": [item["id"] for group in groups for item in group["items"]],
        "ProductId": _some_products(state["products"]),
    }
    for name, values in known.items():
        parameter = components["parameters"][name]
        parameter["schema"] = {"anyOf": [{"enum": values}, parameter["schema"]]}
    entry = components["schemas"]["GroupProduct"]["properties"]
    entry["product_id"] = {"anyOf": [{"enum": known["ProductId"]}, {"type": "string"}]}


def _some_products(products: dict[str, Any]) -> list[str]:
    active = [key for key, product in products.items() if not product["archived"]]
    archived = [key for key, product in products.items() if product["archived"]]
    return [*active[::-9], archived[0]]  # The last 30 active ones are in no collection.


def _config() -> SchemathesisConfig:
    generation = {"deterministic": True, "max-examples": 20, "database": "none"}
    checks = {"negative_data_rejection": {"expected-statuses": REFUSALS}}
    return SchemathesisConfig.from_dict({"generation": generation, "checks": checks})


schema = schemathesis.openapi.from_dict(_document(), config=_config())
schema.app = DODO


@schema.parametrize()
def test_responses_match_the_openapi_file(case: schemathesis.Case[Any]) -> None:
    response = case.call(headers={"Authorization": "Bearer sk_test_sandbox"})
    if case.method != "GET" and response.status_code < 300:
        DODO.reset()  # Every case starts with the seed; a refused write changes nothing.
    case.validate_response(response, checks=CHECKS)
