"""The endpoint of the search, by what the box on every page finds."""

from typing import Any

from ninja import Router, Schema

from keyaccount_web.api.kit import ApiRequest, in_query, needs
from keyaccount_web.api.problems import field_problem, refused
from keyaccount_web.search.registry import SEARCHABLE
from keyaccount_web.search.services import search

router = Router(tags=["search"])


class HitOut(Schema):
    """Something found; `why` says by what of it."""

    kind: str
    id: int
    title: str
    code: str
    why: str


class SearchOut(Schema):
    """The best first within each kind; `more`: the kinds of which there are more."""

    items: list[HitOut]
    more: list[str]


@router.get(
    "/search", auth=needs("read"), response=SearchOut, summary="Find by name, code, pinyin, telephone …"
)
def find_anything(
    request: ApiRequest,
    q: str = in_query(min_length=1, max_length=100),
    kind: str | None = in_query(None, description="One kind only."),
    most: int = in_query(8, ge=1, le=50, description="Of each kind."),
) -> Any:
    if kind is not None and kind not in SEARCHABLE:
        raise refused(field_problem("kind", "one_of", allowed=sorted(SEARCHABLE), value=kind))
    groups = search(request.user, q, most=most, kinds=[kind] if kind else None)
    items = [
        {
            "kind": group.kind,
            "id": hit.pk,
            "title": _whole(hit.title),
            "code": _whole(hit.code),
            "why": hit.why,
        }
        for group in groups
        for hit in group.hits
    ]
    return {"items": items, "more": [group.kind for group in groups if group.has_more]}


def _whole(pieces: list[tuple[str, bool]]) -> str:
    return "".join(text for text, _ in pieces)
