"""create_app: the one place where rooms, gates and collaborators are joined."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any

import flask_swagger_ui
from flask import Blueprint, Flask, Response, g, request
from flask_limiter import ExemptionScope, Limiter
from flask_limiter.util import get_remote_address
from werkzeug.middleware.proxy_fix import ProxyFix

from ecard import auth, errors
from ecard.accounts import service as accounts
from ecard.accounts import views as accounts_views
from ecard.accounts.errors import SessionHandedOver
from ecard.activation import service as activation
from ecard.activation import views as activation_views
from ecard.acts import views as acts_views
from ecard.agencies import service as agencies
from ecard.agencies import views as agencies_views
from ecard.api import ProblemApi, Room, problem, register_error_handlers
from ecard.card_applications import views as card_applications_views
from ecard.cards import views as cards_views
from ecard.certification import views as certification_views
from ecard.deadline import BodyDeadline
from ecard.documents import views as documents_views
from ecard.family import views as family_views
from ecard.front import front
from ecard.health import health
from ecard.joined import Joined
from ecard.logs import log_requests
from ecard.messages import views as messages_views
from ecard.notices import views as notices_views
from ecard.own_data import views as own_data_views
from ecard.policy import views as policy_views
from ecard.qr import views as qr_views
from ecard.request import MemoryRequest, request_id
from ecard.review import views as review_views
from ecard.rights import views as rights_views
from ecard.rights.check_page import check_page
from ecard.transfers import views as transfers_views
from ecard.web.site import web

API_PREFIX = "/api/v1"
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:"
)
"""The documentation page starts with an inline script; the browser lets it ask nobody but us."""

# Who may enter which room. A room that is not listed answers 401 to everybody.
ROOMS: tuple[tuple[Room, str], ...] = (
    (accounts_views.sign_in, auth.PUBLIC),
    (accounts_views.account, auth.HOLDER),
    (accounts_views.own_session, auth.LENT),
    (accounts_views.staff_recovery, auth.STAFF),
    (agencies_views.public, auth.PUBLIC),
    (agencies_views.staff, auth.STAFF),
    (policy_views.policy, auth.HOLDER),
    (cards_views.card, auth.HOLDER),
    (cards_views.unlock, auth.LENT),
    (cards_views.resets, auth.LENT),
    (cards_views.staff_cards, auth.STAFF),
    (qr_views.codes, auth.HOLDER),
    (qr_views.scanning, auth.STAFF),
    (qr_views.published, auth.PUBLIC),
    (notices_views.notices, auth.HOLDER),
    (family_views.links, auth.HOLDER),
    (family_views.links_on_me, auth.HOLDER),
    (family_views.guarded_links, auth.HOLDER),
    (family_views.not_me, auth.PUBLIC),
    (family_views.staff_links, auth.STAFF),
    (family_views.staff_orders, auth.STAFF),
    (documents_views.documents, auth.HOLDER),
    (activation_views.holder, auth.HOLDER),
    (activation_views.invitations, auth.PUBLIC),
    (activation_views.confirmation_videos, auth.HOLDER),
    (activation_views.capture, auth.CAPTURE),
    (activation_views.staff, auth.STAFF),
    (review_views.decisions, auth.HOLDER),
    (review_views.objections, auth.HOLDER),
    (review_views.desk, auth.STAFF),
    (review_views.auditing, auth.STAFF),
    (acts_views.link_acts, auth.HOLDER),
    (acts_views.acts_on_me, auth.HOLDER),
    (rights_views.relative_rights, auth.HOLDER),
    (rights_views.rights, auth.HOLDER),
    (certification_views.relative_certification, auth.HOLDER),
    (certification_views.certification, auth.HOLDER),
    (certification_views.certification_captures, auth.HOLDER),
    (certification_views.staff_certification, auth.STAFF),
    (transfers_views.relative_transfers, auth.HOLDER),
    (transfers_views.transfers, auth.HOLDER),
    (transfers_views.staff_transfers, auth.STAFF),
    (card_applications_views.relative_applications, auth.HOLDER),
    (card_applications_views.applications, auth.HOLDER),
    (card_applications_views.staff_applications, auth.STAFF),
    (rights_views.certificate_checks, auth.PUBLIC),
    (own_data_views.my_data, auth.HOLDER),
    (own_data_views.relative_data, auth.HOLDER),
    (own_data_views.links_on_me, auth.HOLDER),
    (own_data_views.staff_corrections, auth.STAFF),
    (own_data_views.staff_links_on, auth.STAFF),
    (own_data_views.staff_withdrawals, auth.STAFF),
)
DEMO_ROOMS: tuple[tuple[Room, str], ...] = ((messages_views.mailbox, auth.PUBLIC),)

RESOLVERS: dict[str, auth.Resolver] = {
    auth.HOLDER: accounts.actor_for_token,
    auth.LENT: accounts.actor_for_lent_phone,
    auth.STAFF: agencies.actor_for_token,
    auth.CAPTURE: activation.actor_for_token,
}
# What a token's own state may refuse at the gate, beside what it refuses everybody.
GATE_REFUSES: dict[str, tuple[type[errors.Refusal], ...]] = {
    auth.HOLDER: (SessionHandedOver,),
    auth.LENT: (),
    auth.STAFF: (),
    auth.CAPTURE: (),
}


def create_app(joined: Joined) -> Flask:
    """The application with everything it needs; nothing is opened here but what was handed in."""
    app = Flask("ecard", static_folder=None)
    app.request_class = MemoryRequest
    app.extensions["ecard"] = joined
    app.config.update(_flask_config(joined))
    app.json.ensure_ascii = False  # type: ignore[attr-defined] # names in UTF-8, as people write
    app.wsgi_app = BodyDeadline(app.wsgi_app, joined.settings.body_seconds)  # type: ignore[assignment, method-assign]
    if joined.settings.trusted_proxies:
        hops = joined.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    log_requests(app)
    rooms = ROOMS + (DEMO_ROOMS if joined.settings.demo else ())
    app.before_request(_name_request)
    _limit_addresses(app, joined)  # before the gate: wrong tokens count too
    auth.Gate(_open_to(rooms), RESOLVERS).install(app)
    register_error_handlers(app)
    api = ProblemApi(app)
    _describe_tokens(api, rooms)
    for room, _ in rooms:
        api.register_blueprint(room, url_prefix=API_PREFIX + (room.url_prefix or ""))
    app.register_blueprint(front)
    app.register_blueprint(check_page)
    app.register_blueprint(web)
    app.register_blueprint(health)
    app.register_blueprint(_documentation_assets())
    app.after_request(_harden)
    return app


def _flask_config(joined: Joined) -> dict[str, Any]:
    settings = joined.settings
    return {
        "MAX_CONTENT_LENGTH": settings.request_bytes,
        "MAX_FORM_MEMORY_SIZE": settings.form_bytes,
        "MAX_FORM_PARTS": settings.form_parts,
        "API_TITLE": "e-card family services",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/api",
        "OPENAPI_JSON_PATH": "openapi.json",
        "OPENAPI_SWAGGER_UI_PATH": "/docs",
        "OPENAPI_SWAGGER_UI_URL": "/api/docs-assets/",
        "OPENAPI_SWAGGER_UI_CONFIG": {"validatorUrl": None},  # its default asks another host
        "API_SPEC_OPTIONS": {
            "info": {
                "description": "A holder of an e-card opens family services for a relative.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
        },
    }


def _open_to(rooms: tuple[tuple[Room, str], ...]) -> dict[str, str]:
    opened = {room.name: kind for room, kind in rooms}
    public = ("front", "check_page", "web", "health", "api-docs", "docs_assets")
    return opened | dict.fromkeys(public, auth.PUBLIC)


def _describe_tokens(api: ProblemApi, rooms: tuple[tuple[Room, str], ...]) -> None:
    for kind, scheme in auth.SCHEMES.items():
        api.spec.components.security_scheme(
            scheme,
            {"type": "http", "scheme": "bearer", "description": f"Opaque token of a {kind}"},
        )
    for room, kind in rooms:
        if kind in GATE_REFUSES:
            room.security_scheme = auth.SCHEMES[auth.TOKENS.get(kind, kind)]
            room.gate_refuses = (errors.NotSignedIn, errors.NotAllowed, *GATE_REFUSES[kind])


def _name_request() -> None:
    g.request_id = request_id(request.headers.get("X-Request-Id"))


def _limit_addresses(app: Flask, joined: Joined) -> None:
    """A cap per network address, in memory; what is counted against a person is in the database."""
    window = joined.settings.requests_window_seconds
    limit = f"{joined.settings.requests_per_address} per {window} second"
    limiter = Limiter(
        key_func=get_remote_address,
        application_limits=[limit],
        storage_uri="memory://",
        on_breach=lambda _: problem(errors.TooManyRequests(retry_after=window)),
    )
    limiter.exempt(web, flags=ExemptionScope.APPLICATION)  # files in memory; a page has dozens
    limiter.init_app(app)


def _documentation_assets() -> Blueprint:
    folder = Path(flask_swagger_ui.__file__).parent / "dist"
    return Blueprint(
        "docs_assets", __name__, static_folder=folder, static_url_path="/api/docs-assets"
    )


def _harden(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("X-Frame-Options", "DENY")
    policy = PAGE_POLICY if request.blueprint == "api-docs" else "default-src 'none'"
    response.headers.setdefault("Content-Security-Policy", f"{policy}; frame-ancestors 'none'")
    if response.status_code == HTTPStatus.NO_CONTENT:
        response.headers.pop("Content-Type", None)
    if "request_id" in g:
        response.headers["X-Request-Id"] = g.request_id
    return response
