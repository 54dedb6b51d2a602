import sys
src=open('/tmp/lab/b.py').read().split("if __name__")[0]
sys.argv=['d']
exec(src)
from scipy.special import softmax
def logits(x): return judge.predict(x.astype('float32'),batch_size=1000,verbose=0)
eye=np.eye(10,dtype='float32')
vae=models.dense_vae(32,widths=(256,128),sines=0,beta=0.2)
training.fit(vae,data.x_train,epochs=6,batch_size=200,learning_rate=2.5e-3); tick('v32'); vae.save('/tmp/lab/v32.keras')
def prep(vae):
    m,lv=vae.posterior(data.x_train); z=m+np.exp(lv/2)*rng.standard_normal(m.shape)
    return z,z.mean(0),z.std(0)
z,mu,sd=prep(vae); dim=32
def sc(z): return frechet(features(vae.decode(z)),fval)
mv,lvv=vae.posterior(data.x_val); zv=mv+np.exp(lvv/2)*rng.standard_normal(mv.shape)
print('recon val',frechet(features(vae.decode(zv)),fval),'train10000',sc(z[:N]))
print('N01',sc(rng.standard_normal((N,dim))),'gauss',sc(rng.multivariate_normal(mu,np.cov(z.T),N)));tick('e')
zz=((z-mu)/sd).astype('float32')
for k,n in ((20,55000),(50,20000)):
    g=GaussianMixture(k,random_state=0,max_iter=60,tol=1e-2).fit(zz[:n]); tick(f'mix {k} {n}')
    print('mix',k,n,sc(g.sample(N)[0]*sd+mu),g.score((zv-mu)/sd),g.n_iter_)
den=Denoiser(dim,256,2,classes=10)
h=training.fit(den,np.concatenate([zz,eye[data.y_train]],1),epochs=20,batch_size=250,learning_rate=3e-3); tick('train cond 256,2,20'); print(h.train[::5],h.train[-1])
import tensorflow as tf
@tf.function(jit_compile=True)
def dd(x,s,c): return den.denoise(x,s,c)
def D(c,w):
    c=c.astype('float32')
    def f(x,s):
        x=x.astype('float32'); ss=np.full((len(x),1),s,'float32')
        a=np.asarray(dd(x,ss,c))
        return a if w==0 else a+w*(a-np.asarray(dd(x,ss,0*c)))
    return f
y=rng.permutation(np.arange(N)%10)
for kind,st in (('heun',20),('heun',50),('ancestral',50),('ancestral',100)):
    print('null',kind,st,sc(sample(D(0*eye[y],0),N,dim,st,kind)*sd+mu)); tick('s')
for w in (0,1,3):
    x=vae.decode(sample(D(eye[y],w),N,dim,30)*sd+mu); p=logits(x).argmax(1)
    print('guided',w,frechet(features(x),fval),'obey',(p==y).mean()); tick('s')
vae=keras.saving.load_model('/tmp/lab/v64.keras'); z,mu,sd=prep(vae); dim=64; zz=((z-mu)/sd).astype('float32')
den64=Denoiser(64,256,2); h=training.fit(den64,zz,epochs=20,batch_size=250,learning_rate=3e-3); tick('v64 train')
D64=compiled(den64)
for kind,st in (('heun',30),('ancestral',50)): print('v64',kind,st,sc(sample(D64,N,64,st,kind)*sd+mu)); tick('s')
