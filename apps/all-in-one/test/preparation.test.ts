import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { preparationOf } from '../src/preparation.js';

interface Made extends AsyncDisposable {
  readonly name: string;
}

/** A preparation whose loading ends when it is told to, and what became of it. */
function prepared(): {
  readonly preparation: ReturnType<typeof preparationOf<Made>>;
  readonly events: string[];
  readonly loaded: () => void;
} {
  const events: string[] = [];
  let loaded = (): void => undefined;
  const preparation = preparationOf<Made>([
    () => {
      events.push('load');
      return new Promise((resolve) => (loaded = resolve));
    },
    () => {
      events.push('make');
      return { name: 'made', [Symbol.asyncDispose]: () => Promise.resolve(void events.push('end')) };
    },
  ]);
  return { preparation, events, loaded: () => loaded() };
}

describe('what is prepared', () => {
  it('is loaded, then made, once, and is who takes it’s to end', async () => {
    const { preparation, events, loaded } = prepared();
    preparation.begin();
    preparation.begin();
    expect(events).toEqual(['load']);
    loaded();
    await nextTurn();
    expect(events).toEqual(['load', 'make']);
    expect(preparation.take()?.name).toBe('made');
    await preparation[Symbol.asyncDispose]();
    expect(events).toEqual(['load', 'make']);
  });

  it('is not made any more once it was asked for, or has ended', async () => {
    for (const how of ['take', 'dispose'] as const) {
      const { preparation, events, loaded } = prepared();
      preparation.begin();
      if (how === 'take') expect(preparation.take()).toBeUndefined();
      else await preparation[Symbol.asyncDispose]();
      loaded();
      await nextTurn();
      expect(events).toEqual(['load']);
    }
  });

  it('ends with it where nobody took it', async () => {
    const { preparation, events, loaded } = prepared();
    preparation.begin();
    loaded();
    await nextTurn();
    await preparation[Symbol.asyncDispose]();
    expect(events).toEqual(['load', 'make', 'end']);
  });

  it('is missing where it fails, which nobody hears of here', async () => {
    const failing = [() => Promise.reject(new Error('no module')), () => Promise.resolve()] as const;
    for (const load of failing) {
      const preparation = preparationOf<Made>([
        load,
        () => {
          throw new RangeError('no memory');
        },
      ]);
      preparation.begin();
      await nextTurn();
      expect(preparation.take()).toBeUndefined();
    }
  });
});
