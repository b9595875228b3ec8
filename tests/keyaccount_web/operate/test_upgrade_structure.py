"""Lines and departments of before there were maps of topics come up without a loss: each line on the standing map of its people."""

from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from keyaccount_web.know.structure.departments import departments_of
from keyaccount_web.operate.backup import records

from .conftest import SQLITE

BEFORE = ("structure", "0002_ties")
AFTER = ("structure", "0003_departments_maps_and_tied_places")


def test_lines_stand_on_the_map_of_their_people_and_departments_stay_as_typed(databases, tmp_path):
    alias = databases.add("lines", SQLITE | {"NAME": tmp_path / "records.sqlite3"})
    con = connections[alias]
    with records.as_default(con):
        models = MigrationExecutor(con).migrate([BEFORE]).apps
        line, history = (
            models.get_model("structure", name)._default_manager
            for name in ("Influence", "HistoricalInfluence")
        )
        accounts = [
            models.get_model("know", "Account").objects.create(code=f"K{n}", name=f"客户{n}")
            for n in range(2)
        ]
        contact = models.get_model("know", "Contact").objects
        people = [
            contact.create(account=accounts[n // 2], name=f"人{n}", department=" 采购 部") for n in range(4)
        ]
        drawn = [line.create(source=people[at], target=people[at + 1], kind="influence").pk for at in (0, 2)]
        gone = {"history_date": "2025-01-05T00:00:00Z", "history_type": "-", "kind": "conflict"}
        history.create(id=99, source_id=people[2].pk, target_id=people[3].pk, **gone)
        history.create(id=98, source_id=12345, target_id=people[3].pk, **gone)

        MigrationExecutor(con).migrate([AFTER])
        with con.cursor() as cursor:
            cursor.execute("SELECT id, account_id, map_id FROM structure_influence ORDER BY id")
            assert cursor.fetchall() == [(drawn[0], accounts[0].pk, None), (drawn[1], accounts[1].pk, None)]
            cursor.execute("SELECT id, account_id FROM structure_historicalinfluence ORDER BY id DESC")
            assert cursor.fetchall() == [(99, accounts[1].pk), (98, None)]
            cursor.execute("SELECT DISTINCT department FROM know_contact")
            assert cursor.fetchall() == [(" 采购 部",)]
        from keyaccount_web.know.models import Account

        told = departments_of(Account.objects.get(code="K0"))
        assert [(one.name, one.record, len(one.people)) for one in told] == [(" 采购 部", None, 2)]
