"""Which endpoints are there? Those of each chapter's `api.py`, put together under /api/v1/."""

from importlib import import_module
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from keyaccount import __version__
from keyaccount.errors import KeyAccountError
from keyaccount_web.api.kit import Problem
from keyaccount_web.api.parser import StrictParser
from keyaccount_web.api.problems import TYPE, answer_for
from keyaccount_web.api.schema import SchemaOfApi

# A later chapter adds its name here, and a `router` in its api.py: that is all.
CHAPTERS = (
    "api",
    "access",
    "know",
    "know.structure",
    "know.needs",
    "know.rivals",
    "know.events",
    "know.year",
    "know.outlets",
    "know.plans",
    "know.profile",
    "duplicates",
    "imports",
    "runs",
    "find",
    "cover",
    "cover.tiers",
    "cover.border",
    "cover.terms",
    "cover.staffing",
    "approvals",
    "work",
    "search",
)
DESCRIPTION = (
    "The same services as the pages, in the name of the user whose token is sent (`Authorization: Bearer ka_…`). "
    "Errors are problem+json (RFC 9457) with a code and three sentences in the language of Accept-Language (zh, en). "
    "A POST with an Idempotency-Key is done once a day. Amounts are decimal text in the company's currency."
)
REFUSALS = {
    400: "The body cannot be read.",
    401: "No token, or one that is worth nothing.",
    403: "The token's scope, or its user's rights, do not allow it.",
    404: "There is no such record, or it may not be seen.",
    409: "Somebody was faster, or it is not in a state for this.",
    413: "Too large.",
    422: "A field cannot be meant.",
    429: "Too often in this minute; see Retry-After.",
}


class Api(NinjaAPI):
    """Whose schema says what every endpoint may refuse, once; and names each by chapter and deed, as generated clients do."""

    def get_openapi_operation_id(self, operation: Any) -> str:
        told = super().get_openapi_operation_id(operation)
        return told.removeprefix("keyaccount_web_").replace("_api_", "_").replace("api_kit_", "")

    def get_openapi_schema(self, **told: Any) -> Any:
        prefix = told.get("path_prefix")
        schema = SchemaOfApi(
            self, self.get_root_path(told.get("path_params") or {}) if prefix is None else prefix
        )
        shape = Problem.model_json_schema()
        schema["components"]["schemas"]["Problem"] = shape
        content = {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for path in schema["paths"].values():
            for operation in path.values():
                for status, text in REFUSALS.items():
                    operation["responses"].setdefault(status, {"description": text, "content": content})
                if "requestBody" in operation:
                    operation["requestBody"]["required"] = True
        return schema


api = Api(
    title="keyaccount",
    version=__version__,
    description=DESCRIPTION,
    urls_namespace="api",
    openapi_url="/openapi.json",
    docs_url=None,
    parser=StrictParser(),
)
for kind in (KeyAccountError, Http404, PermissionDenied, HttpError, ValidationError, Exception):
    api.add_exception_handler(kind, cast("Any", answer_for))
for chapter in CHAPTERS:
    module = "keyaccount_web.api.endpoints" if chapter == "api" else f"keyaccount_web.{chapter}.api"
    api.add_router("", import_module(module).router)
