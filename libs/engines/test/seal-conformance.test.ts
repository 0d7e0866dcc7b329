import { engineNamed } from '../src/engines.js';
import { describeEngine } from './conformance.js';

describeEngine(engineNamed('seal'), { runs: 16 });
