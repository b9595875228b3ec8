"""What should the scorecard say (F5)? The slow answer that tests compare with: docs/worked/kinds.toml in dicts and loops, without the library."""

import datetime as dt
from collections import defaultdict

WEIGHTS = {
    "transactional": {"discounted": 3, "price_driven": 2, "narrow": 2, "no_services": 2, "few_touches": 1},
    "value_added": {"services": 4, "broad": 1, "expert_visits": 2, "proposals": 2, "advice": 1},
    "strategic": {
        "commitments": 3, "joint_projects": 3, "two_way": 2, "executives": 2, "length": 1, "regular": 1,
    },
}  # fmt: skip


def kinds_by_hand(lines, records, *, until, services=(), advice=()):
    """account → its parts, scores, kind. `until` ends a calendar year; `records` by account."""
    begin = dt.date(until.year, 1, 1)
    year = [one for one in lines if begin <= one["date"] <= until and one["net_amount"] > 0]
    of = defaultdict(list)
    for one in year:
        of[one["account_id"]].append(one)
    accounts = sorted({one["account_id"] for one in lines if one["date"] <= until} | set(records))
    usual = {}
    for product in {one["product_id"] for one in year}:
        listed = [one for one in year if one["product_id"] == product and (one["list_amount"] or 0) > 0]
        total = sum(one["list_amount"] for one in listed)
        usual[product] = (
            float(total - sum(one["net_amount"] for one in listed)) / float(total) if listed else None
        )
    sold = {one["category"] for one in year if one["category"]}
    first_day = min(one["date"] for one in lines)
    told = {}
    for account in accounts:
        own, record = of[account], records.get(account, {})
        parts = dict.fromkeys(name for weights in WEIGHTS.values() for name in weights)
        bought = float(sum(one["net_amount"] for one in own))
        if own:
            _bought_parts(parts, own, bought, usual, sold, services, advice)
        for part, name, full in (("few_touches", "touches", 12), ("expert_visits", "expert_visits", 4),
                                 ("commitments", "commitments", 1), ("joint_projects", "joint_projects", 2)):  # fmt: skip
            having = [one for one in accounts if of[one] and (records.get(one, {}).get(name) or 0) > 0]
            buyers = [one for one in accounts if of[one]]
            count = record.get(name) or 0
            if count > 0 or (buyers and having and len(having) >= 0.2 * len(buyers)):
                share = min(1, count / full)
                parts[part] = 1 - share if part == "few_touches" else share
        if record.get("proposals"):
            parts["proposals"] = min(1, (record.get("proposals_accepted") or 0) / record["proposals"])
        sales = float(
            sum(
                one["net_amount"]
                for one in lines
                if one["account_id"] == account and begin <= one["date"] <= until
            )
        )
        if record.get("purchases") is not None and sales > 0:
            parts["two_way"] = min(1, float(record["purchases"]) / (0.2 * sales))
        sponsors = record.get("sponsors") or 0
        if (record.get("contacts") or 0) + sponsors > 0:
            parts["executives"] = (bool(sponsors) + min(1, (record.get("executive_contacts") or 0) / 2)) / 2
        dates = [one["date"] for one in lines if one["account_id"] == account and one["date"] <= until]
        if dates:
            months = (until - min(dates)).days / (365.25 / 12)
            if (min(dates) - first_day).days > 31:
                parts["length"] = min(1, months / 36)
            elif (until - min(dates)).days + 31 >= 36 * 365.25 / 12:
                parts["length"] = 1
        told[account] = _decided(parts)
    return told


def _bought_parts(parts, own, bought, usual, sold, services, advice):
    listed = [one for one in own if (one["list_amount"] or 0) > 0]
    with_list = float(sum(one["net_amount"] for one in listed))
    if listed and with_list >= 0.5 * bought:
        special = [
            one
            for one in listed
            if round(
                float(one["list_amount"] - one["net_amount"]) / float(one["list_amount"])
                - usual[one["product_id"]],
                9,
            )
            >= 0.05
        ]
        parts["discounted"] = float(sum(one["net_amount"] for one in special)) / with_list
    parts["price_driven"] = _price_driven(own)
    with_category = float(sum(one["net_amount"] for one in own if one["category"]))
    wide = min(6, len(sold))
    if wide >= 2 and with_category >= 0.5 * bought:
        n = len({one["category"] for one in own if one["category"]})
        parts["broad"] = max(0, min(1, (n - 1) / (wide - 1)))
        parts["narrow"] = 1 - parts["broad"]
    if sold & set(services):
        part = float(sum(one["net_amount"] for one in own if one["category"] in services))
        parts["services"] = min(1, part / (0.2 * bought))
        parts["no_services"] = 1 - parts["services"]
    if sold & set(advice):
        part = float(sum(one["net_amount"] for one in own if one["category"] in advice))
        parts["advice"] = min(1, part / (0.05 * bought))
    parts["regular"] = len({one["date"].month for one in own}) / 12


def _price_driven(own):
    priced = [one for one in own if (one["quantity"] or 0) > 0 and one["product_id"]]
    amount, quantity = defaultdict(float), defaultdict(float)
    for one in priced:
        amount[one["product_id"]] += float(one["net_amount"])
        quantity[one["product_id"]] += float(one["quantity"])
    spent, volume = defaultdict(float), defaultdict(float)
    for one in priced:
        month = one["date"].month
        spent[month] += float(one["net_amount"])
        volume[month] += float(one["quantity"]) * amount[one["product_id"]] / quantity[one["product_id"]]
    if len(volume) < 6:
        return None
    index = [spent[month] / volume[month] for month in sorted(volume)]
    at_average = [volume[month] for month in sorted(volume)]
    mean_x, mean_y = sum(index) / len(index), sum(at_average) / len(at_average)
    if round((max(index) - min(index)) / mean_x, 9) < 0.01:
        return None
    together = sum((x - mean_x) * (y - mean_y) for x, y in zip(index, at_average, strict=True))
    own_x = sum((x - mean_x) ** 2 for x in index)
    own_y = sum((y - mean_y) ** 2 for y in at_average)
    if max(abs(y - mean_y) for y in at_average) <= 1e-9 * max(at_average):
        return 0  # the price moved, the volume did not
    return max(0, -round(together / (own_x * own_y) ** 0.5, 6))


def _decided(parts):
    row = {f"part_{name}": value for name, value in parts.items()}
    scores, confidence = {}, {}
    for kind, weights in WEIGHTS.items():
        judged = {name: weight for name, weight in weights.items() if parts[name] is not None}
        confidence[kind] = sum(judged.values()) / sum(weights.values())
        total = sum(judged.values())
        scores[kind] = sum(weight * parts[name] for name, weight in judged.items()) / total if total else None
    row |= {f"{kind}_score": score for kind, score in scores.items()}
    row |= {f"{kind}_confidence": share for kind, share in confidence.items()}
    sure = [kind for kind in WEIGHTS if confidence[kind] >= 0.5]
    among = sure or [kind for kind in WEIGHTS if scores[kind] is not None]
    if not among:
        return row | {"kind": "open", "why_open": "nothing", "leader": None}
    ranked = sorted(among, key=lambda kind: -round(scores[kind], 9))
    best = round(scores[ranked[0]], 9)
    if not sure:
        why = "confidence"
    elif best < 0.5:
        why = "low"
    elif len(ranked) > 1 and round(best - round(scores[ranked[1]], 9), 9) < 0.05:
        why = "close"
    else:
        why = None
    return row | {"kind": "open" if why else ranked[0], "why_open": why, "leader": ranked[0]}
