"""The organisation is a tree."""

import pytest

from keyaccount_web.access.models import OrgUnit


@pytest.mark.django_db
class TestAUnit:
    def test_takes_those_below_along_when_it_moves(self):
        top = OrgUnit.objects.create(code="HQ", name="总部", kind="headquarters")
        east = OrgUnit.objects.create(code="E", name="东", kind="province", parent=top)
        west = OrgUnit.objects.create(code="W", name="西", kind="province", parent=top)
        branch = OrgUnit.objects.create(code="B", name="分", kind="branch", parent=east)
        east.parent = west
        east.save()
        branch.refresh_from_db()
        assert branch.path == "HQ/W/E/B/"

    def test_never_lies_below_itself(self):
        top = OrgUnit.objects.create(code="HQ", name="总部", kind="headquarters")
        east = OrgUnit.objects.create(code="E", name="东", kind="province", parent=top)
        branch = OrgUnit.objects.create(code="B", name="分", kind="branch", parent=east)
        east.parent = branch
        with pytest.raises(ValueError, match="below"):
            east.save()
