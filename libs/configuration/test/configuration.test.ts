import { describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../src/configuration.js';

describe('the environment', () => {
  it('has defaults that need nothing', () => {
    const configuration = loadConfiguration({});
    expect(configuration.redisUrl).toBeUndefined();
    expect(configuration.blobFolder).toMatch(/\.data\/store$/);
  });

  it('takes an empty REDIS_URL as none', () => {
    expect(loadConfiguration({ REDIS_URL: '' }).redisUrl).toBeUndefined();
  });

  it.each([
    [{ REDIS_URL: 'localhost:6379' }, /REDIS_URL: .*redis:\/\/host/],
    [{ CIPHERNET_PREFIX: 'a:b' }, /CIPHERNET_PREFIX/],
    [{ CIPHERNET_DATA: '' }, /CIPHERNET_DATA/],
  ])('%j is refused with the variable’s name', (env, message) => {
    expect(() => loadConfiguration(env)).toThrow(message);
  });
});
