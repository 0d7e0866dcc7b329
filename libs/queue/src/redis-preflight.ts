import { InputError, UnavailableError } from '@ciphernet/foundation';
import { Redis } from 'ioredis';

const TIME_LIMIT_MS = 5000;
/** BullMQ needs LMOVE and friends. */
const MIN_VERSION = [6, 2] as const;

/** Address without credentials, for messages. @throws InputError unless it is one */
export function describeRedis(url: string): string {
  try {
    const { protocol, hostname, port, pathname } = new URL(url);
    return `${protocol}//${hostname}:${port || '6379'}${pathname}`;
  } catch {
    throw new InputError('not a Redis address', { where: 'REDIS_URL', hint: 'use redis://host:6379' });
  }
}

function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}

/**
 * Connects once with a time limit and checks what BullMQ needs: Redis ≥ 6.2 that evicts nothing. Without this,
 * `queue.add` would wait for ever for a Redis that is not there.
 *
 * @throws UnavailableError when Redis does not answer; InputError when it is too old or evicts keys
 */
export async function checkRedis(url: string): Promise<void> {
  const where = describeRedis(url);
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIME_LIMIT_MS,
    commandTimeout: TIME_LIMIT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The failed command rejects too; this listener only keeps the event from ending the process.
  redis.on('error', () => undefined);
  let info: string;
  try {
    await redis.connect();
    info = await redis.info();
  } catch (cause) {
    throw new UnavailableError('Redis does not answer', {
      where,
      hint: 'start it, correct REDIS_URL, or unset REDIS_URL to use the embedded queue',
      cause,
    });
  } finally {
    redis.disconnect();
  }
  const version = field(info, 'redis_version');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1])) {
    throw new InputError(`Redis ${version} is older than ${MIN_VERSION.join('.')}`, { where, hint: 'upgrade Redis' });
  }
  const policy = field(info, 'maxmemory_policy');
  if (policy !== '' && policy !== 'noeviction') {
    throw new InputError(`Redis evicts keys (maxmemory-policy ${policy}): jobs would be lost`, {
      where,
      hint: 'redis-cli config set maxmemory-policy noeviction',
    });
  }
}
