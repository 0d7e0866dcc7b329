import { engineNamed } from '../src/engines.js';
import { describeEngine } from './conformance.js';
import { describeOnGpu } from './gpu-at-hand.js';

describeOnGpu(() => describeEngine(engineNamed('webgpu'), { reference: engineNamed('simd'), runs: 30 }));
