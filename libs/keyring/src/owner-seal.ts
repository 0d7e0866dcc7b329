import type { MainModule } from 'node-seal';

/** All of node-seal's module, key generation and decryption included. It never leaves this package. */
export type OwnerSeal = MainModule;

/** Loads node-seal for the owner: the build that refuses transparent ciphertexts, which reveal their values. */
export async function loadOwnerSeal(): Promise<OwnerSeal> {
  return (await import('node-seal/throws')).initialize();
}

/** What SEAL threw, as text: its C++ exceptions arrive as WebAssembly.Exception. */
export function sealMessage(seal: OwnerSeal, error: unknown): string {
  if (error instanceof Error) return error.message;
  const read = (seal as unknown as { getExceptionMessage?: (e: unknown) => readonly string[] }).getExceptionMessage;
  try {
    return read?.(error).at(-1) ?? 'SEAL failed';
  } catch {
    return 'SEAL failed';
  }
}
