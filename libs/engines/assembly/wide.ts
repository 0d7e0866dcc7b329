export { gemm } from './gemm-wide';
