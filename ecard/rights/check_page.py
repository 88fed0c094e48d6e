"""``/check``: the page on which anybody compares a printed certificate. HTML, no script, no style.

Nothing is loaded from anywhere; the policy of its content forbids it, too.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, request
from markupsafe import Markup

from ecard.locale import LANGUAGES, negotiate, sentence
from ecard.request import current_call
from ecard.rights import service
from ecard.rights.errors import CertificateUnknown
from ecard.rights.service import CheckView

CONTENT_POLICY = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
CODE_MOST = 60
NAMES = {"en": "English", "es": "Español", "zh-Hans": "简体中文"}

check_page = Blueprint("check_page", __name__)


@check_page.get("/check")
def show() -> Response:
    """The form and, where a code was given, what stands under it."""
    asked = request.args.get("lang", "")
    accepted = negotiate(request.headers.get("Accept-Language", ""))
    language = asked if asked in LANGUAGES else accepted
    code = request.args.get("code", "")[:CODE_MOST]
    status, answer = _answer(code, language) if code else (HTTPStatus.OK, Markup())
    response = Response(_page(code, language, answer), status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    response.headers["Content-Language"] = language
    return response


def _answer(code: str, language: str) -> tuple[HTTPStatus, Markup]:
    try:
        found = service.check(current_call(), code)
    except CertificateUnknown as refusal:
        text = sentence(refusal.code, language)
        return HTTPStatus.NOT_FOUND, Markup('<p role="status"><strong>{}</strong></p>').format(text)
    return HTTPStatus.OK, _found(found, language)


def _found(found: CheckView, language: str) -> Markup:
    word = sentence(f"check_page.{'good' if found.good else 'out_of_date'}", language)
    kinds = {
        kind: sentence(f"certificate.kind.{kind}", language)
        for kind in {one["kind"] for one in (*found.months, *found.benefits)}
    }
    rows = [
        ("name", found.name),
        ("number", found.number),
        ("issued_on", found.issued_on.isoformat()),
        ("good_until", found.good_until.isoformat()),
        *(("paid_in", f"{kinds[one['kind']]}: {one['months']}") for one in found.months),
        *(("draws", f"{kinds[one['kind']]}: {one['since']}") for one in found.benefits),
        ("sha256", found.sha256),
        ("signer", found.signer_sha256),
    ]
    lines = Markup().join(
        Markup("<tr><th scope=row>{}</th><td>{}</td></tr>").format(
            sentence(f"check_page.{name}", language), value
        )
        for name, value in rows
    )
    verdict = Markup('<p role="status"><strong>{}</strong></p>').format(word)
    return verdict + Markup("<table>{}</table>").format(lines)


def _page(code: str, language: str, answer: Markup) -> str:
    title = sentence("check_page.title", language)
    others = Markup(" · ").join(
        Markup('<a href="/check?lang={}" lang={} hreflang={}>{}</a>').format(tag, tag, tag, name)
        for tag, name in NAMES.items()
    )
    form = Markup(
        '<form action="/check" method="get"><input type="hidden" name="lang" value="{}">'
        '<label>{} <input name="code" value="{}" maxlength="{}" autocomplete="off" required>'
        "</label> <button>{}</button></form>"
    ).format(
        language,
        sentence("check_page.code", language),
        code,
        CODE_MOST,
        sentence("check_page.ask", language),
    )
    head = Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>{}</title></head>'
    ).format(language, title)
    body = Markup("<body><nav>{}</nav><main><h1>{}</h1><p>{}</p>{}{}</main></body></html>")
    return str(
        head + body.format(others, title, sentence("check_page.about", language), form, answer)
    )
