/** Jest's functions, of the test's own: this package does not depend on Jest, which those who run the program have no use for. */
export interface TestFunctions {
  readonly describe: { readonly skip: (name: string, body: () => void) => unknown };
  readonly it: (name: string, body: () => void) => unknown;
}

/**
 * Tests that need a GPU, or SwiftShader: skipped, with the reason as a name, where there is neither; never in CI, which
 * installs one.
 *
 * @param open opens a device
 * @returns what takes those tests, like `describe`
 */
export async function gpuTests(
  { describe, it }: TestFunctions,
  open: () => Promise<Disposable>,
): Promise<(body: () => void) => void> {
  let reason: string | undefined;
  try {
    (await open())[Symbol.dispose]();
  } catch (error) {
    reason = error instanceof Error ? error.message : 'no device opens';
  }
  return (body) => {
    if (reason === undefined) return body();
    if (process.env['CI'] === undefined) describe.skip(`skipped, since ${reason}`, body);
    else {
      it('finds a GPU or SwiftShader', () => {
        throw new Error(reason);
      });
    }
  };
}
