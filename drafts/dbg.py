import os,sys,time,nbformat,traceback
os.environ["COURSE_CLAIMS_KEEP_GOING"]="1"; os.environ['TF_CPP_MIN_LOG_LEVEL']='3'
os.chdir('/tmp/wt-prior'); sys.path.insert(0,'.')
nb=nbformat.read('chapters/a_learned_prior.ipynb',4)
g={'__name__':'nb'}; k=0
skip=('draw_points(100_000)','score_errors','by_flow','plane_bound','to_points','drawn + np','wrong_share','log_density(fresh')
for i,c in enumerate(nb.cells):
    if c.cell_type!='code': continue
    k+=1
    if k==1: continue
    s=c.source
    if any(x in s for x in skip): continue
    if 'vae = train(' in s: s=s.split('vae = train(')[0]+"vae = keras.saving.load_model('/tmp/lab/v32.keras')"
    if 'def build_judge' in s: s="judge = keras.saving.load_model('/tmp/lab/judge.keras')\nlast_hidden = keras.Model(judge.inputs, judge.layers[-2].output)"
    s=s.replace('epochs=16 * repeats','epochs=4').replace('10_000','2_000').replace('else 2000','else 1000').replace('codes[:20_000]','codes[:8_000]').replace('(10, 50)','(10, 25, 50)' if False else '(10, 50)')
    t=time.time()
    try:
        exec(compile(s,f'cell{i}','exec'),g)
        last=s.rstrip().split('\n')
        import ast
        e=ast.parse(s).body[-1]
        if isinstance(e,ast.Expr) and ast.unparse(e).startswith('plots.'):
            eval(ast.unparse(e),g).savefig(f'/tmp/lab/fig_{i}.png',dpi=60)
    except Exception: print('ERR cell',i,c.source[:60]); traceback.print_exc(file=sys.stdout)
    print(f'[{i} {time.time()-t:.0f}s]',end=' ',flush=True)
