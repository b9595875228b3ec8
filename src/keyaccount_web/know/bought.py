"""What does an account buy, reckoned once for each state of the ledger? (K1)"""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence

from keyaccount.know.buying import BUYING_COLUMNS, Buying, buying_begins, buying_of
from keyaccount.ledger.store.few import FewLines, few_lines
from keyaccount_web.tables.ledger import VisibleLedger

KEPT = 500
"""Accounts whose figures a process remembers; some kilobytes each."""

_kept: OrderedDict[Hashable, Buying] = OrderedDict()
_lock = threading.Lock()


def what_it_buys(ledger: VisibleLedger, codes: Sequence[str], until: dt.date) -> Buying:
    """`buying` of the accounts, or what it said before of the same lines: a snapshot never changes."""
    whom = ledger.of_whom(codes)
    key = (ledger.store.place.name, ledger.snapshot, whom, until)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    wanted = FewLines(dict(whom), buying_begins(until), until)
    told = buying_of(few_lines(ledger.store, wanted, BUYING_COLUMNS), until)
    with _lock:
        _kept[key] = told
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return told
