/**
 * Tests that need a GPU, or SwiftShader: skipped, with the reason as a name, where there is neither; never in CI, which
 * installs one.
 *
 * @param open opens a device
 * @returns what takes those tests, like `describe`
 */
export async function gpuTests(open: () => Promise<Disposable>): Promise<(body: () => void) => void> {
  const { describe, expect, it } = await import('@jest/globals');
  let reason: string | undefined;
  try {
    (await open())[Symbol.dispose]();
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  return (body) => {
    if (reason === undefined) body();
    else if (process.env['CI'] === undefined) describe.skip(`skipped, since ${reason}`, body);
    else it('finds a GPU or SwiftShader', () => expect(reason).toBeUndefined());
  };
}
