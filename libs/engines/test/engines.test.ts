import { ENGINE_NAMES } from '@ciphernet/artifacts';
import { describe, expect, it } from '@jest/globals';
import { engineNamed } from '../src/engines.js';

describe('the engines', () => {
  it('are found by their names', () => {
    expect(ENGINE_NAMES.map((name) => engineNamed(name).name)).toEqual(ENGINE_NAMES);
  });

  it('have versions of their own', () => {
    expect(new Set(ENGINE_NAMES.map((name) => engineNamed(name).version)).size).toBe(ENGINE_NAMES.length);
  });

  it('are listed where a name is unknown', () => {
    expect(() => engineNamed('abacus')).toThrow(/unknown engine 'abacus'.*use one of simd, seal, webgpu/);
  });
});
