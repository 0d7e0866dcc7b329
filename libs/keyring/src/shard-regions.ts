import { InputError } from '@ciphernet/foundation';
import { MOST_PAGES, PAGE_BYTES, type SharedMemory } from '@ciphernet/ring';

/**
 * Regions of one memory from `start` on: taken for a shard, given back when it is disposed.
 *
 * @throws InputError for one that goes beyond 4 GiB
 */
export function createRegions(memory: SharedMemory, start: number): (bytes: number) => { at: number } & Disposable {
  const regions: { at: number; bytes: number; isFree: boolean }[] = [];
  let top = start;
  return (bytes) => {
    let region = regions.find((known) => known.isFree && known.bytes >= bytes);
    if (region === undefined) {
      const pages = Math.ceil((top + bytes - memory.buffer.byteLength) / PAGE_BYTES);
      if (Math.ceil((top + bytes) / PAGE_BYTES) > MOST_PAGES) {
        throw new InputError(`a shard of ${bytes} bytes, of which two are held, goes beyond 4 GiB`, {
          where: 'encryption',
          hint: 'reduce the features with a transform',
        });
      }
      if (pages > 0) memory.grow(pages);
      region = { at: top, bytes, isFree: true };
      top += Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
      regions.push(region);
    }
    const taken = region;
    taken.isFree = false;
    return { at: taken.at, [Symbol.dispose]: () => void (taken.isFree = true) };
  };
}
