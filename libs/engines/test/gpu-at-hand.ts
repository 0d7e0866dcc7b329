import { gpuTests } from '@ciphernet/testing';
import { describe, it } from '@jest/globals';
import { openGpu } from '../src/webgpu/device.js';

/** Takes tests that need a GPU or SwiftShader. */
export const describeOnGpu = await gpuTests({ describe, it }, openGpu);
