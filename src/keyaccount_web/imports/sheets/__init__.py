"""How do records of other chapters come in and go out as sheets of a workbook? Each chapter declares its own.

add_sheet(Sheet("needs", Need, order=30, records=…, told=…, values=…, words={"topic": …}))

`registry` has the declaration, `links` what codes stand for, `judging` what a row would change, `writing` the writing and taking
back, `exporting` the way out.
"""
