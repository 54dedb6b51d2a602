import sys
src=open('/tmp/lab/b.py').read().split("if __name__")[0]
sys.argv=['e']
exec(src)
eye=np.eye(10,dtype='float32')
vae=keras.saving.load_model('/tmp/lab/v32.keras')
m,lv=vae.posterior(data.x_train); z=m+np.exp(lv/2)*rng.standard_normal(m.shape); mu,sd=z.mean(0),z.std(0); dim=32
print('posterior sd/sd',np.sort((np.exp(lv/2).mean(0)/sd)).round(2))
def sc(z): return frechet(features(vae.decode(z)),fval)
zz=((z-mu)/sd).astype('float32'); cc=np.concatenate([zz,eye[data.y_train]],1)
import tensorflow as tf
def run(tag,lo,hi,ep=20,batch=250,w=256,dep=2,lr=3e-3,cond=False):
    den=Denoiser(dim,w,dep,classes=10 if cond else 0,lo=np.log(lo),hi=np.log(hi))
    h=training.fit(den,cc if cond else zz,epochs=ep,batch_size=batch,learning_rate=lr); tick(tag)
    if cond:
        f=tf.function(lambda x,s,c:den.denoise(x,s,c),jit_compile=True)
        y=eye[rng.integers(0,10,N)]
        Dn=lambda x,s:np.asarray(f(x.astype('float32'),np.full((len(x),1),s,'float32'),0*y))
        Dc=lambda x,s:np.asarray(f(x.astype('float32'),np.full((len(x),1),s,'float32'),y))
        Ds={'null':Dn,'lab':Dc}
    else: Ds={'':compiled(den)}
    for nm,D in Ds.items():
      for kind,st in (('heun',30),('euler',50),('ancestral',50)):
        s0=sigmas(st if kind!='heun' else st//2+1,lo=.05,hi=10.)
        globals()['sigmas']=lambda n,s0=s0:s0
        print(tag,nm,kind,st,round(sc(sample(D,N,dim,st,kind)*sd+mu),2),end='; '); globals()['sigmas']=SG
    tick('s')
SG=sigmas
SIG=(-.5,1.); RES=False
run('lognormal',.05,10)
RES=True
run('lognormal res',.05,10,w=192)
SIG='uniform'
run('uniform res',.05,10,w=192)
SIG=(-.5,1.); RES=True
run('cond res ln',.05,10,w=192,cond=True)
