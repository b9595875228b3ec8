"""Files: told by content, refused where they could do harm, handed out only to who sees the account, gone after a while."""

import datetime as dt
import io
import struct
import zipfile
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from keyaccount_web.company.presets import change_setting
from keyaccount_web.work.attachments import attach, path_of, purge, remove, total_size
from keyaccount_web.work.file_kinds import KINDS, AttachmentError, kind_of, safe_name
from keyaccount_web.work.models import Attachment

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
MAIN = {"xlsx": "xl/workbook.xml", "docx": "word/document.xml", "pptx": "ppt/presentation.xml"}


def office(kind="xlsx", *, types=TYPES, **parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr(MAIN[kind], "<x/>")
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def picture(kind, size=(8, 8)):
    stream = io.BytesIO()
    Image.new("RGB", size, "teal").save(stream, kind)
    return stream.getvalue()


def encrypted():
    """The flag that a password leaves on each part."""
    content = bytearray(office())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + at] |= 1
            place = content.find(mark, place + 4)
    return bytes(content)


def huge_png():
    """40,000 × 40,000 pixels in a hundred bytes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def bomb():
    return office(xl__big="0" * (30 << 20))


class TestKindOf:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (PDF, "pdf"),
            (office("xlsx"), "xlsx"),
            (office("docx"), "docx"),
            (office("pptx"), "pptx"),
            (picture("PNG"), "png"),
            (picture("JPEG"), "jpeg"),
            (picture("GIF"), "gif"),
            (picture("WEBP"), "webp"),
            ("客户,金额\n云帆,12\n".encode(), "text"),
            ("\ufeff客户,金额\r\n".encode(), "text"),
            ("客户,金额\n云帆,12\n".encode("gb18030"), "text"),
        ],
    )
    def test_is_told_by_content(self, content, kind):
        assert kind_of(io.BytesIO(content)) == kind

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "attachment.empty"),
            (b"MZ\x90\x00\x03" + b"\x00" * 60, "attachment.kind"),
            (b"\x7fELF\x02\x01\x01" + b"\x00" * 60, "attachment.kind"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 60, "attachment.old_office"),
            (b"<!DOCTYPE html><html></html>", "attachment.markup"),
            (b"  \n<svg xmlns='http://www.w3.org/2000/svg'/>", "attachment.markup"),
            (b"hello <ScRiPt>alert(1)</script>", "attachment.markup"),
            (b"#!/bin/sh\nrm -rf /\n", "attachment.markup"),
            (office(**{"xl/vbaProject.bin": "x"}), "attachment.macros"),
            (office(types=TYPES.replace("<Types", "<Types a='application/vnd.ms-excel.sheet.macroEnabled.main+xml'")), "attachment.macros"),
            (office(xl__macrosheets__sheet1="x"), "attachment.macros"),
            (office(**{"xl/embeddings/a.exe": "MZ"}), "attachment.macros"),
            (encrypted(), "attachment.password"),
            (bomb(), "attachment.bomb"),
            (huge_png(), "attachment.bomb"),
            (office(**{"/etc/passwd": "x"}), "attachment.broken"),
            (office(**{"..__..__x": "x"}), "attachment.broken"),
            (office()[:-30], "attachment.broken"),
            (picture("PNG")[:40], "attachment.broken"),
            (b"\xff\xd8\xff\xe0" + b"<?php system(1); ?>", "attachment.broken"),
        ],
        ids=lambda one: one if isinstance(one, str) else None,
    )  # fmt: skip
    def test_refuses(self, content, code):
        with pytest.raises(AttachmentError) as caught:
            kind_of(io.BytesIO(content))
        assert caught.value.code == code

    def test_refuses_an_archive_that_is_no_office_file(self):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a.txt", "x")
        with pytest.raises(AttachmentError) as caught:
            kind_of(stream)
        assert caught.value.code == "attachment.kind"

    def test_refuses_a_damaged_part(self):
        content = bytearray(office(xl__sheet1="0123456789" * 50))
        place = content.find(b"xl/sheet1") + len("xl/sheet1") + 4
        content[place] ^= 0xFF
        with pytest.raises(AttachmentError) as caught:
            kind_of(io.BytesIO(bytes(content)))
        assert caught.value.code == "attachment.broken"


class TestSafeName:
    @pytest.mark.parametrize(
        ("name", "kind", "kept"),
        [
            ("合同 2026（终稿）.pdf", "pdf", "合同 2026（终稿）.pdf"),
            ("photo.JPEG", "jpeg", "photo.jpeg"),
            ("invoice.pdf.exe", "pdf", "invoice.pdf.exe.pdf"),
            ("../../etc/passwd", "text", "passwd.txt"),
            ("C:\\Users\\x\\清单.csv", "text", "清单.csv"),
            ("a\u202efdp.exe", "pdf", "afdp.exe.pdf"),
            ("a\r\nSet-Cookie: x.pdf", "pdf", "aSet-Cookie x.pdf"),
            ("...", "png", "file.png"),
            ("", "xlsx", "file.xlsx"),
            ("长" * 300 + ".xlsx", "xlsx", "长" * 115 + ".xlsx"),
        ],
    )
    def test_keeps_what_people_read_and_ends_as_what_it_is(self, name, kind, kept):
        assert safe_name(name, kind) == kept


class TestAttach:
    def test_keeps_content_once_under_its_hash(self, company, about, settings):
        owner = company.users["owner"]
        one = attach(owner, about("K7101"), "甲.pdf", [PDF])
        other = attach(owner, about("K7102"), "乙.pdf", [PDF[:5], PDF[5:]])
        assert one.sha256 == other.sha256
        assert path_of(one.sha256).read_bytes() == PDF
        assert path_of(one.sha256).is_relative_to(settings.HOME / "files")
        assert total_size(company.accounts["K7101"]) == len(PDF)

    def test_refuses_what_is_too_large(self, company, about):
        change_setting("file.most_megabytes", 1)
        with pytest.raises(AttachmentError) as caught:
            attach(company.users["owner"], about("K7101"), "a.txt", [b"a" * (1 << 20), b"a"])
        assert caught.value.code == "attachment.too_large"

    def test_is_purged_after_thirty_days_and_content_only_when_nobody_needs_it(self, company, about):
        owner, now = company.users["owner"], timezone.now()
        one = attach(owner, about("K7101"), "甲.pdf", [PDF])
        other = attach(owner, about("K7102"), "乙.pdf", [PDF])
        remove(one, owner)
        assert purge(now + dt.timedelta(days=29)) == 0
        assert purge(now + dt.timedelta(days=31)) == 1
        assert path_of(one.sha256).exists()
        remove(other, owner)
        assert purge(now + dt.timedelta(days=31)) == 1
        assert not path_of(one.sha256).exists()
        assert not Attachment.objects.exists()


class TestPages:
    def upload(self, client, account, *files, **told):
        data = {"about": f"account:{account.pk}", "file": list(files)}
        return client.post("/files/add/", data, **told)

    def test_take_and_hand_out(self, company, as_user):
        client, account = as_user("owner"), company.accounts["K7101"]
        good = SimpleUploadedFile("合同 终稿.pdf", PDF, content_type="text/html")
        bad = SimpleUploadedFile("清单.xlsx", b"MZ\x00\x01")
        body = self.upload(client, account, good, bad, headers={"HX-Request": "true"}).content.decode()
        assert "已保存：合同 终稿.pdf" in body
        assert "清单.xlsx：" in body
        kept = Attachment.objects.get()
        answer = client.get(f"/files/{kept.pk}/")
        assert b"".join(answer.streaming_content) == PDF
        assert answer.headers["Content-Disposition"] == (
            "attachment; filename*=utf-8''%E5%90%88%E5%90%8C%20%E7%BB%88%E7%A8%BF.pdf"
        )
        assert answer.headers["Content-Type"] == KINDS["pdf"].media_type
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        page = client.get(f"/accounts/{account.pk}/files/").content.decode()
        assert "合同 终稿.pdf" in page
        assert f"共 {len(PDF)} B" in page

    def test_take_back_and_bring_back(self, company, as_user, about):
        kept = attach(company.users["owner"], about("K7101"), "合同.pdf", [PDF])
        client, page = as_user("owner"), f"/accounts/{company.accounts['K7101'].pk}/files/"
        client.post(f"/files/{kept.pk}/remove/")
        assert client.get(f"/files/{kept.pk}/").status_code == 404
        assert "30 天内可以恢复" in client.get(page).content.decode()
        assert "合同.pdf" not in as_user("service").get(page).content.decode()
        client.post(f"/files/{kept.pk}/back/")
        answer = client.get(f"/files/{kept.pk}/")
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content) == PDF

    @pytest.mark.parametrize(
        ("name", "gets", "removes"),
        [
            ("owner", 200, 302),
            ("head", 200, 302),
            ("service", 200, 403),
            ("stranger", 404, 404),
            ("admin", 404, 404),
        ],
    )
    def test_are_open_to_whom(self, company, as_user, about, name, gets, removes):
        kept = attach(company.users["owner"], about("K7101"), "合同.pdf", [PDF])
        answer = as_user(name).get(f"/files/{kept.pk}/")
        if answer.streaming:
            b"".join(answer.streaming_content)  # at its end the client closes it, but not the database
        assert answer.status_code == gets
        assert as_user(name).post(f"/files/{kept.pk}/remove/").status_code == removes

    def test_refuse_to_put_files_where_one_may_not_see(self, company, as_user):
        answer = self.upload(as_user("owner"), company.accounts["K7401"], SimpleUploadedFile("a.pdf", PDF))
        assert answer.status_code == 404
        assert not Attachment.objects.exists()

    def test_say_that_no_file_was_chosen(self, company, as_user):
        client = as_user("owner")
        answer = client.post("/files/add/", {"about": f"account:{company.accounts['K7101'].pk}"}, follow=True)
        assert "请先选择文件" in answer.content.decode()

    def test_answer_404_where_the_content_is_lost(self, company, as_user, about):
        kept = attach(company.users["owner"], about("K7101"), "合同.pdf", [PDF])
        path_of(kept.sha256).unlink()
        assert as_user("owner").get(f"/files/{kept.pk}/").status_code == 404
