"""Signing in by the company's own service: OpenID Connect, DingTalk, Feishu, WeCom. One way in for all, in `base`.

Ours in place of allauth's, which asks no nonce, checks no signature, has no WeCom, and takes DingTalk's and Feishu's
addresses and ids as fixed.
"""
