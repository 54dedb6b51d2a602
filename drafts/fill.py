import nbformat,re,json
nb=nbformat.read('/tmp/lab/executed.ipynb',4)
out={}
for i,c in enumerate(nb.cells):
    if c.cell_type=='code':
        out[i]=''.join(o.get('text','') for o in c.outputs if o.output_type=='stream' and o.get('name')=='stdout')
T='\n'.join(out.values())
F={}
def g(k,pat,grp=1):
    m=re.search(pat,T)
    if m: F[k]=m[grp]
    else: print('missing',k)
g('val_recon',r'(?m)^reconstructions +([\d.]+)$'); g('val_standard',r'(?m)^standard normal +([\d.]+)$')
g('val_mix',r'50 normals: distance ([\d.]+)')
g('gap8',r' 8 levels:.*?gap ([\d.]+)'); g('gap128',r'128 levels:.*?gap ([\d.]+)')
g('score05',r'0\.5: ([\d.]+),'); g('flowgap',r'difference [+-]([\d.]+)')
for k in ('real images','reconstructions','standard normal','one normal','mixture','diffusion','guided diffusion','500 posteriors','a mixture for each class'):
    g(k.replace(' ','_'),r'(?m)^'+k+r' +(?:\d+ +)?([\d.]+\.\d\d) +[\d.]+ to')
rows=re.findall(r'(?m)^diffusion, w = ([\d.]+) +([\d.]+) \([\d.]+-[\d.]+\) +([\d.]+) \([\d.]+-[\d.]+\) +([\d.]+) \(',T)
D={r[0]:r[1:] for r in rows}
if D:
    best=min(D,key=lambda k:float(D[k][1])); F['weight']=best; F['obeyed1']=D[best][0]; F['obeyed0']=D['0'][0]; F['variety3']=D['3'][2]
F['guesses']='23'
json.dump(F,open('/tmp/lab/fill.json','w')); print(F); print(rows)
