"""How orders and obligations stand at a moment: computed, never stored as a judgement.

`orders` and `obligations` are pure and work on definite moments.  Dates are not
definite: `facts` reads each of them twice, at its earliest and at its latest,
and the answer is that of the earliest; it is certain if the latest gives the
same.  `periods` keeps the answers of all moments in a table, for lists across cases.
"""
