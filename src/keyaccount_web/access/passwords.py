"""Is a password good enough? Django's rules, in words of ours where Django has none in Chinese, and what guessers try first."""

import re
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
)
from django.core.exceptions import ValidationError

from keyaccount.language import message
from keyaccount_web.access.models import OrgUnit
from keyaccount_web.shell.templatetags.pages import lang

OWN_LEAST = 8
"""So many characters must be left of a password without the words that everybody here knows."""
_PRODUCT = "keyaccount"
_DISGUISES = (str.maketrans("@013457$!", "aoleastsi"), str.maketrans("@013457$!", "aoieastsi"))
_NO_LETTERS = re.compile(r"[\W\d_]+")


class LongEnough(MinimumLengthValidator):
    def get_error_message(self) -> str:
        return message("sign_in.error.too_short", lang(), n=self.min_length)


class UnlikeTheUser(UserAttributeSimilarityValidator):
    def get_error_message(self) -> str:
        return message("sign_in.error.like_the_user", lang())


class NotCommon(CommonPasswordValidator):
    """Django's 20,000 leaked passwords, in their usual disguises too: a year or signs around them, said twice, p@ssw0rd."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's signature
        plain = password.casefold().strip()
        for one in (plain, *(plain.strip("0123456789!.").translate(disguise) for disguise in _DISGUISES)):
            word = _NO_LETTERS.sub("", one)
            half = word[: len(word) // 2]
            if {one, word, half if half * 2 == word else word} & self.passwords or not word:
                raise ValidationError(message("sign_in.error.common", lang()), code="password_too_common")


class NotOfTheCompany:
    """Not the names of company, site and product with little beside them: they are tried first where one knows whom one attacks."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's signature
        told = password.casefold()
        left = told
        for word in sorted(self._words(), key=len, reverse=True):
            left = left.replace(word, "")
        if left != told and len(left) < OWN_LEAST:
            raise ValidationError(
                message("sign_in.error.of_the_company", lang(), n=OWN_LEAST), code="password_of_the_company"
            )

    def get_help_text(self) -> str:
        return ""

    @staticmethod
    def _words() -> set[str]:
        names = OrgUnit.objects.filter(parent=None).values_list("name", flat=True)
        parts = [part for name in names for part in (name, *re.split(r"\W+", name), name[:2])]
        hosts = [part for host in settings.ALLOWED_HOSTS for part in host.split(".")]
        latin = {one.casefold() for one in (*parts, *hosts, _PRODUCT) if len(one) >= 4}
        return latin | {one for one in parts if len(one) >= 2 and not one.isascii()}
