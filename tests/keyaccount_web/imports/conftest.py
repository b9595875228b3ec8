"""Going through the wizard by its pages, as people do."""

import re
from html import unescape

import pytest

from keyaccount_web.imports.models import FileImport
from tests.keyaccount_web.imports.books import uploaded


@pytest.fixture
def wizard(as_user, django_capture_on_commit_callbacks):
    """`wizard(user).check(content)`, then `.start()`: posts what the pages' own forms hold."""

    class Wizard:
        def __init__(self, username, lang="zh"):
            self.client = as_user(username, lang=lang)
            self.pk = None

        def post(self, address, **fields):
            with django_capture_on_commit_callbacks(execute=True):
                return self.client.post(address, fields)

        def upload(self, content, *, kind="records", name="客户资料.xlsx"):
            answer = self.post(f"/imports/upload/{kind}/", file=uploaded(content, name))
            found = re.fullmatch(r"/imports/(\d+)/columns/", answer.headers.get("Location", ""))
            self.pk = int(found[1]) if found else None
            return answer

        def fields(self):
            """What the page of columns would post as it stands."""
            body = self.client.get(f"/imports/{self.pk}/columns/").content.decode()
            fields = dict(re.findall(r'<input type="hidden" name="(sheet-[^"]+)" value="([^"]*)"', body))
            for name, options in re.findall(
                r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.DOTALL
            ):
                chosen = re.search(r'value="([^"]*)" selected', options)
                fields[name] = unescape(chosen[1]) if chosen else ""
            return fields

        def check(self, content, *, kind="records", name="客户资料.xlsx", **fields):
            self.upload(content, kind=kind, name=name)
            answer = self.post(f"/imports/{self.pk}/columns/", **{**self.fields(), **fields})
            assert answer.status_code == 302, answer.content.decode()
            return self

        def start(self, **fields):
            answer = self.post(f"/imports/{self.pk}/start/", **fields)
            assert answer.status_code == 302
            return self

        @property
        def told(self):
            return FileImport.objects.get(pk=self.pk)

        @property
        def total(self):
            return self.told.report["counts"].get("all", {})

        def page(self, path=""):
            answer = self.client.get(f"/imports/{self.pk}/{path}", follow=True)
            return answer.content.decode()

        def reasons(self):
            """Row number → why it was refused."""
            from keyaccount_web.imports.tasks import row_reason

            refused = self.told.rows.filter(state="refused")
            return {(row.sheet, row.row): row_reason(row, "zh") for row in refused}

        def refused_book(self):
            answer = self.client.get(f"/imports/{self.pk}/refused.xlsx")
            assert answer.status_code == 200
            return b"".join(answer.streaming_content)

    return Wizard
