import os,sys,time,nbformat
os.environ["COURSE_CLAIMS_KEEP_GOING"]="1"; os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL','3')
os.chdir('/tmp/wt-prior'); sys.path.insert(0,'.')
nb=nbformat.read('chapters/a_learned_prior.ipynb',4)
g={'__name__':'nb'}
from pathlib import Path
k=0
for i,c in enumerate(nb.cells):
    if c.cell_type!='code': continue
    k+=1
    if k==1: continue
    t=time.process_time(); w=time.time()
    src=c.source
    if os.environ.get('FAST') and 'vae = train(' in src: src=src.split('vae = train(')[0]+"vae = keras.saving.load_model('/tmp/lab/v32.keras')"
    if os.environ.get('FAST') and 'def build_judge' in src: src="judge = keras.saving.load_model('/tmp/lab/judge.keras')\nlast_hidden = keras.Model(judge.inputs, judge.layers[-2].output)"
    src=src; lines=src.splitlines()
    try:
        code=compile(src,f'cell{i}','exec'); exec(code,g)
        import ast
        last=ast.parse(src).body[-1]
        if isinstance(last,ast.Expr) and 'plots.' in ast.unparse(last)[:8]:
            f=eval(ast.unparse(last),g); f.savefig(f'/tmp/lab/fig_{i}.png',dpi=80)
    except Exception as e:
        import traceback; traceback.print_exc(limit=-3)
        if not os.environ.get('GO'): break
    dt=time.process_time()-t
    if dt>1: print(f'      [cell {i}: {dt:.1f} cpu {time.time()-w:.1f} wall] {lines[0][:50]}',flush=True)
