"""Accounts that grow towards the line, as the current run found them."""

from django.db import models


class Potential(models.Model):
    """One account on the list of potential (F8). Money [company currency a year, or a month where said]."""

    stays_on_merge = True
    """It is made of a run and goes over to no other account."""

    account = models.OneToOneField("know.Account", models.CASCADE, related_name="potential", primary_key=True)
    run = models.ForeignKey("runs.Run", models.CASCADE, related_name="+")
    measure = models.CharField(
        max_length=6, default="sales", choices=[("sales", "sales"), ("profit", "profit")]
    )
    """The basis of the run's list: what trend, line and expectation are of."""
    sales = models.DecimalField(max_digits=22, decimal_places=4)
    sales_year_before = models.DecimalField(max_digits=22, decimal_places=4)
    profit = models.DecimalField(max_digits=22, decimal_places=4, null=True)
    profit_year_before = models.DecimalField(max_digits=22, decimal_places=4, null=True)
    """None: measured by sales."""
    trend = models.DecimalField(max_digits=22, decimal_places=4)
    """By how much a month's sales (profit) grow from month to month."""
    trend_p = models.FloatField()
    expected_sales = models.DecimalField(max_digits=22, decimal_places=4)
    """The trend's next twelve months."""
    months_to_line = models.PositiveSmallIntegerField()
    """For those only who may see figures of the company: with the trend it gives the line away."""
    within = models.PositiveSmallIntegerField()
    """The same in whole half-years, for everybody [months]."""
    line = models.DecimalField(max_digits=22, decimal_places=4)

    class Meta:
        ordering = ("within", "-sales")
        indexes = (
            models.Index(fields=("within",)),
            models.Index(fields=("-sales",), name="potential_sales"),
            models.Index(fields=("months_to_line",)),
        )

    def __str__(self) -> str:
        return str(self.account)
