import nbformat
from tools import bindings
nb=nbformat.read("chapters/a_learned_prior.ipynb",4)
print("twice",bindings.bound_twice(nb)); print("changed",bindings.changed_elsewhere(nb))
for i,c in enumerate(nb.cells):
    if c.cell_type=="code" and i>4:
        w=max(map(len,c.source.splitlines()))
        if w>76: print(i,w,c.source[:60])
