"""The played 2Checkout answers what the OpenAPI file says, whatever it is asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks as openapi

from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

FILE = Path(__file__).parents[1] / "openapi" / "twocheckout.yaml"
TWO_CHECKOUT = TwoCheckoutSimulator(prefix="/rest/6.0", clock=lambda: 1_592_467_546.0)

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.ignored_auth,
]
"""Left out: negative_data_rejection, for a limit above its maximum is cut down and a code that is
sent is ignored; positive_data_acceptance, for the file cannot say that a name is new or a product
exists; unsupported_method, for the file leaves a 405 to its default answer."""


def _document() -> dict[str, Any]:
    document: dict[str, Any] = schemathesis.openapi.from_path(FILE).raw_schema
    parameters = document["components"]["parameters"]
    # Without real codes, every generated one would be unknown and nothing but 404 be seen.
    snapshot = TWO_CHECKOUT.snapshot()
    groups = [group["Code"] for group in snapshot["groups"]]
    products = [product["ProductCode"] for product in snapshot["products"]][::-9]
    for name, codes in (("ProductGroupCode", groups), ("ProductCode", products)):
        parameters[name]["schema"] = {"anyOf": [{"enum": codes}, {"type": "string"}]}
    return document


def _config() -> SchemathesisConfig:
    generation = {"deterministic": True, "max-examples": 25, "database": "none"}
    return SchemathesisConfig.from_dict({"generation": generation})


schema = schemathesis.openapi.from_dict(_document(), config=_config())
schema.app = TWO_CHECKOUT


@schema.parametrize()
def test_every_answer_is_in_the_file(
    case: schemathesis.Case[Any], sign: Callable[..., str]
) -> None:
    TWO_CHECKOUT.reset()
    case.call_and_validate(headers={"X-Avangate-Authentication": sign()}, checks=CHECKS)
