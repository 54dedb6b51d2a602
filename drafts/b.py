import time, sys
sys.path.insert(0,'/tmp/wt-prior')
import os; os.environ['TF_CPP_MIN_LOG_LEVEL']='3'
import keras, numpy as np
from keras import layers, ops
from sklearn.mixture import GaussianMixture
from course_utils import models, training, metrics
from course_utils.data import load_fashion_mnist
import tqdm
data=load_fashion_mnist(); rng=np.random.default_rng(training.set_seed(0))
t=time.process_time()
def tick(n):
    global t
    u=time.process_time(); print(f"   [{n}: {u-t:.1f} s]",flush=True); t=u
judge=keras.saving.load_model('/tmp/lab/judge.keras')
last=keras.Model(judge.inputs,judge.layers[-2].output)
def features(x): return last.predict(x.astype('float32'),batch_size=1000,verbose=0).astype(float)
def root(c):
    v,w=np.linalg.eigh(c); return w*np.sqrt(np.maximum(v,0))@w.T
def frechet(a,b):
    s=a.mean(0)-b.mean(0); A,B=np.cov(a.T),np.cov(b.T); r=root(A)
    return s@s+np.trace(A+B-2*root(r@B@r))
fval=features(data.x_val); ftest=features(data.x_test)
print('val-test',frechet(fval,ftest)); tick('f')
class Denoiser(keras.Model):
    def __init__(self,dim,width=256,depth=3,classes=0,lo=np.log(.02),hi=np.log(20.)):
        super().__init__()
        self.dim=dim; self.lo,self.hi=lo,hi
        x=keras.Input((dim,)); s=keras.Input((1,)); 
        freq=ops.arange(1,9,dtype='float32')*0.5
        emb=ops.concatenate([ops.sin(s*freq),ops.cos(s*freq)],-1)
        ins=[x,s]
        h=layers.Dense(width)(x)+layers.Dense(width)(emb)
        if classes:
            c=keras.Input((classes,)); ins.append(c); h=h+layers.Dense(width)(c)
        for _ in range(depth):
            h=h+layers.Dense(width)(layers.Dense(width,activation='gelu')(layers.LayerNormalization()(h))) if RES else layers.Dense(width,activation='gelu')(h)
        self.net=keras.Model(ins,layers.Dense(dim)(h))
        self.gen=keras.random.SeedGenerator(int(rng.integers(2**31)))
    def build(self,shape=None): pass
    def denoise(self,x,sigma,c=None):
        r=ops.sqrt(1+sigma**2)
        F=self.net([x/r,ops.log(sigma)]+([] if c is None else [c]))
        return x/r**2+sigma/r*F
    def call(self,inp):
        z,c=(inp[:,:self.dim],inp[:,self.dim:]) if inp.shape[1]>self.dim else (inp,None)
        n=ops.shape(z)[0]
        u=keras.random.normal(ops.shape(z),seed=self.gen)
        if SIG=='uniform': ls=keras.random.uniform((n,1),self.lo,self.hi,seed=self.gen)
        else: ls=SIG[0]+SIG[1]*keras.random.normal((n,1),seed=self.gen)
        s=ops.exp(ls)
        r=ops.sqrt(1+s**2); x=z+s*u
        if c is not None:
            c=c*ops.cast(keras.random.uniform((n,1),seed=self.gen)>.2,'float32')
        F=self.net([x/r,ls]+([] if c is None else [c]))
        target=(z*s-u)/r
        self.add_loss(ops.mean(ops.sum((F-target)**2,-1)))
        return F
RES=False; SIG='uniform'
def sigmas(n,lo=.02,hi=20.,rho=7):
    return np.append((hi**(1/rho)+np.linspace(0,1,n)*(lo**(1/rho)-hi**(1/rho)))**rho,0)
def compiled(den):
    import tensorflow as tf
    f=tf.function(lambda x,s:den.denoise(x,s),jit_compile=True)
    return lambda x,s:np.asarray(f(x.astype('float32'),np.full((len(x),1),s,'float32')))
def sample(D,n,dim,steps,kind='heun'):
    s=sigmas(steps if kind!='heun' else steps//2+1); x=s[0]*rng.standard_normal((n,dim))
    for a,b in zip(s[:-1],s[1:]):
        z=D(x,a)
        if kind=='ancestral':
            x=z+(b/a)**2*(x-z)+b*np.sqrt(1-(b/a)**2)*rng.standard_normal(x.shape)
            continue
        d=(x-z)/a; y=x+(b-a)*d
        if kind=='heun' and b>0:
            y=x+(b-a)*(d+(y-D(y,b))/b)/2
        x=y
    return x
N=10000
if __name__=='__main__':
  for name in sys.argv[1:]:
    vae=keras.saving.load_model(f'/tmp/lab/{name}.keras')
    dim=vae.latent_dim
    def score(z): return frechet(features(vae.decode(z)),fval)
    m,lv=vae.posterior(data.x_train); z=m+np.exp(lv/2)*rng.standard_normal(m.shape)
    mv,lvv=vae.posterior(data.x_val)
    zv=mv+np.exp(lvv/2)*rng.standard_normal(mv.shape)
    print(name,'recon val',frechet(features(vae.decode(zv)),fval),'recon 10000 train',score(z[:N]),score(m[:N]))
    print('N(0,1)',score(rng.standard_normal((N,dim)))); 
    mu,sd=z.mean(0),z.std(0)
    print('gauss',score(rng.multivariate_normal(mu,np.cov(z.T),N))); tick('x')
    for k in (20,50,100):
        g=GaussianMixture(k,random_state=0,max_iter=60,tol=1e-2).fit((z-mu)/sd)
        s=g.sample(N)[0]; print('mix',k,score(s*sd+mu),g.score((zv-mu)/sd),g.n_iter_); tick('mix')
    zz=((z-mu)/sd).astype('float32')
    for (w,dep,ep) in ((256,3,40),):
        den=Denoiser(dim,w,dep)
        h=training.fit(den,zz,epochs=ep,batch_size=500,learning_rate=3e-3)
        tick(f'train {w} {dep} {ep}'); print(h.train[0],h.train[-1])
        D=compiled(den)
        for kind,st in (('heun',50),('euler',50),('ancestral',50)):
            print(kind,st,score(sample(D,N,dim,st,kind)*sd+mu)); tick('s')
