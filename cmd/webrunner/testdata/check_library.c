/* What the functions of check_library.txt do, as plainly as can be. */
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#define BL long
#define DOT(N,T) T N(BL n,const T*x,BL ix,const T*y,BL iy){T s=0;for(BL i=0;i<n;i++)s+=x[i*ix]*y[i*iy];return s;}
DOT(sdot,float) DOT(ddot,double)
#define AXPY(N,T) int N(BL n,BL a0,BL a1,T a,T*x,BL ix,T*y,BL iy,T*d,BL d2){for(BL i=0;i<n;i++)y[i*iy]+=a*x[i*ix];return 0;}
AXPY(saxpy,float) AXPY(daxpy,double)
#define SCAL(N,T) int N(BL n,BL a0,BL a1,T a,T*x,BL ix,T*y,BL iy,T*d,BL d2){for(BL i=0;i<n;i++)x[i*ix]*=a;return 0;}
SCAL(sscal,float) SCAL(dscal,double)
#define ASUM(N,T) T N(BL n,const T*x,BL ix){T s=0;for(BL i=0;i<n;i++)s+=x[i*ix]<0?-x[i*ix]:x[i*ix];return s;}
ASUM(sasum,float) ASUM(dasum,double)
#define NRM(N,T) T N(BL n,const T*x,BL ix){long double s=0;for(BL i=0;i<n;i++)s+=(long double)x[i*ix]*x[i*ix]; long double r; __asm__("fsqrt":"=t"(r):"0"(s)); return r;}
NRM(snrm2,float) NRM(dnrm2,double)
BL isamax(BL n,const float*x,BL ix){BL b=0;float m=-1;for(BL i=0;i<n;i++){float v=x[i*ix]<0?-x[i*ix]:x[i*ix];if(v>m){m=v;b=i+1;}}return b;}
BL idamin(BL n,const double*x,BL ix){BL b=0;double m=1e308;for(BL i=0;i<n;i++){double v=x[i*ix]<0?-x[i*ix]:x[i*ix];if(v<m){m=v;b=i+1;}}return b;}
float samax(BL n,const float*x,BL ix){float m=0;for(BL i=0;i<n;i++){float v=x[i*ix]<0?-x[i*ix]:x[i*ix];if(v>m)m=v;}return m;}
int scopy(BL n,const float*x,BL ix,float*y,BL iy){for(BL i=0;i<n;i++)y[i*iy]=x[i*ix];return 0;}
int sswap(BL n,BL a,BL b,float c,float*x,BL ix,float*y,BL iy,float*d,BL e){for(BL i=0;i<n;i++){float t=x[i*ix];x[i*ix]=y[i*iy];y[i*iy]=t;}return 0;}
int srot(BL n,float*x,BL ix,float*y,BL iy,float c,float s){for(BL i=0;i<n;i++){float t=c*x[i*ix]+s*y[i*iy];y[i*iy]=c*y[i*iy]-s*x[i*ix];x[i*ix]=t;}return 0;}
int sgemv_n(BL m,BL n,BL d,float al,float*a,BL lda,float*x,BL ix,float*y,BL iy,float*buf){for(BL j=0;j<n;j++)for(BL i=0;i<m;i++)y[i*iy]+=al*a[i+j*lda]*x[j*ix];return 0;}
int dgemv_t(BL m,BL n,BL d,double al,double*a,BL lda,double*x,BL ix,double*y,BL iy,double*buf){for(BL j=0;j<n;j++){double s=0;for(BL i=0;i<m;i++)s+=a[i+j*lda]*x[i*ix];y[j*iy]+=al*s;}return 0;}
int sger(BL m,BL n,BL d,float al,float*x,BL ix,float*y,BL iy,float*a,BL lda,float*buf){for(BL j=0;j<n;j++)for(BL i=0;i<m;i++)a[i+j*lda]+=al*x[i*ix]*y[j*iy];return 0;}
void fmul(float*d,const float*a,const float*b,int n){for(int i=0;i<n;i++)d[i]=a[i]*b[i];}
void fmac(float*d,const float*a,float m,int n){for(int i=0;i<n;i++)d[i]+=a[i]*m;}
void fmuls(float*d,const float*a,float m,int n){for(int i=0;i<n;i++)d[i]=a[i]*m;}
void fmuladd(float*d,const float*a,const float*b,const float*c,int n){for(int i=0;i<n;i++)d[i]=a[i]*b[i]+c[i];}
void fmulrev(float*d,const float*a,const float*b,int n){for(int i=0;i<n;i++)d[i]=a[i]*b[n-1-i];}
void fmulwin(float*dst,const float*s0,const float*s1,const float*win,int len){dst+=len;win+=len;s0+=len;for(int i=-len,j=len-1;i<0;i++,j--){float a=s0[i],b=s1[j],wi=win[i],wj=win[j];dst[i]=a*wj-b*wi;dst[j]=a*wi+b*wj;}}
void butter(float*a,float*b,int n){for(int i=0;i<n;i++){float t=a[i]-b[i];a[i]+=b[i];b[i]=t;}}
float sprod(const float*a,const float*b,int n){float p=0;for(int i=0;i<n;i++)p+=a[i]*b[i];return p;}
void dmuls(double*d,const double*a,double m,int n){for(int i=0;i<n;i++)d[i]=a[i]*m;}
void bswap32(uint32_t*d,const uint32_t*s,int w){for(int i=0;i<w;i++)d[i]=__builtin_bswap32(s[i]);}
void i2f(float*d,const int32_t*s,float m,int n){for(int i=0;i<n;i++)d[i]=s[i]*m;}
void diffb(uint8_t*d,const uint8_t*a,const uint8_t*b,ptrdiff_t w){for(ptrdiff_t i=0;i<w;i++)d[i]=a[i]-b[i];}
void addb(uint8_t*d,const uint8_t*a,ptrdiff_t w){for(ptrdiff_t i=0;i<w;i++)d[i]+=a[i];}
int sad(const uint8_t*a,ptrdiff_t sa,const uint8_t*b,ptrdiff_t sb){int s=0;for(int y=0;y<16;y++)for(int x=0;x<16;x++){int d=a[y*sa+x]-b[y*sb+x];s+=d<0?-d:d;}return s;}
int sad16(void*c,const uint8_t*a,const uint8_t*b,ptrdiff_t st,int h){int s=0;for(int y=0;y<h;y++)for(int x=0;x<16;x++){int d=a[y*st+x]-b[y*st+x];s+=d<0?-d:d;}return s;}
int sse16(void*c,const uint8_t*a,const uint8_t*b,ptrdiff_t st,int h){int s=0;for(int y=0;y<h;y++)for(int x=0;x<16;x++){int d=a[y*st+x]-b[y*st+x];s+=d*d;}return s;}
void addsq(float*dst,const float*src,int n){for(int i=0;i<n;i++)dst[i]+=src[2*i]*src[2*i]+src[2*i+1]*src[2*i+1];}
static uint8_t clip(int v){return v<0?0:v>255?255:v;}
void avg(uint8_t*d,ptrdiff_t st,const int16_t*a,const int16_t*b,int w,int h){for(int y=0;y<h;y++)for(int x=0;x<w;x++)d[y*st+x]=clip((a[y*w+x]+b[y*w+x]+16)>>5);}
void blend(uint8_t*d,ptrdiff_t st,const uint8_t*t,int w,int h,const uint8_t*m){for(int y=0;y<h;y++)for(int x=0;x<w;x++)d[y*st+x]=(d[y*st+x]*(64-m[y*w+x])+t[y*w+x]*m[y*w+x]+32)>>6;}
void wavg(uint8_t*d,ptrdiff_t st,const int16_t*a,const int16_t*b,int w,int h,int wt){for(int y=0;y<h;y++)for(int x=0;x<w;x++)d[y*st+x]=clip((a[y*w+x]*wt+b[y*w+x]*(16-wt)+128)>>8);}
void sgemm_ref(long m,long n,long k,const float*al,const float*a,const float*b,const float*be,float*c,long rs,long cs,const void*d,const void*e){for(long i=0;i<m;i++)for(long j=0;j<n;j++){float s=0;for(long p=0;p<k;p++)s+=a[p*m+i]*b[p*n+j];float o=*be==0?0:*be*c[i*rs+j*cs];c[i*rs+j*cs]=o+*al*s;}}
#define SINCOS long double a=6.28318530717958647692528676655900577L*(j*k%S)/S,c,s;__asm__("fsincos":"=t"(c),"=u"(s):"0"(a));
#define DFT(N,Z,T) void N(const T*ri,const T*ii,T*ro,T*io,const BL*is,const BL*os,BL v,BL ivs,BL ovs){enum{S=Z};for(BL b=0;b<v;b++)for(int k=0;k<S;k++){long double re=0,im=0;for(int j=0;j<S;j++){SINCOS BL at=b*ivs+is[j];re+=c*ri[at]+s*ii[at];im+=c*ii[at]-s*ri[at];}ro[b*ovs+os[k]]=re;io[b*ovs+os[k]]=im;}}
DFT(dft8f,8,float) DFT(dft16f,16,float) DFT(dft5,5,double) DFT(dft13,13,double)
void dftv8f(const float*x,const float*ii,float*y,float*io,const BL*is,const BL*os,BL v,BL ivs,BL ovs){enum{S=8};for(BL b=0;b<v;b++)for(int k=0;k<S;k++){long double re=0,im=0;for(int j=0;j<S;j++){SINCOS BL at=b*ivs+is[j];re+=c*x[at]+s*x[at+1];im+=c*x[at+1]-s*x[at];}y[b*ovs+os[k]]=re;y[b*ovs+os[k]+1]=im;}}
