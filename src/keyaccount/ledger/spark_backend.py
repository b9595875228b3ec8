"""How does Ibis speak with Spark so that results come back exact and quickly, and its troubles as errors of ours?

Importing this module needs the extra `spark`, or the whole of pyspark.
"""

from typing import Any

from ibis.backends.pyspark import Backend
from ibis.backends.pyspark.datatypes import PySparkSchema
from ibis.formats.pyarrow import PyArrowData

from keyaccount.ledger.spark import spark_errors


class SparkBackend(Backend):  # type: ignore[misc]
    """Ibis's Spark backend, with tables going to and fro as Arrow; Ibis makes a Python object of every decimal."""

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None, **_: Any) -> Any:
        """Run `expr` on Spark. Raises SparkError `spark.failed`."""
        table = expr.as_table()
        with spark_errors("spark.failed"):
            self._run_pre_execute_hooks(expr)
            told = self.raw_sql(self.compile(table, params=params, limit=limit)).toArrow()
        return expr.__pyarrow_result__(PyArrowData.convert_table(told, table.schema()))

    def _register_in_memory_table(self, op: Any) -> None:
        table = self._session.createDataFrame(
            op.data.to_pyarrow(op.schema), schema=PySparkSchema.from_ibis(op.schema)
        )
        table.createOrReplaceTempView(op.name)
