"""An application whose every identifying thing is a word of its own, and the experts who review it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Model

from apps.accounts.models import User
from apps.calls.domain import application_submit
from apps.calls.domain.asking import question_ask
from apps.calls.domain.attachment import attachment_add
from apps.calls.domain.consent import consent_ask
from apps.calls.domain.consultation import consultation_request
from apps.calls.domain.intake import application_mark_read, application_return, staff_note_add
from apps.calls.domain.joint import joint_invite
from apps.calls.domain.outreach import visit_save
from apps.calls.enums import (
    ConflictGround,
    ConflictKind,
    ConflictSource,
    JointState,
    Outcome,
    ReviewerState,
    SeeScores,
)
from apps.calls.models import (
    AnswerVariant,
    Application,
    Call,
    CallCriterion,
    CallQuestion,
    Decision,
    OutreachVisit,
    Review,
    ReviewAssignment,
    ReviewConflict,
    Reviewer,
    ReviewerTie,
    ReviewPhase,
    ReviewScore,
)
from apps.core import clock
from apps.core.tokens import new_token
from apps.organizations.models import Membership, Organization, OrganizationDomain
from tests.calls.conftest import PLEDGES
from tests.cast import Cast
from tests.factories import files
from tests.factories.calls import ApplicationFactory, CallFactory, SubmittedFactory, complete_answers
from tests.factories.events import EventFactory, RegistrationFactory
from tests.factories.people import UserFactory

SHORT = "ケリ水測"
#: Who applies. These an expert may read once the phase no longer hides the applicant.
NAME = {"name": f"株式会社{SHORT}", "short name": SHORT}
#: Who applies, in more than a name.
APPLICANT = {
    "kana": "ケリスイソク",
    "corporate number": "8010401050387",
    "representative": "鵙谷 榛",
    "surname of the representative": "鵙谷",
    "contact": "梟木 柊",
    "surname of the contact": "梟木",
    "mail": "shu@kerisokki.example",
    "mail domain": "kerisokki",
    "phone": "076-911-2737",
    "postal code": "939-8787",
    "address": "鶲坂本町3-8-41",
    "account": "yoake@tsugumi-post.example",
    "name of the account": "夜明 つぐみ",
    "partner": "ハヤブサ大学 測る研究室",
    "partner contact": "隼田 みお",
    "partner mail": "mio@hayabusa-daigaku.example",
    "file name of the PDF": "キビタキ計画書",
    "file name of the picture": "コマドリ現場",
    "file name of the document": "ミソサザイ仕様",
}
#: What stands beside the application: only staff know it.
BESIDE = {
    "name in an earlier revision": "ヤマセミ工作所",
    "wish for correction": "カワガラスさん、日付を直してください",
    "staff note": "アカショウビン社長の弟",
    "message to the keeper": "サンコウチョウ技研の水位計です",
    "name at the briefing": "鷭野 あおい",
    "asker of a question": "toi@banken-mizu.example",
    "question as it was asked": "バンケン水道の者です",
    "talk": "ヨタカ測器の相談",
    "talk mail": "soudan@yotaka.example",
    "visit": "トラツグミ製作所",
    "note of the decision": "イカルの社だから見送り",
    "reason of the decision": "シメの実績が足りません",
    "code of the earlier application": "2019-877",
}
#: What others wrote, before the phase shows it; and what is not this expert's to read.
OTHERS = {
    "other expert": "鷦鷯 ひらく",
    "mail of the other expert": "hiraku@sazaki-univ.example",
    "affiliation of the other expert": "みそさざき工業大学",
    "comment for the city": "ウソの計画は甘い",
    "comment for the applicant": "ノゴマの期間を短く",
    "title of another application": "ジョウビタキの巣箱の温度",
    "plan of another application": "エナガの森に置く",
    "title of a forbidden application": "クイナの水路の音",
    "ground of the conflict": "シロハラ社の顧問",
}
#: What the portal takes out of files when they are uploaded: not even staff find it.
INSIDE = {
    "author of the PDF": "Pdf Ugui",
    "artist of the picture": "Hana Yamada",
    "author of the document": "Docx Haze",
    "company of the document": "Gobiworks",
}
#: What only the applicant's own pages show.
OWN = {"other text": "オオルリの別の文"}
STORED = NAME | APPLICANT | BESIDE | OTHERS
MARKERS = STORED | INSIDE | OWN
FILES = {
    "キビタキ計画書.pdf": files.plain_pdf(author=INSIDE["author of the PDF"]),
    "コマドリ現場.jpg": files.gps_jpeg(),
    "ミソサザイ仕様.docx": files.office(
        {
            "docProps/core.xml": "<cp:coreProperties xmlns:cp='c' xmlns:dc='d'><dc:creator>Docx Haze"
            "</dc:creator></cp:coreProperties>",
            "docProps/app.xml": "<Properties><Company>Gobiworks</Company></Properties>",
            "word/document.xml": '<w:document xmlns:w="w"><w:ins w:id="1" w:author="Docx Haze">'
            "<w:t>水位を測る</w:t></w:ins></w:document>",
        }
    ),
}


@dataclass
class Scene:
    """``marked`` is to be reviewed by ``reviewer`` (the cast's); ``forbidden`` is in conflict."""

    cast: Cast
    call: Call
    phase: ReviewPhase
    marked: Application
    unassigned: Application
    forbidden: Application
    reviewer: Reviewer
    other: Reviewer
    rows: list[Model]


def make_scene(cast: Cast) -> Scene:
    call = CallFactory.create(code="blind", questions_until=clock.now() + timedelta(days=9))
    CallCriterion.objects.create(call=call, order=0, name="困りごと", weight=2)
    CallCriterion.objects.create(call=call, order=1, name="進め方", scale_min=0, scale_max=10)
    question = CallQuestion.objects.create(call=call, label="報告会で話せますか", reason="会場のため")
    marked = _application(cast, call, question)
    rows = _beside(cast, call, marked)
    unassigned = _another(call, "title of another application", OTHERS["plan of another application"])
    forbidden = _another(call, "title of a forbidden application", "水路に置く")
    now = clock.now()
    Call.objects.filter(pk=call.pk).update(closes_at=now - timedelta(days=1))
    phase = ReviewPhase.objects.create(
        call=call,
        name="採点",
        starts_at=now - timedelta(hours=12),
        ends_at=now + timedelta(days=9),
        see_scores=SeeScores.NEVER,
    )
    reviewer = _reviewer(cast, call, cast.reviewer, name="わたし", email=cast.reviewer.email)
    other = _reviewer(
        cast,
        call,
        UserFactory.create(name=OTHERS["other expert"], is_reviewer=True),
        name=OTHERS["other expert"],
        email=OTHERS["mail of the other expert"],
        affiliation=OTHERS["affiliation of the other expert"],
    )
    rows += _reviews(cast, reviewer, other, marked, forbidden)
    call.refresh_from_db()
    return Scene(cast, call, phase, marked, unassigned, forbidden, reviewer, other, rows)


def _free_texts() -> dict[str, Any]:
    """Answers of the applicant, who writes the own name wherever there is room."""
    return {
        "title": f"{SHORT}の水位計で、用水路のつまりを知る",
        "need": f"株式会社{SHORT}が見回りで困っています。(株){SHORT}には3人しかいません。",
        "plan": "鵙谷と梟木が柵の前後に置きます。連絡は shu@kerisokki.example か 076-911-2737 へ。"
        "詳しくは https://www.kerisokki.example/about をご覧ください。",
        "measure": "ケリスイソク（ｹﾘｽｲｿｸ）の記録と比べます。代表の鵙谷榛と、梟木 柊が数えます。",
        "learning": "ハヤブサ大学 測る研究室の隼田みおと、法人番号8010401050387の社内でまとめます。",
        "personal_data": "yes",
        "personal_data_note": "名札だけ。番号８０１０４０１０５０３８７の鶲坂本町3-8-41で管理します。",
        "conformity_note": f"{SHORT}の計器 201-000000",
        "sensors": [{"name": f"{SHORT} WL-20", "count": 12, "interval_s": 600, "payload_bytes": 11}],
        "places": [
            {"name": f"{SHORT}前の用水路", "geometry": {"type": "Point", "coordinates": [137.1462, 36.6531]}}
        ],
        "facilities": "yes",
        "facility_name": f"{SHORT}の横の柵",
        "facility_owner": "農村整備の担当課",
    }


def _application(cast: Cast, call: Call, question: CallQuestion) -> Application:
    """Begun, handed in with files and a partner, sent back, corrected under a new name, handed in again."""
    person = UserFactory.create(email=APPLICANT["account"], name=APPLICANT["name of the account"])
    earlier = ApplicationFactory.create(
        call=CallFactory.create(code="earlier"),
        code=BESIDE["code of the earlier application"],
        created_by=person,
        state="withdrawn",
        submitted_at=clock.now() - timedelta(days=500),
    )
    who = {
        "org_name": f"有限会社{BESIDE['name in an earlier revision']}",
        "org_kana": "カブシキガイシャケリスイソク",
        "corporate_number": APPLICANT["corporate number"],
        "postal_code": "9398787",
        "address": "富山市鶲坂本町3-8-41",
        "representative": "代表取締役 鵙谷 榛",
        "contact_name": APPLICANT["contact"],
        "contact_email": APPLICANT["mail"],
        "contact_phone": APPLICANT["phone"],
    }
    answers = complete_answers() | who | _free_texts()
    answers["extra_answers"] = {str(question.pk): f"{SHORT}の梟木が話します。"}
    row = ApplicationFactory.create(call=call, created_by=person, copied_from=earlier, **answers)
    for name, raw in FILES.items():
        attachment_add(application=row, actor=person, file=io.BytesIO(raw), name=name)
    partner = joint_invite(
        application=row,
        actor=person,
        org_name=APPLICANT["partner"],
        contact_name=APPLICANT["partner contact"],
        email=APPLICANT["partner mail"],
    )
    partner.state, partner.answered_at = JointState.CONFIRMED, clock.now()
    partner.user = UserFactory.create(email=partner.email, name=partner.contact_name)
    partner.save()
    row.refresh_from_db()
    row = application_submit(application=row, actor=person, pledges=PLEDGES)
    return _corrected(cast, row, person)


def _corrected(cast: Cast, row: Application, person: User) -> Application:
    row = application_return(
        application=row,
        actor=cast.staff,
        version=row.version,
        message=BESIDE["wish for correction"],
        until=clock.now() + timedelta(days=7),
    )
    AnswerVariant.objects.create(
        application=row, field="need", value=OWN["other text"], author=person, settled_at=clock.now()
    )
    row.org_name = NAME["name"]
    row.save(update_fields=["org_name"])
    Organization.objects.filter(pk=row.organization_id).update(name=NAME["name"])
    return application_submit(application=row, actor=person, pledges=PLEDGES)


def _beside(cast: Cast, call: Call, marked: Application) -> list[Model]:
    """What the city and others keep about the applicant."""
    staff = cast.staff
    seat = RegistrationFactory.create(
        event=EventFactory.create(), name=BESIDE["name at the briefing"], email="banno@kerisokki.example"
    )
    decision = Decision.objects.create(
        application=marked,
        outcome=Outcome.DECLINE,
        reason=BESIDE["reason of the decision"],
        note=BESIDE["note of the decision"],
        decided_by=staff,
        decided_at=clock.now(),
    )
    assert marked.organization is not None
    domain = OrganizationDomain.objects.create(
        organization=marked.organization, domain="kerisokki.example", marked_by=staff
    )
    application_mark_read(application=marked, actor=staff, revision=1)
    rows: list[Model] = [
        seat,
        decision,
        domain,
        staff_note_add(application=marked, actor=staff, text=BESIDE["staff note"]),
        consent_ask(
            application=marked,
            actor=staff,
            facility="用水路の柵",
            owner_name="農村整備の担当課",
            email="keeper@city.example",
            message=BESIDE["message to the keeper"],
            due_on=clock.local_date() + timedelta(days=9),
        ),
        question_ask(call=call, text=BESIDE["question as it was asked"], email=BESIDE["asker of a question"]),
        consultation_request(
            call=call,
            contact_name="夜鷹 しん",
            email=BESIDE["talk mail"],
            topic="水位計について",
            organization_name=BESIDE["talk"],
        ),
        visit_save(
            visit=OutreachVisit(
                visited_on=clock.local_date(), organization_name=BESIDE["visit"], call=call, staff=staff
            ),
            actor=staff,
        ),
    ]
    return rows


def _another(call: Call, title: str, plan: str) -> Application:
    row: Application = SubmittedFactory.create(
        call=call,
        title=OTHERS[title],
        plan=plan,
        org_name="ほかの会社",
        corporate_number="",
        org_kind="association",
    )
    return row


def _reviewer(cast: Cast, call: Call, user: User, **values: Any) -> Reviewer:
    now = clock.now()
    row: Reviewer = Reviewer.objects.create(
        call=call,
        user=user,
        state=ReviewerState.ACCEPTED,
        token_hash=new_token()[1],
        invited_by=cast.staff,
        sent_at=now,
        answered_at=now,
        ties_stated_at=now,
        expires_at=now + timedelta(days=9),
        **values,
    )
    return row


def _reviews(
    cast: Cast, reviewer: Reviewer, other: Reviewer, marked: Application, forbidden: Application
) -> list[Model]:
    """Mine is to be written; the other expert's is handed in. The forbidden one would be mine too."""
    now = clock.now()
    mine, banned, theirs = (
        ReviewAssignment.objects.create(
            reviewer=who, application=what, assigned_by=cast.staff, declared_at=now
        )
        for who, what in ((reviewer, marked), (reviewer, forbidden), (other, marked))
    )
    tie = ReviewerTie.objects.create(reviewer=other, kind="research", organization_name="どこかの会社")
    conflict = ReviewConflict.objects.create(
        reviewer=reviewer,
        application=forbidden,
        kind=ConflictKind.HARD,
        source=ConflictSource.STAFF,
        ground=ConflictGround.WORDS,
        note=OTHERS["ground of the conflict"],
        created_by=cast.staff,
    )
    review = Review.objects.create(
        assignment=theirs,
        revision=marked.revision,
        comment_city=OTHERS["comment for the city"],
        comment_applicant=OTHERS["comment for the applicant"],
        handed_in_at=now,
    )
    for criterion in marked.call.criteria.all():
        ReviewScore.objects.create(review=review, criterion=criterion, value=3)
    membership = Membership.objects.filter(organization=marked.organization).first()
    assert membership is not None
    return [mine, banned, theirs, tie, conflict, review, membership]
