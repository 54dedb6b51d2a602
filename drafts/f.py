import sys
src=open('/tmp/lab/b.py').read().split("if __name__")[0]
sys.argv=['f']
exec(src)
eye=np.eye(10,dtype='float32')
vae=keras.saving.load_model('/tmp/lab/v32.keras')
m,lv=vae.posterior(data.x_train); z=m+np.exp(lv/2)*rng.standard_normal(m.shape); mu,sd=z.mean(0),z.std(0); dim=32
def sc(z): return round(frechet(features(vae.decode(z*sd+mu)),fval),2)
zz=((z-mu)/sd).astype('float32')
g=GaussianMixture(50,random_state=0,max_iter=60,tol=1e-2).fit(zz[:20000]); tick('mix50')
def samp(g,n,tau):
    x,w=g.sample(n); c=g.means_[w]; return c+tau*(x-c)
for tau in (1,.9,.8,.7,.6): print('mix50 tau',tau,sc(samp(g,N,tau)))
tick('s')
for K in (5,10):
    gs=[GaussianMixture(K,random_state=0,max_iter=60,tol=1e-2).fit(zz[data.y_train==c][:4000]) for c in range(10)]; tick(f'class {K}')
    for tau in (1,.9,.8,.7,.6):
        x=np.concatenate([samp(h,N//10,tau) for h in gs]); im=vae.decode(x*sd+mu)
        print('class',K,tau,round(frechet(features(im),fval),2),'obey',(judge.predict(im,batch_size=1000,verbose=0).argmax(1)==np.repeat(np.arange(10),N//10)).mean())
    tick('s')
i=rng.choice(len(m),500,replace=False)[rng.integers(0,500,N)]
print('500 posteriors',sc(((m[i]+np.exp(lv[i]/2)*rng.standard_normal((N,32)))-mu)/sd))
