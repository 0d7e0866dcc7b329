import { describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../src/configuration.js';

describe('the environment', () => {
  it('has defaults that need nothing', () => {
    const configuration = loadConfiguration({});
    expect(configuration.redisUrl).toBeUndefined();
    expect(configuration.blobFolder).toMatch(/\.data\/store$/);
  });

  it('say nothing of keys, passphrases, labels or reports: those are the owner’s', () => {
    const configuration = loadConfiguration({ CIPHERNET_PASSPHRASE: 'secret words', CIPHERNET_DATA: '/somewhere' });
    const telling = Object.keys(configuration).filter((name) => /key|pass|secret|report|record|client/i.test(name));
    // The model owner's key is compute's own, not the data owner's.
    expect(telling).toEqual(['modelKeyFile']);
    expect(JSON.stringify(configuration)).not.toMatch(/secret words|keys|reports/);
  });

  it('keeps a local cache of a remote store where it is asked to', () => {
    expect(loadConfiguration({}).blobCache).toBeUndefined();
    const { blobCache } = loadConfiguration({ CIPHERNET_CACHE_GB: '0.5', CIPHERNET_DATA: '/somewhere' });
    expect(blobCache).toEqual({ folder: '/somewhere/blob-cache', maxBytes: 5e8 });
  });

  it('gives running jobs half a minute to finish, or as long as it is told', () => {
    expect(loadConfiguration({}).stopSeconds).toBe(30);
    expect(loadConfiguration({ CIPHERNET_STOP_SECONDS: '600' }).stopSeconds).toBe(600);
  });

  it('lets jobs be silent for a quarter of an hour, or as long as it is told, and not for ever', () => {
    expect(loadConfiguration({}).silenceSeconds).toBe(900);
    expect(loadConfiguration({ CIPHERNET_SILENCE_SECONDS: '60' }).silenceSeconds).toBe(60);
    expect(() => loadConfiguration({ CIPHERNET_SILENCE_SECONDS: '0' })).toThrow(/CIPHERNET_SILENCE_SECONDS/);
  });

  it('takes an empty REDIS_URL as none', () => {
    expect(loadConfiguration({ REDIS_URL: '' }).redisUrl).toBeUndefined();
  });

  it('names accepted workers and data owners, separated by commas or blanks; nobody by default', () => {
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
    const { acceptedOwners, acceptedWorkers } = loadConfiguration({ CIPHERNET_OWNERS: `${a}, ${b}` });
    expect([acceptedOwners, acceptedWorkers]).toEqual([[a, b], []]);
  });

  it.each([
    [{ REDIS_URL: 'localhost:6379' }, /REDIS_URL: .*redis:\/\/host/],
    [{ CIPHERNET_PREFIX: 'a:b' }, /CIPHERNET_PREFIX/],
    [{ CIPHERNET_DATA: '' }, /CIPHERNET_DATA/],
    [{ CIPHERNET_CACHE_GB: 'all' }, /CIPHERNET_CACHE_GB: must be gigabytes/],
    [{ CIPHERNET_CACHE_GB: '-1' }, /CIPHERNET_CACHE_GB/],
    [{ CIPHERNET_OWNERS: 'somebody' }, /CIPHERNET_OWNERS/],
    [{ CIPHERNET_WORKERS: `${'a'.repeat(64)}, b` }, /CIPHERNET_WORKERS/],
    [{ CIPHERNET_STOP_SECONDS: 'soon' }, /CIPHERNET_STOP_SECONDS: must be seconds/],
  ])('%j is refused with the variable’s name', (env, message) => {
    expect(() => loadConfiguration(env)).toThrow(message);
  });
});
