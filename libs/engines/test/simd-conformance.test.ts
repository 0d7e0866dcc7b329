import { engineNamed } from '../src/engines.js';
import { describeEngine } from './conformance.js';

describeEngine(engineNamed('simd'), { reference: engineNamed('seal'), runs: 30 });
