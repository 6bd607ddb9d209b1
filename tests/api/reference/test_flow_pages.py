"""Flows as pages: an edition as a graph, the next one looked at with the projects that keep theirs, then published."""

from __future__ import annotations

import pytest

from domain.core.ledger import Actor, Role
from domain.examples.zone import FLOW_NAME, HEAD, ZONE_NAME
from domain.flow.state import Flow, stream_of
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door
from tests.api.reference.conftest import ReferenceForms

AUDITOR = Actor("sun.yu", "audit", Role.AUDITOR)
PAGE = f"/admin/flows/{FLOW_NAME}"
NEXT = {
    "catalogue": ZONE_NAME,
    "kinds": "manufacturing research",
    "phases": "access,入区咨询与立项,Entry,15\nconstruction,开工建设,Construction,30",
    "steps": "consultation,zone-01,access\nland-permit,land-01,construction,,,consultation,,,1",
}


@pytest.fixture
def forms(door: Door) -> ReferenceForms:
    return ReferenceForms(door, "flows", FLOW_NAME)


async def test_an_edition_is_drawn_with_what_it_changed(door: Door) -> None:
    page = (await door.get(PAGE, HEAD)).text
    assert page.count('class="node ') == 3 + 2  # the legend has two
    assert page.count('<path class="diamond"') == 2  # the graph, and the legend
    assert "按本流程办理的项目" in page
    assert "研发" in (await door.get(PAGE, HEAD, edition="1", kind="research")).text
    assert (await door.get(PAGE, HEAD, kind="nothing")).status_code == 400
    assert (await door.get("/admin/flows/none", HEAD)).status_code == 404


async def test_the_next_edition_is_published_after_its_effect_was_seen(
    forms: ReferenceForms, approvals: Approvals
) -> None:
    seen = await forms.reviewed("publish", HEAD, **NEXT)
    assert "发布审批流程第 3 版" in seen
    assert '与上一版不同的环节 <small class="number">2</small>' in seen
    assert '按本流程办理的项目 <small class="number">1</small>' in seen
    page = await forms.pressed("publish", HEAD, seen)
    assert "已记入台账，第" in page
    flow = await approvals.state(stream_of(FLOW_NAME))
    assert isinstance(flow, Flow)
    assert [step.step for step in flow.edition().steps] == ["consultation", "land-permit"]
    assert flow.edition().steps[1].milestone


async def test_a_circle_is_refused_step_by_step_and_the_rows_are_kept(forms: ReferenceForms) -> None:
    steps = "consultation,zone-01,access,,,land-permit\nland-permit,land-01,access,,,consultation"
    refused = await forms.sent("publish", HEAD, **NEXT | {"steps": steps})
    assert "前置条件互相等待，形成循环" in refused.text
    assert "consultation requires land-permit requires consultation" in refused.text
    assert steps in refused.text
    wide = await forms.sent("publish", HEAD, "en", **NEXT | {"steps": "a,b,c,d,e,f,g,h,i,j"})
    assert "has 10 columns" in wide.text
    assert "access-denied" not in wide.text


async def test_a_file_takes_the_place_of_the_fields(forms: ReferenceForms) -> None:
    file = f"""catalogue = "{ZONE_NAME}"
kinds = ["research"]
phases = [{{code = "access", limit_days = 9}}]
steps = [{{step = "consultation", item = "zone-01", phase = "access", requires_any = []}}]"""
    seen = await forms.reviewed("publish", HEAD, file=file, **dict.fromkeys(NEXT, ""))
    assert 'name="phases" value="access,,,9"' in seen
    assert "is no" not in seen
    wrong = await forms.sent("publish", HEAD, file="steps = [", **NEXT)
    assert "有一项填写不正确" in wrong.text


async def test_others_read_flows_and_see_who_publishes(forms: ReferenceForms, door: Door) -> None:
    page = (await door.get(PAGE, AUDITOR)).text
    assert "有权的是：监察局（全区）" in page
    assert "/admin/acts/" not in page
    assert "按权限表" in (await forms.sent("publish", AUDITOR, **NEXT)).text
    assert "example-flow" in (await door.get("/admin/flows", AUDITOR, lang="en")).text
