"""Is a password good enough? Django's rules, in words of ours where Django has none in Chinese."""

from django.contrib.auth.password_validation import MinimumLengthValidator, UserAttributeSimilarityValidator

from keyaccount.language import message
from keyaccount_web.shell.templatetags.pages import lang


class LongEnough(MinimumLengthValidator):
    def get_error_message(self) -> str:
        return message("sign_in.error.too_short", lang(), n=self.min_length)


class UnlikeTheUser(UserAttributeSimilarityValidator):
    def get_error_message(self) -> str:
        return message("sign_in.error.like_the_user", lang())
