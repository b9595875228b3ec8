"""What do the sign-in pages ask of the installation?"""

from django import template
from django.conf import settings

from keyaccount.language import message
from keyaccount_web.shell.templatetags.pages import lang

register = template.Library()

# The first that a browser's name for itself holds; those that pose as others come first.
_BROWSERS = (
    ("wxwork", "sign_in.browser.wecom"),
    ("dingtalk", "sign_in.browser.dingtalk"),
    ("lark", "sign_in.browser.feishu"),
    ("micromessenger", "sign_in.browser.wechat"),
    ("edg", "Edge"),
    ("firefox", "Firefox"),
    ("chrome", "Chrome"),
    ("crios", "Chrome"),
    ("safari", "Safari"),
)
_SYSTEMS = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("harmony", "sign_in.browser.harmony"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
)


@register.filter
def device(agent: str) -> str:
    """A browser and its system in words that its owner knows; itself where it says neither."""
    told = agent.lower()
    names = [next((name for mark, name in kinds if mark in told), None) for kinds in (_BROWSERS, _SYSTEMS)]
    shown = [message(one, lang()) if one.startswith("sign_in.") else one for one in names if one]
    return " · ".join(shown) or agent[:60]


@register.simple_tag
def mails() -> bool:
    """Whether mails can be sent at all."""
    return not settings.EMAIL_BACKEND.endswith("dummy.EmailBackend")


@register.simple_tag(takes_context=True)
def second_factor_needed(context: template.Context) -> bool:
    """Whether this reader must have one."""
    return settings.REQUIRE_SECOND_FACTOR and not context["request"].user.without_second_factor
