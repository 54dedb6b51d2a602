import json, sys
import nbformat
from nbformat.v4 import new_notebook, new_markdown_cell, new_code_cell
ROOT="/tmp/wt-prior/"
old=nbformat.read(ROOT+"chapters/finding_what_does_not_belong.ipynb",4)
first=[c for c in old.cells if c.cell_type=="code"][0].source
cells=[]; n=[0]
def ident():
    n[0]+=1; return f"prior-{n[0]:03d}"
def md(text, id=None):
    c=new_markdown_cell(text.strip("\n")); c["id"]=id or ident(); cells.append(c)
import re
def code(text, *tags, cap=None, alt=None, name=None, id=None):
    text=re.sub(r'(?m)^(( *)(?:def|class) [^\n]*:\n) +# (.+)$', r'\1\2    """\3"""', text)  # docstring
    c=new_code_cell(text.strip("\n")); c["id"]=id or ident()
    if cap: c.metadata["mystnb"]={"figure":{"caption":cap,"name":name},"image":{"alt":alt}}
    if tags: c.metadata["tags"]=list(tags)
    cells.append(c)
H="hide-input"; V="nbval-ignore-output"; R="report"; S="hide-cell"
exec(open("/tmp/lab/text.py").read())
nb=new_notebook(cells=cells, metadata=old.metadata)
nb.nbformat, nb.nbformat_minor = 4,5
nbformat.validate(nb)
nbformat.write(nb, ROOT+"chapters/a_learned_prior.ipynb")
print(len(cells),"cells")
