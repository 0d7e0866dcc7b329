import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** Everything that anyone with the queue's address can read, as text: a line a field of every key. */
export async function queueLines(url: string): Promise<string[]> {
  const redis = new Redis(url);
  try {
    const lines: string[] = [];
    for (const key of await redis.keys('*')) {
      const kind = await redis.type(key);
      const values: string[] =
        kind === 'hash'
          ? Object.entries(await redis.hgetall(key)).map(([field, value]) => `${field} ${value}`)
          : kind === 'list'
            ? await redis.lrange(key, 0, -1)
            : kind === 'zset'
              ? await redis.zrange(key, '0', '-1')
              : kind === 'set'
                ? await redis.smembers(key)
                : kind === 'stream'
                  ? (await redis.xrange(key, '-', '+')).map(([, fields]) => fields.join(' '))
                  : [(await redis.get(key)) ?? ''];
      lines.push(...values.map((value) => `${key} ${value}`));
    }
    return lines;
  } finally {
    redis.disconnect();
  }
}

/** Names and bytes of everything in a folder. */
export async function folderFiles(folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      files.set(path, await readFile(path));
    }
  }
  return files;
}

/**
 * What the queue's record of one evaluation's collect job says, without what differs between any two evaluations: its name,
 * times, lock tokens, and the digests of what workers returned.
 */
export function collectRecord(lines: readonly string[], evaluation: string): string[] {
  const own = lines
    .filter((line) => line.startsWith('ciphernet:collect:') && line.includes(evaluation))
    // Children belong to workers, not to the collector.
    .filter((line) => !/:(processed|dependencies|failed|unsuccessful) /.test(line))
    .map((line) =>
      line
        .replaceAll(evaluation, 'EVALUATION')
        .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}(:\d+)?/g, 'TOKEN')
        .replaceAll(/(?<![.\d])1\d{12}(?!\d)/g, 'TIME'),
    );
  return [...new Set(own)].sort();
}
