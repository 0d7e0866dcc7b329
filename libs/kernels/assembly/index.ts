export { modulusInit } from './modulus';
export { pack, centreRows, largest } from './pack';
export { gemm } from './gemm';
export { square2, square3 } from './square';
export { unpack } from './unpack';
export { minimalRoot, rootsInit } from './roots';
export { nttForward, nttInverse } from './ntt';
export { rescaleLast, rescaleLimb } from './rescale';
