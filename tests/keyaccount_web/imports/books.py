"""Workbooks as people send them, typed in the test."""

import io

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

ACCOUNTS = ("客户编号", "客户名称", "上级客户编号", "部门编号", "负责人用户名", "地区", "税号")
CONTACTS = ("客户编号", "联系人编号", "联系人姓名", "职务", "电话", "邮箱")
STAFF = ("用户名", "工号", "姓名", "邮箱", "角色", "部门编号", "到岗日期")
GROUPS = ("成员客户编号", "上级客户编号")


def book(**sheets):
    """An xlsx with sheets by name, each a list of rows."""
    told = openpyxl.Workbook()
    told.remove(told.active)
    for name, rows in sheets.items():
        sheet = told.create_sheet(name)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    told.save(stream)
    return stream.getvalue()


def rows_of(content):
    """Sheet → rows of an xlsx as text."""
    told = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in told}


def uploaded(content, name="客户资料.xlsx"):
    return SimpleUploadedFile(name, content, content_type="application/octet-stream")
