import time, sys, pickle
sys.path.insert(0,'/tmp/wt-prior')
import keras, numpy as np
from keras import layers, ops
from course_utils import models, training
from course_utils.data import load_fashion_mnist
data=load_fashion_mnist(); training.set_seed(0)
t=time.process_time()
def tick(n):
    global t
    u=time.process_time(); print(f"{n}: {u-t:.1f} s",flush=True); t=u
conv={"strides":2,"padding":"same","activation":"relu"}
judge=keras.Sequential([keras.Input((28,28,1)),layers.Conv2D(24,5,**conv),layers.Conv2D(48,3,**conv),layers.Flatten(),layers.Dropout(.3),layers.Dense(64,activation="relu"),layers.Dense(10)])
loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
training.fit(judge,data.x_train,data.y_train,loss=loss,epochs=4,batch_size=200,learning_rate=2e-3)
tick("judge")
judge.save('/tmp/lab/judge.keras')
print('acc',(judge.predict(data.x_val,verbose=0).argmax(1)==data.y_val).mean()); tick("acc")
for name,d,beta,ep in (("v16",16,1.0,6),("v64",64,0.1,6)):
    vae=models.dense_vae(d,widths=(256,128),sines=0,beta=beta)
    training.fit(vae,data.x_train,epochs=ep,batch_size=200,learning_rate=2.5e-3)
    tick(name); vae.save(f'/tmp/lab/{name}.keras')
    m,lv=vae.posterior(data.x_train); print(name,'mean std',np.sort(m.std(0))[::-1].round(2), 'post sd',np.exp(lv/2).mean(0).round(2))
