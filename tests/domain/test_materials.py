"""申请材料: a stored file attached to one item or many, once each, by those who hand papers in; and detached."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import structs

from domain.core.ledger import Actor
from domain.messages import AnyCommand, AnyFact
from domain.project.application.correction import EntryRetracted
from domain.project.application.delivery import DecisionDelivered
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.materials.attachment import AttachMaterial, DetachMaterial, MaterialAttached, MaterialDetached
from domain.project.state.materials import MATERIALS_MAX, SIZE_MAX, Material
from tests.examples import (
    APPLICANT,
    BUREAU,
    FEED,
    IMPORTER,
    LAND,
    LEADER,
    MANAGER,
    REGISTERED,
    WATER,
    completed,
    declined,
    submitted,
    under_examination,
)
from tests.spec import given

DIGEST, OTHER = "0a" * 32, "b1" * 32
ATTACH = AttachMaterial(digest=DIGEST, name="总平面图.pdf", media_type="application/pdf", size=7, items=("land",))
ATTACHED = MaterialAttached(digest=DIGEST, name="总平面图.pdf", media_type="application/pdf", size=7, items=("land",))
DETACH = DetachMaterial(digest=DIGEST, reasons="the wrong plan")
DETACHED = MaterialDetached(digest=DIGEST, items=("land",), reasons="the wrong plan")


@pytest.mark.parametrize("by", [APPLICANT, MANAGER, LAND, WATER, IMPORTER], ids=lambda by: f"{by.role}-{by.department}")
def test_the_enterprise_its_manager_and_any_window_attach(by: Actor) -> None:
    project = given(REGISTERED).when(ATTACH, by=by).then(ATTACHED).state()

    assert project.materials == {DIGEST: Material(7, {"land": 2})}


@pytest.mark.parametrize("by", [BUREAU, LEADER, FEED], ids=lambda by: by.role)
def test_who_only_looks_attaches_nothing(by: Actor) -> None:
    given(REGISTERED).when(ATTACH, by=by).refused("wrong-role")
    given(REGISTERED, ATTACHED).when(DETACH, by=by).refused("wrong-role")


def test_one_submission_serves_many_departments() -> None:
    many = structs.replace(ATTACH, items=("land", "discharge", "land", "site-plan"), source="window 3")
    items = ("land", "discharge", "site-plan")

    project = (
        given(REGISTERED).when(many, by=LAND).then(structs.replace(ATTACHED, items=items, source="window 3")).state()
    )

    assert project.materials[DIGEST].items == dict.fromkeys(items, 2)


def test_an_attached_file_is_used_again_by_one_fact() -> None:
    further = structs.replace(ATTACH, items=("discharge", "tax"), name="plan again.pdf")

    project = (
        given(REGISTERED, ATTACHED)
        .when(further, by=WATER)
        .then(structs.replace(ATTACHED, items=("discharge", "tax"), name="plan again.pdf"))
        .state()
    )

    assert project.materials == {DIGEST: Material(7, {"land": 2, "discharge": 3, "tax": 3})}


def test_a_file_is_attached_to_an_item_once() -> None:
    both = structs.replace(ATTACH, items=("discharge", "land"))

    refusal = (
        given(REGISTERED, ATTACHED).when(both, by=APPLICANT).refused("material-attached", "already attached to land")
    )
    assert refusal.details["items"] == ("land",)
    given(REGISTERED, ATTACHED, DETACHED).when(ATTACH, by=APPLICANT).then(ATTACHED)
    given(REGISTERED, ATTACHED).when(structs.replace(ATTACH, digest=OTHER), by=LAND).then(
        structs.replace(ATTACHED, digest=OTHER)
    )


def test_only_items_of_the_project() -> None:
    given(REGISTERED).when(structs.replace(ATTACH, items=("land", "moon")), by=LAND).refused("unknown-item", "moon")
    given(REGISTERED).when(structs.replace(ATTACH, items=()), by=LAND).refused("nothing-chosen")
    given(REGISTERED).when(structs.replace(ATTACH, items=(" ",)), by=LAND).refused("nothing-chosen")
    given().when(ATTACH, by=LAND).refused("not-registered")


@pytest.mark.parametrize(
    "facts",
    [
        (submitted(), ItemWithdrawn(item="land")),
        (submitted(), declined()),
        (*under_examination(), completed()),
        (*under_examination(), completed(), DecisionDelivered(item="land", method="window", recipient="chen")),
    ],
    ids=["withdrawn", "declined", "completed", "delivered"],
)
def test_what_is_over_takes_only_later_evidence(facts: tuple[AnyFact, ...]) -> None:
    both = structs.replace(ATTACH, items=("discharge", "land"))

    refusal = given(REGISTERED, *facts).when(both, by=MANAGER).refused("material-late", "land is")
    assert refusal.details["items"] == ("land",)
    given(REGISTERED, *facts).when(structs.replace(both, later_evidence=True), by=MANAGER).then(
        structs.replace(ATTACHED, items=("discharge", "land"), late=("land",))
    )


@pytest.mark.parametrize("facts", [(), (submitted(),), under_examination()])
def test_what_is_open_takes_materials(facts: tuple[AnyFact, ...]) -> None:
    given(REGISTERED, *facts).when(structs.replace(ATTACH, later_evidence=True), by=APPLICANT).then(ATTACHED)


@pytest.mark.parametrize(
    "unsound",
    [
        structs.replace(ATTACH, digest="0A" * 32),
        structs.replace(ATTACH, digest="0a" * 31),
        structs.replace(ATTACH, digest=DIGEST + "\n"),
        structs.replace(ATTACH, media_type="pdf"),
        structs.replace(ATTACH, media_type="application/pdf; charset=utf-8"),
        structs.replace(ATTACH, size=0),
        structs.replace(ATTACH, size=SIZE_MAX + 1),
    ],
)
def test_a_material_is_named_by_the_answer_to_its_upload(unsound: AttachMaterial) -> None:
    given(REGISTERED).when(unsound, by=IMPORTER).refused("material-unsound")
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(unsound), type=AnyCommand)


def test_one_content_has_one_size() -> None:
    other = structs.replace(ATTACH, items=("discharge",), size=8)

    given(REGISTERED, ATTACHED).when(other, by=LAND).refused("material-unsound", "7 bytes, not 8")


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", ".", "..", "../plan.pdf", "a/b", "a\\b", "C:plan.pdf", "plan.pdf ", "plan.", ".plan", "a" * 201),
        *("plan\n.pdf", "plan\x00", "plan\x7f.pdf", "plan\u202efdp.exe", "plan\u200b.pdf", "plan\u2028", "a*", 'a"b'),
        *("plan\ufe0f.pdf", "plan\u3164.pdf", "plan\u2800", "plan\uffff.pdf", "plan\ue000.pdf"),
    ],
)
def test_a_name_is_a_plain_file_name(name: str) -> None:
    given(REGISTERED).when(structs.replace(ATTACH, name=name), by=LAND).refused("file-name-unsound")


@pytest.mark.parametrize("name", ["a", "竣工测绘报告（2026）.pdf", "plan v1.2 (final)", "图" * 200, "𠮷野家.png"])
def test_names_in_any_script_are_plain(name: str) -> None:
    given(REGISTERED).when(structs.replace(ATTACH, name=name), by=LAND).then(structs.replace(ATTACHED, name=name))


def test_detaching_takes_a_file_from_the_named_items_or_from_all() -> None:
    everywhere = structs.replace(ATTACHED, items=("land", "discharge"))

    project = given(REGISTERED, everywhere).when(structs.replace(DETACH, items=("land",)), by=LAND).then(DETACHED)
    assert project.state().materials == {DIGEST: Material(7, {"discharge": 2})}
    project = given(REGISTERED, everywhere).when(DETACH, by=LAND)
    assert project.then(structs.replace(DETACHED, items=("land", "discharge"))).state().materials == {}


def test_only_what_is_attached_is_detached_and_never_without_reasons() -> None:
    given(REGISTERED).when(DETACH, by=LAND).refused("material-not-attached", "any item")
    given(REGISTERED, ATTACHED, DETACHED).when(DETACH, by=LAND).refused("material-not-attached")
    given(REGISTERED, ATTACHED).when(structs.replace(DETACH, items=("tax",)), by=LAND).refused(
        "material-not-attached", "tax"
    )
    given(REGISTERED, ATTACHED).when(structs.replace(DETACH, reasons=" "), by=LAND).refused("reasons-missing")


def test_the_enterprise_takes_back_only_what_it_brought_and_only_while_the_item_is_open() -> None:
    given(REGISTERED, (APPLICANT, ATTACHED)).when(DETACH, by=APPLICANT).then(DETACHED)
    given(REGISTERED, (LAND, ATTACHED)).when(DETACH, by=APPLICANT).refused("material-not-yours")
    decided = (REGISTERED, (APPLICANT, ATTACHED), *under_examination(), completed())
    given(*decided).when(DETACH, by=APPLICANT).refused("material-late")
    given(*decided).when(DETACH, by=MANAGER).then(DETACHED)


def test_a_project_has_so_many_files_and_no_more() -> None:
    files = [structs.replace(ATTACHED, digest=f"{number:064x}") for number in range(MATERIALS_MAX)]
    full = given(REGISTERED, *files)

    full.when(ATTACH, by=LAND).refused("too-many-materials")
    again = structs.replace(ATTACH, digest=f"{0:064x}", items=("tax",))
    full.when(again, by=LAND).then(structs.replace(ATTACHED, digest=f"{0:064x}", items=("tax",)))


def test_a_retracted_attachment_counts_no_longer_and_its_detachment_harms_nothing() -> None:
    retracted = EntryRetracted(version=2, item="", reasons="wrong project")

    assert given(REGISTERED, ATTACHED, retracted).state().materials == {}
    given(REGISTERED, ATTACHED, DETACHED, retracted).when(ATTACH, by=LAND).then(ATTACHED)
