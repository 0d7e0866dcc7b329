import { messageOf } from '@ciphernet/foundation';
import { describe, expect, it } from '@jest/globals';
import { openGpu } from '../src/webgpu/device.js';

async function missing(): Promise<string | undefined> {
  try {
    (await openGpu())[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

const reason = await missing();

/** Tests that need a GPU, or SwiftShader: skipped, with the reason as a name, where there is neither; never in CI, which installs one. */
export function describeOnGpu(body: () => void): void {
  if (reason === undefined) body();
  else if (process.env['CI'] === undefined) describe.skip(`skipped, since ${reason}`, body);
  else it('finds a GPU or SwiftShader', () => expect(reason).toBeUndefined());
}
