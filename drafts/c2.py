import time, sys
sys.argv=['c']
src=open('/tmp/lab/b.py').read().split("N=10000")[0]
src=src.replace("print('val-test',frechet(fval,ftest)); tick('f')","").replace("fval=features(data.x_val); ftest=features(data.x_test)","")
exec(src)
SIG=(-.7,1.3); RES=True
from course_utils import autodiff
# mixture in the plane
K=8; ang=np.arange(K)*2*np.pi/K
centres=1.3*np.stack([np.cos(ang),np.sin(ang)],1); w=np.arange(1,K+1)/np.arange(1,K+1).sum(); s0=.15
# standardise roughly unit variance
def draw(n):
    k=rng.choice(K,n,p=w); return centres[k]+s0*rng.standard_normal((n,2))
def logp(x,sig):
    v=s0**2+sig**2; sq=((x[:,None]-centres)**2).sum(-1)
    l=np.log(w)-sq/(2*v)-np.log(2*np.pi*v); m=l.max(1,keepdims=True)
    return (m[:,0]+np.log(np.exp(l-m).sum(1))), np.exp(l-m)/np.exp(l-m).sum(1,keepdims=True)
def score(x,sig):
    _,p=logp(x,sig); return (p@centres-x)/(s0**2+sig**2)
x=draw(100000); print(x.std(0))
tick('start')
for (w_,dep,ep,lr,sg) in ((32,2,40,1e-2,(-.7,1.2)),(48,2,40,1e-2,(-.7,1.2))):
    SIG=sg
    den=Denoiser(2,w_,dep); h=training.fit(den,x.astype('float32'),epochs=ep,batch_size=1000,learning_rate=lr); tick(f'train {w_} {dep} {ep}')
    D=compiled(den)
    for sig in (.02,.05,.1,.2,.5,1,2,5,10):
        n=x[:5000]+sig*rng.standard_normal((5000,2)); S=score(n,sig); L=(D(n,sig)-n)/sig**2
        print(f'{sig}: rel score err {np.sqrt(((S-L)**2).sum()/(S**2).sum()):.4f}',end=' ')
    print()
    # likelihood
    import tensorflow as tf
    net=den
    @tf.function(jit_compile=True)
    def field(xx,s):
        with tf.GradientTape(persistent=True) as t_:
            t_.watch(xx); d=net.denoise(xx,s)
            d0,d1=d[:,0],d[:,1]
        j0=t_.gradient(d0,xx)[:,0]; j1=t_.gradient(d1,xx)[:,1]
        return d,j0+j1
    tick('e')
    for steps in (30,100):
        test=draw(2000); y=test.copy(); ls=np.linspace(np.log(.02),np.log(20),steps+1); div=0
        def f(y,l):
            s=np.exp(l); d,tr=field(tf.constant(y.astype('float32')),tf.constant(np.full((len(y),1),s,'float32')))
            return y-d.numpy(), 2-tr.numpy()   # d/dlog sigma
        for a,b in zip(ls[:-1],ls[1:]):
            h_=b-a; k1,t1=f(y,a); k2,t2=f(y+h_*k1,b); y=y+h_*(k1+k2)/2; div=div+h_*(t1+t2)/2
        lp=-(y**2).sum(1)/(2*(400+1))-np.log(2*np.pi*(400+1))+div
        ex=logp(test,.02)[0]; e0=logp(test,0)[0]
        print(steps,'mean',lp.mean(),'exact blurred',ex.mean(),'exact',e0.mean(),'mean abs diff',np.abs(lp-e0).mean()); 
    tick('lik')
    g=sample(D,20000,2,50); k=((g[:,None]-centres)**2).sum(-1).argmin(1); print('shares',np.round(np.bincount(k,minlength=K)/20000-w,3)); tick('sample')
