import sys; sys.path.insert(0,'tests'); sys.path.insert(0,'.')
import nbformat, test_notebooks as t
from pathlib import Path
p=Path("chapters/a_learned_prior.ipynb"); nb=nbformat.read(p,4)
for c in (t.check_title,t.check_first_cell,t.check_sections,t.check_columns,t.check_time,t.check_facts,t.check_cell_lengths,t.check_solutions,t.check_markdown,t.check_backend,t.check_no_leak,t.check_questions,t.check_guesses,t.check_numbers,t.check_figures):
    r=c(nb)
    if r: print(c.__name__); [print("   ",x) for x in r]
print(t.check_colab_link(nb,p), t.check_citations(nb,open('references.bib').read()))
from tools import reading_time; print(reading_time.minutes(nb))
