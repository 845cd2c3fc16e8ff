"""The audit log: which mutations have a line, and what it says."""

import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from groupgate.app.audit import AuditLog, outcome_of
from groupgate.configuration.model import Misconfigured
from groupgate.domain.refs import ProviderKey
from groupgate.observer import EndedRequest, Write
from groupgate.sandbox import simulator
from tests.app.metrics.scraped import Scraped, scraped

pytestmark = pytest.mark.anyio

IDS = """{ provider(key: AXIM) { productCollections { nodes { id } }
  groups(first: 2) { nodes { id nativeId } } products(first: 2) { nodes { id } } } }"""
SET = """mutation Set($group: ID!, $products: [ID!]!, $dry: Boolean = false) {
  ...change }
fragment change on Mutation {
  groupSetProducts(id: $group, productIds: $products, dryRun: $dry) {
    plan { path } userErrors { code } } }"""


class Audited:
    """A gateway with an audit log in a file."""

    def __init__(self, gateway: Scraped, path: Path) -> None:
        self.gateway = gateway
        self.path = path

    async def ids(self) -> tuple[str, str, list[str]]:
        """Return the id of a group, its id at Axim, and the ids of two products."""
        data = (await self.gateway.send(IDS)).json()["data"]["provider"]
        group = data["groups"]["nodes"][0]
        return group["id"], group["nativeId"], [one["id"] for one in data["products"]["nodes"]]

    async def send(self, query: str, variables: dict[str, Any], **headers: str) -> Any:
        """Send a mutation; return its response."""
        body = {"query": query, "variables": variables}
        given = {"x-request-id": "r1", **headers}
        return (await self.gateway.http.post("/graphql", json=body, headers=given)).json()

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines, without their times."""
        lines = [json.loads(line) for line in self.path.read_text("utf-8").splitlines()]
        assert all(line.pop("timestamp").endswith("Z") for line in lines)
        return lines


async def test_a_mutation_that_changed_something_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    async with scraped(audit_log=str(path), log_level="error") as gateway:
        audited = Audited(gateway, path)
        group, native_id, products = await audited.ids()
        variables = {"group": group, "products": products}
        await audited.send(SET, variables | {"dry": True})
        assert audited.lines() == []
        answer = await audited.send(SET, variables)
        assert answer["data"]["groupSetProducts"]["userErrors"] == []
        assert audited.lines() == [
            {
                "event": "mutation",
                "request_id": "r1",
                "caller": "anonymous",
                "operation": "Set",
                "ids": [group, *products],
                "writes": [
                    {
                        "provider": "AXIM",
                        "method": "PUT",
                        "path": f"/productGroup/{native_id}",
                        "outcome": "APPLIED",
                    }
                ],
                "outcome": "APPLIED",
                "status": 200,
                "codes": [],
            }
        ]


async def test_a_refused_or_replayed_mutation_has_no_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    async with scraped(audit_log=str(path)) as gateway:
        audited = Audited(gateway, path)
        group, _, products = await audited.ids()
        await audited.send(SET, {"group": group, "products": [products[0], products[0]]})
        await audited.send(SET, {"group": "x", "products": products})
        assert audited.lines() == []
        for _ in range(2):
            variables = {"group": group, "products": products}
            await audited.send(SET, variables, **{"Idempotency-Key": "k"})
        assert len(audited.lines()) == 1


async def test_a_write_without_a_known_outcome_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.log"
    async with scraped(audit_log=str(path)) as gateway:
        audited = Audited(gateway, path)
        group, _, products = await audited.ids()
        respond = gateway.sandbox.axim.respond

        def fail_writes(request: simulator.Request) -> simulator.Response:
            failed = simulator.Response(status=500)
            return respond(request) if request.method == "GET" else failed

        monkeypatch.setattr(gateway.sandbox.axim, "respond", fail_writes)
        await audited.send(SET, {"group": group, "products": products})
        (line,) = audited.lines()
    assert (line["outcome"], line["codes"]) == ("UNKNOWN", ["UPSTREAM_UNAVAILABLE"])
    assert [write["outcome"] for write in line["writes"]] == ["UNKNOWN"]


async def test_ids_in_input_objects_lists_and_literals_are_found(tmp_path: Path) -> None:
    """The argument of a field of the payload is not one of them."""
    path = tmp_path / "audit.log"
    async with scraped(audit_log=str(path)) as gateway:
        audited = Audited(gateway, path)
        group, _, products = await audited.ids()
        mutation = """mutation { groupAssignProducts(id: "%s", productIds: ["%s"]) {
          group { hasProduct(id: "%s") } } }"""
        await audited.send(mutation % (group, products[1], products[0]), {})
        (line,) = audited.lines()
    assert (line["ids"], line["operation"]) == ([group, products[1]], "")


@pytest.mark.parametrize(
    ("outcomes", "outcome"),
    [
        ([], "NOT_APPLIED"),
        (["NOT_APPLIED"], "NOT_APPLIED"),
        (["APPLIED", "APPLIED"], "APPLIED"),
        (["APPLIED", "NOT_APPLIED"], "PARTLY_APPLIED"),
        (["APPLIED", "UNKNOWN"], "UNKNOWN"),
    ],
)
def test_the_outcome_is_that_of_all_writes(outcomes: list[str], outcome: str) -> None:
    writes = [
        Write(provider=ProviderKey.AXIM, method="PUT", path="/", outcome=one) for one in outcomes
    ]
    assert outcome_of(writes) == outcome


CHANGED = EndedRequest(
    request_id="r1",
    status=200,
    milliseconds=1,
    writes=(Write(provider=ProviderKey.DODO, method="POST", path="/a", outcome="APPLIED"),),
)


def test_the_file_may_be_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    log = AuditLog(str(path), lambda: None)
    log.request_ended(CHANGED)
    path.rename(tmp_path / "audit.log.1")
    log.request_ended(CHANGED)
    log.close()
    for name in ("audit.log", "audit.log.1"):
        assert len((tmp_path / name).read_text("utf-8").splitlines()) == 1


def test_standard_output_is_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    AuditLog("-", lambda: None).request_ended(CHANGED)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["writes"] == [
        {"provider": "DODO", "method": "POST", "path": "/a", "outcome": "APPLIED"}
    ]


def test_a_line_that_cannot_be_written_is_logged_and_counted() -> None:
    failures: list[int] = []
    log = AuditLog("/dev/full", lambda: failures.append(1))
    with capture_logs() as logged:
        log.request_ended(CHANGED)
    log.close()
    (line,) = logged
    assert (line["event"], line["log_level"], failures) == ("audit_failed", "error", [1])
    assert json.loads(line["line"])["request_id"] == "r1"


def test_a_file_that_cannot_be_opened_is_a_wrong_setting(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "audit.log"
    with pytest.raises(Misconfigured) as raised:
        AuditLog(str(path), lambda: None)
    assert str(raised.value) == f"GROUPGATE_AUDIT_LOG: {path}: No such file or directory."
