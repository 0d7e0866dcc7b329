import { parentPort, workerData } from 'node:worker_threads';
import { type Hdf5Content, Hdf5Refusal, type Hdf5Request, hdf5Content } from './hdf5-content.js';

/** What the thread answers: errors lose their class at its border. */
export type Hdf5Reply = { readonly content: Hdf5Content } | { readonly refusal: string } | { readonly damage: string };

const { bytes, request } = workerData as { readonly bytes: Uint8Array; readonly request: Hdf5Request };
let reply: Hdf5Reply;
let moved: ArrayBuffer[] = [];
try {
  const content = await hdf5Content(bytes, request);
  moved = [...content.arrays.values()].map(({ values }) => values.buffer as ArrayBuffer);
  reply = { content };
} catch (error) {
  reply = error instanceof Hdf5Refusal ? { refusal: error.message } : { damage: String(error) };
}
parentPort?.postMessage(reply, moved);
