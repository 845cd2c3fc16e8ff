"""The README's table of settings, metrics and alerts names what there is."""

import re
from pathlib import Path
from typing import Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.app.metrics.scraped import scraped

REPOSITORY: Final = Path(__file__).parents[3]
README: Final = (REPOSITORY / "README.md").read_text(encoding="utf-8")
TABLE: Final = README.partition("## Metrics\n")[2].partition("## Traces\n")[0]
RULES: Final = REPOSITORY / "deploy" / "helm" / "groupgate" / "files" / "alerts.yaml"
# Only with a server, and only with Redis.
ELSEWHERE: Final = {"groupgate_open_connections", "groupgate_store_up"}


@pytest.mark.anyio
async def test_the_table_has_every_metric_and_no_other() -> None:
    async with scraped() as gateway:
        text = (await gateway.http.get("/metrics")).text
    families = [
        f"{one.name}_total" if one.type == "counter" else one.name
        for one in text_string_to_metric_families(text)
    ]
    own = {name for name in families if name.startswith("groupgate_")}
    assert set(re.findall(r"`(groupgate_\w+)", TABLE)) == own | ELSEWHERE
    assert set(re.findall(r"`(process_\w+)", TABLE)) <= set(families)


def test_the_table_has_every_alert_and_no_other() -> None:
    alerts = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))
    assert sorted(re.findall(r"\bGroupgate\w+", TABLE)) == sorted(alerts)
