"""The played Dodo answers what the OpenAPI file says, whatever it is asked."""

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
"""Left out: positive_data_acceptance, for the file cannot say that a product is free or an order
complete; unsupported_method, for the file knows no 405; ignored_auth, which test_app.py covers."""

REFUSALS = ["404", "405", "410", "422"]
"""What a call that does not fit the file may be answered."""

KNOWN_COLLECTIONS = ["Kestrel Desk", "Kestrel CRM 2024"]
"""One that is live and one that is archived; few enough for ids of one path to fit together."""


def _document() -> dict[str, Any]:
    document: dict[str, Any] = schemathesis.openapi.from_path(FILE).raw_schema
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method != "parameters":
                _add_statuses_of_every_page(operation["responses"])
    _name_real_ids(document["components"])
    del document["security"]  # or else a call without a key, which gets one here, should fail
    return document


def _add_statuses_of_every_page(responses: dict[str, Any]) -> None:
    # The vendor's error guide lists them once for all; its endpoint pages print only a part.
    refusal = responses["401"]
    for status in ("404", "410", "422"):
        responses.setdefault(status, refusal)


def _name_real_ids(components: dict[str, Any]) -> None:
    # Without these, every generated id would be unknown and nothing but 404 be seen.
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
    live = [key for key, product in products.items() if not product["archived"]]
    archived = [key for key, product in products.items() if product["archived"]]
    return [*live[::-9], archived[0]]  # the last 30 live ones are in no collection


def _config() -> SchemathesisConfig:
    generation = {"deterministic": True, "max-examples": 20, "database": "none"}
    checks = {"negative_data_rejection": {"expected-statuses": REFUSALS}}
    return SchemathesisConfig.from_dict({"generation": generation, "checks": checks})


schema = schemathesis.openapi.from_dict(_document(), config=_config())
schema.app = DODO


@schema.parametrize()
def test_every_answer_is_in_the_file(case: schemathesis.Case[Any]) -> None:
    answer = case.call(headers={"Authorization": "Bearer sk_test_sandbox"})
    if case.method != "GET" and answer.status_code < 300:
        DODO.reset()  # every case meets the same catalogue; refused ones leave it as it is
    case.validate_response(answer, checks=CHECKS)
