import { join } from 'node:path';
import { writeWhole } from '@ciphernet/foundation';

/** The address in the dataset's own README (github.com/zalandoresearch/fashion-mnist); plain HTTP, so digests decide. */
const HOME = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com';
const TIMEOUT_MS = 60_000;

/**
 * Downloads the named files into `folder`. Returns false when the home cannot be reached: the caller has a fallback.
 * The content is not checked here: readers compare digests.
 */
export async function downloadFashion(files: readonly string[], folder: string): Promise<boolean> {
  try {
    for (const file of files) {
      const response = await fetch(`${HOME}/${file}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) return false;
      const bytes = new Uint8Array(await response.arrayBuffer());
      await writeWhole(join(folder, file), bytes);
    }
    return true;
  } catch {
    return false;
  }
}
