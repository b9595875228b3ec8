"""How long do duplicates take at 100,000 accounts? One table in itself, and 100,000 candidates against it.

python benchmarks/duplicates.py [accounts]

Names are made as the demo company makes them (2,400 brands, so that each brand is borne by some 40 accounts), every tenth
account is a variant of another; half have a tax number, half a telephone.
"""

import random
import resource
import sys
import time

import pyarrow as pa

from keyaccount.demo import names
from keyaccount.demo.draws import Draws
from keyaccount.know.duplicates import AccountIndex, find_duplicates
from keyaccount.know.names import uscc_check_character


def accounts(count: int, seed: int) -> pa.Table:
    """So many accounts, 10% of them variants of the others."""
    chance, draws = random.Random(seed), Draws(seed, "benchmark")  # noqa: S311
    brands = names.brands(draws)
    rows = []
    for at in range(count):
        if at % 10 == 9:
            row = dict(chance.choice(rows))
            row["account_name"] = names.variant(row.pop("name"), chance.choice(names.VARIANTS))
            row["name"] = rows[0]["name"]
        else:
            name = names.profile(draws, chance.choice(brands), company_only=True).name
            row = {"name": name, "account_name": str(name)}
            row["tax_number"] = _tax_number(chance) if at % 2 else None
            row["phone"] = f"1{chance.randint(3, 9)}{chance.randint(0, 999_999_999):09}" if at % 3 else None
        rows.append(row | {"account_id": f"{seed}-{at:06}"})
    columns = ("account_id", "account_name", "tax_number", "phone")
    return pa.Table.from_pylist([{name: row[name] for name in columns} for row in rows])


def _tax_number(chance: random.Random) -> str:
    first = f"9133{chance.randint(0, 9999):04}{chance.randint(0, 999_999_999):09}"
    return first + uscc_check_character(first)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    own, others = accounts(count, 1), accounts(count, 2)
    begin = time.perf_counter()
    found = find_duplicates(own)
    print(f"{count:,} accounts in themselves: {time.perf_counter() - begin:.1f} s, {found.num_rows:,} pairs")
    begin = time.perf_counter()
    index = AccountIndex(own)
    built = time.perf_counter()
    found = index.similar_to(others)
    print(
        f"index: {built - begin:.1f} s; {count:,} candidates against it: {time.perf_counter() - built:.1f} s,"
        f" {found.num_rows:,} pairs; crowded: {len(index.crowded)}"
    )
    begin = time.perf_counter()
    for row in others.slice(0, 200).to_pylist():
        index.similar(row)
    print(f"one candidate: {(time.perf_counter() - begin) / 200 * 1000:.2f} ms")
    print(f"memory at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
