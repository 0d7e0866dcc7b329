/** What is made ready beside something else, one after the other, as far as there is time. */
export interface Preparation<Made extends AsyncDisposable> extends AsyncDisposable {
  /** Begins it, at the first call. Never throws: what fails here fails again where it is needed, which says so. */
  readonly begin: () => void;
  /** Ends it: nothing more is begun. @returns what was made, which is the caller's from then on */
  readonly take: () => Made | undefined;
}

/**
 * @param steps one that loads, then one that makes; disposing ends what was made and not taken
 */
export function preparationOf<Made extends AsyncDisposable>([load, make]: readonly [
  () => Promise<void>,
  () => Made | undefined,
]): Preparation<Made> {
  let made: Made | undefined;
  let [hasBegun, isOver] = [false, false];
  const take = (): Made | undefined => {
    isOver = true;
    const taken = made;
    made = undefined;
    return taken;
  };
  const prepare = async (): Promise<void> => {
    await load();
    if (!isOver) made = make();
  };
  return {
    begin() {
      if (!hasBegun) prepare().catch(() => undefined);
      hasBegun = true;
    },
    take,
    async [Symbol.asyncDispose]() {
      await take()?.[Symbol.asyncDispose]();
    },
  };
}
