"""Does a reader learn what to do where Spark cannot be had?"""

import socket
import sys

import pytest

from keyaccount.ledger import spark
from keyaccount.ledger.spark import SparkError, on_spark


def refusal(url=None):
    with pytest.raises(SparkError) as error:
        on_spark(None, url)
    return error.value


class TestConnecting:
    def test_needs_the_extra(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "pyspark.sql", None)
        assert refusal().code == "spark.not_installed"

    def test_with_the_thin_client_needs_an_address(self, monkeypatch):
        pytest.importorskip("pyspark", reason="pyspark is not installed")
        monkeypatch.setattr(spark, "find_spec", lambda _: None)
        assert refusal().code == "spark.connect_only"
        assert refusal("local[2]").values["url"] == "local[2]"

    def test_to_spark_on_this_machine_needs_java(self, monkeypatch):
        pytest.importorskip("pyspark", reason="pyspark is not installed")
        monkeypatch.setenv("PATH", "")
        monkeypatch.delenv("JAVA_HOME", raising=False)
        assert refusal("local[2]").code == "spark.java_missing"

    def test_needs_an_address_that_makes_sense_and_shows_no_token(self, monkeypatch):
        pytest.importorskip("pyspark", reason="pyspark is not installed")
        monkeypatch.setenv("KEYACCOUNT_SPARK", "sc://spark.example:port/;token=secret")
        error = refusal()
        assert error.code == "spark.address"
        assert "secret" not in error.text("en")

    def test_needs_somebody_who_answers(self, monkeypatch):
        pytest.importorskip("pyspark", reason="pyspark is not installed")
        monkeypatch.setattr(spark, "CONNECT_SECONDS", 1)
        with socket.socket() as taken:  # held, but nobody listens
            taken.bind(("127.0.0.1", 0))
            error = refusal(f"sc://127.0.0.1:{taken.getsockname()[1]}/;user_id=u")
        assert error.code == "spark.unreachable"
        assert "user_id" not in error.text("en")
