"""The played Axim answers what the OpenAPI file says, whatever it is asked."""

from pathlib import Path
from typing import Any

import hypothesis
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks as openapi

from groupgate.sandbox.axim import AximSimulator

FILE = Path(__file__).parents[1] / "openapi" / "axim.yaml"
AXIM = AximSimulator(prefix="/open-api/api", clock=lambda: 0.0)

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.ignored_auth,
]
"""Left out: negative_data_rejection, for a limit above its maximum is cut down, not refused;
positive_data_acceptance, for the file cannot say that a name is not blank or a product exists;
unsupported_method, for the file knows no 405."""


def _document() -> dict[str, Any]:
    document: dict[str, Any] = schemathesis.openapi.from_path(FILE).raw_schema
    paths = document["paths"]
    # The pages of these two stop before their table of statuses; a 400 as the list has is assumed.
    refusal = paths["/productGroup/all"]["get"]["responses"]["400"]
    for path in ("/productGroup/{productGroup_id}", "/products"):
        paths[path]["get"]["responses"]["400"] = refusal
    _name_real_ids(document["components"])
    _tell_what_a_product_needs(document["components"]["schemas"]["WriteProduct"])
    return document


def _name_real_ids(components: dict[str, Any]) -> None:
    # Without these, every generated id would be unknown and nothing but 404 be seen.
    ids = {kind: [each["id"] for each in AXIM.snapshot()[kind]][::9] for kind in AXIM.snapshot()}
    group, product = ({"anyOf": [{"enum": ids[kind]}, {"type": "string"}]} for kind in ids)
    components["parameters"]["ProductGroupId"]["schema"] = group
    components["parameters"]["ProductId"]["schema"] = product
    changes = components["schemas"]["UpdateProductGroup"]["properties"]
    changes["products"]["items"] = changes["productsToRemove"]["items"] = product


def _tell_what_a_product_needs(schema: dict[str, Any]) -> None:
    # No page says so; without it nearly every generated product would be refused.
    schema["required"] = ["name", "sku"]
    schema["properties"]["price"]["pattern"] = r"^[0-9]{1,6}(\.[0-9]{1,2})?$"


def _config() -> SchemathesisConfig:
    generation = {"deterministic": True, "max-examples": 25, "database": "none"}
    return SchemathesisConfig.from_dict({"generation": generation})


schema = schemathesis.openapi.from_dict(_document(), config=_config())
schema.app = AXIM


@schema.parametrize()
def test_every_answer_is_in_the_file(case: schemathesis.Case[Any]) -> None:
    hypothesis.assume(case.path_parameters.get("productGroup_id") != "all")  # the list's own path
    AXIM.reset()
    headers = {"accessToken": "axim-sandbox-token"}
    case.call_and_validate(headers=headers, checks=CHECKS)
