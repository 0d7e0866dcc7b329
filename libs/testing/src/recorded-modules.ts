import { readFile } from 'node:fs/promises';

const RECORDER = new URL('./record-modules.js', import.meta.url).href;

/** Arguments of Node that record what a process loads into `file`. */
export function recordingArguments(): readonly string[] {
  return ['--import', RECORDER];
}

/** Addresses that a process recorded, each once, in their order. */
export async function recordedModules(file: string): Promise<string[]> {
  return [...new Set((await readFile(file, 'utf8')).trim().split('\n'))];
}
