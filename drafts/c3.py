import time, sys
sys.argv=['c']
src=open('/tmp/lab/b.py').read().split("N=10000")[0]
src=src.replace("print('val-test',frechet(fval,ftest)); tick('f')","").replace("fval=features(data.x_val); ftest=features(data.x_test)","")
exec(src)
SIG=(-.7,1.3); RES=True
from course_utils import autodiff
# mixture in the plane
K=8; ang=np.arange(K)*2*np.pi/K
centres=1.3*np.stack([np.cos(ang),np.sin(ang)],1); w=np.arange(1,K+1)/np.arange(1,K+1).sum(); s0=.25
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

for tag,res,w_,dep,lr,bs,ep in (('LN',True,64,2,5e-3,2000,40),('plain',False,64,3,5e-3,2000,40),('plainlow',False,64,3,2e-3,2000,40)):
    RES=res; SIG=(-.7,1.2)
    den=Denoiser(2,w_,dep); h=training.fit(den,x.astype('float32'),epochs=ep,batch_size=bs,learning_rate=lr); tick('train '+tag)
    D=compiled(den)
    for sig in (.05,.1,.2,.5,1,2,5):
        n=x[:5000]+sig*rng.standard_normal((5000,2)); S=score(n,sig); L=(D(n,sig)-n)/sig**2
        print(f'{sig}: {np.sqrt(((S-L)**2).sum()/(S**2).sum()):.4f}',end=' ')
    print(flush=True)
