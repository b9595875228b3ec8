"""The people of the demo company's largest accounts, all invented: one full map, the others begun."""

from keyaccount_web.access.models import User
from keyaccount_web.know.contact_services import add_contact
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.structure import services
from keyaccount_web.know.structure.arranging import arrange
from keyaccount_web.know.structure.departments import keep_department
from keyaccount_web.know.structure.maps import add_map

_PEOPLE = (
    # name, title, department, superior, roles, stance, political, front line
    ("沈国梁", "总经理", "总经办", None, ("decision_maker",), "neutral", "inner_circle", ""),
    ("顾晓岚", "采购总监", "采购部", 0, ("approver", "buyer"), "supporter", "inner_circle", ""),
    ("陆建平", "技术总监", "技术部", 0, ("influencer",), "mentor", "political_structure", ""),
    ("秦文涛", "财务经理", "财务部", 0, ("approver",), "critic", "political_structure", ""),
    ("丁雪梅", "采购主管", "采购部", 1, ("buyer", "gatekeeper"), "supporter", "outside", ""),
    ("贺志远", "设备工程师", "技术部", 2, ("user",), "supporter", "outside", ""),
    ("苗小芳", "仓库主管", "物流部", 4, ("user",), "", "outside", "warehouse"),
)


def fill(manager: User, accounts: list[Account]) -> None:
    """A whole map at the first account; who buys and what they think of us at the others, not placed yet."""
    made: list[Contact] = []
    for name, title, department, above, roles, stance, political, front in _PEOPLE:
        contact = add_contact(accounts[0], {"name": name, "title": title, "department": department})
        made.append(contact)
        services.keep_relation(
            contact,
            version=None,
            values={
                "reports_to": None if above is None else made[above],
                "roles": list(roles),
                "stance": stance,
                "political": political,
                "front_line": front,
                "covered_by": manager,
            },
        )
    arrange(accounts[0])
    services.draw(made[2], made[0], "influence")
    services.draw(made[4], made[1], "influence")
    services.draw(made[1], made[3], "conflict")
    keep_department(accounts[0], values={"name": "总经办"})
    for at, name in enumerate(("采购部", "技术部", "财务部", "物流部")):
        keep_department(accounts[0], values={"name": name, "parent": "总经办", "order": at + 1})
    _tied(accounts[0], accounts[1], made[0])
    topic = add_map(accounts[0], "备件年度采购", is_copy=True)
    services.keep_stand(
        topic,
        made[5],
        version=None,
        values={
            "roles": ["decision_maker"],
            "stance": "mentor",
            "political": "political_structure",
            "covered_by": manager,
        },
    )
    for place, account in enumerate(accounts[1:6]):
        for number, contact in enumerate(account.contacts.all()[:3]):
            role = ("buyer", "decision_maker", "user")[number]
            stance = ("supporter", "neutral", "critic")[(place + number) % 3]
            values = {"roles": [role], "stance": stance, "political": "political_structure"}
            services.keep_relation(contact, version=None, values=values)


def _tied(account: Account, other: Account, head: Contact) -> None:
    """Somebody of another customer's who sways the head of this one."""
    contact = other.contacts.first()
    if contact is None:
        return
    services.keep_tie(
        account=account, contact=contact, title="集团采购顾问", roles=["influencer"], stance="supporter",
        political="political_structure", column=0, row=3,
    )  # fmt: skip
    services.draw(contact, head, "influence", account=account)
