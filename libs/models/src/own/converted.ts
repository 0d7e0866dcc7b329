import { isDigest, sha256Hex } from '@ciphernet/foundation';
import type { ModelPart } from './model-source.js';

/** Name of the entry in an ONNX file's metadata that says which file it was converted from. */
export const CONVERTED_FROM = 'ciphernet.converted-from';

/** SHA-256 of a model's file; with files beside it, of the list of all their names and digests. */
export function digestOfParts(parts: readonly ModelPart[]): string {
  const [first, second] = parts;
  if (first !== undefined && second === undefined) return sha256Hex(first.bytes);
  return sha256Hex(parts.map(({ name, bytes }) => `${name} ${sha256Hex(bytes)}`).join('\n'));
}

/** Digest of the file that a model was converted from, where its file says so. */
export function convertedFromOf(metadata: ReadonlyMap<string, string>): string | undefined {
  const digest = metadata.get(CONVERTED_FROM);
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}

/** What reports say of a converted network. */
export function conversionNote(digest: string): string {
  return `converted from the model whose file is ${digest.slice(0, 12)}: another network, trained to give what that one gives`;
}
