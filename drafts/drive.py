import os,time,nbformat,sys
os.environ["COURSE_CLAIMS_KEEP_GOING"]="1"
from nbclient import NotebookClient
P='/tmp/wt-prior/chapters/a_learned_prior.ipynb'
nb=nbformat.read(P,4)
for c in nb.cells:
    if c.cell_type=='code': c.outputs=[]; c.execution_count=None
cl=NotebookClient(nb,timeout=None,kernel_name='python3',allow_errors=True,resources={'metadata':{'path':'/tmp/wt-prior/chapters'}})
def fresh(i):
    c=nbformat.read(P,4).cells[i]
    if c.cell_type=='code':
        c.outputs=[]; c.execution_count=None
        if os.environ.get('FAST') and 'vae = train(' in c.source: c.source=c.source.split('vae = train(')[0]+"vae = keras.saving.load_model('/tmp/lab/v32.keras')"
        if os.environ.get('FAST') and 'def build_judge' in c.source: c.source="judge = keras.saving.load_model('/tmp/lab/judge.keras')\nlast_hidden = keras.Model(judge.inputs, judge.layers[-2].output)"
    return c
with cl.setup_kernel():
    k=0; i=0
    while i<len(nb.cells):
        c=nb.cells[i]=fresh(i)
        if c.cell_type!='code': i+=1; continue
        k+=1; t=time.time()
        cl.execute_cell(c,i,execution_count=k)
        err=[o for o in c.outputs if o.output_type=='error']
        txt=''.join(o.get('text','') if o.output_type=='stream' and o.get('name')=='stdout' else (o.get('data',{}).get('text/plain','')+'\n' if o.output_type!='stream' and o.output_type!='error' else '') for o in c.outputs)
        print(f"[{i} {time.strftime('%H:%M:%S')} {time.time()-t:.0f}s] {c.source.splitlines()[0][:40]}\n{txt[:1500]}",flush=True)
        nbformat.write(nb,'/tmp/lab/executed.ipynb')
        if err:
            print('ERROR',err[0].ename,err[0].evalue[:600],'\n'.join(err[0].traceback)[-1500:],flush=True)
            while not os.path.exists('/tmp/lab/retry'): time.sleep(2)
            os.remove('/tmp/lab/retry')
            k-=1
            continue
        i+=1
print('DONE',flush=True)
