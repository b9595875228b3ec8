"""How is a plan searched? By its account's name and code and its year, its goals by their names through the plan."""

from keyaccount_web.know.plans.models import AccountPlan
from keyaccount_web.know.plans.reading import plan_name, plan_url, plans_seen_by
from keyaccount_web.search.keys import name_keys
from keyaccount_web.search.registry import Searchable, Told

PLAN = Searchable(
    43,
    "account_plan",
    AccountPlan,
    keys=lambda one: name_keys(f"{one.account.name} {one.year}"),
    visible=plans_seen_by,
    largest_first=("-year", "pk"),
    told=lambda one: Told(plan_name(one), plan_url(one), beside=one.account.name),
    account="account_id",
)
