"""Where allauth looks for providers."""

from keyaccount_web.access.company.dingtalk import DingTalkProvider
from keyaccount_web.access.company.feishu import FeishuProvider
from keyaccount_web.access.company.oidc import OidcProvider
from keyaccount_web.access.company.wecom import WeComProvider

provider_classes = [OidcProvider, DingTalkProvider, FeishuProvider, WeComProvider]
