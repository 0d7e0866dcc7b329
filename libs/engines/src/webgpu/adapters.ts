import { InputError } from '@ciphernet/foundation';

/** A GPU as Dawn lists it. */
export interface Adapter {
  /** The interface to it: `vulkan`, `metal`, `d3d12`. */
  readonly backend: string;
  readonly name: string;
}

/** A name that no adapter has: Dawn's answer to it lists those that there are. */
export const NO_ADAPTER = '(list of adapters)';

/**
 * The adapters that Dawn lists in its answer to a name that it does not know; the npm package has no other way to ask. Of several
 * interfaces to the same GPUs, those of the first.
 */
export function adaptersIn(answer: string): readonly Adapter[] {
  const all = [...answer.matchAll(/^ \* backend: '(\w+)', name: '(.*)'$/gm)].map(
    ([, backend = '', name = '']): Adapter => ({ backend, name }),
  );
  return all.filter(({ backend }) => backend === all[0]?.backend);
}

/**
 * Adapters that can be opened, by their place in the list. Dawn opens the first whose name holds the name that is asked for, so
 * of GPUs of the same model that is the first.
 */
export function reachable(adapters: readonly Adapter[]): readonly Adapter[] {
  return adapters.filter(({ name }, i) => adapters.findIndex((other) => other.name.includes(name)) === i);
}

const ONE_EACH = 'start a worker for each in a container that sees only that one (docs/operations.md)';

/** In a few words why not all are used; empty where they are. */
export function leftOver(adapters: readonly Adapter[]): string {
  const count = adapters.length - reachable(adapters).length;
  return count === 0 ? '' : `${count} more of the same name cannot be told apart: ${ONE_EACH}`;
}

/** The GPU that a user names by its place in the list. @throws InputError for one that is not there or cannot be opened */
export function adapterAt(adapters: readonly Adapter[], index: number): Adapter {
  const listed = adapters.map(({ name }, i) => `${i} ${name}`).join(', ');
  const found = adapters[index];
  if (found === undefined) {
    throw new InputError(`there is no GPU ${index}`, {
      where: '--gpu',
      hint: adapters.length === 0 ? 'no GPU was found: leave it out' : `there are: ${listed}`,
    });
  }
  if (reachable(adapters).includes(found)) return found;
  throw new InputError(`GPU ${index} has the name of one before it (${listed}), which cannot be told apart`, {
    where: '--gpu',
    hint: ONE_EACH,
  });
}
