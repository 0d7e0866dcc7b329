import type { EncodedError } from '@ciphernet/foundation';
import type { CollectTask } from './child-messages.js';
import type { ClearOutputs, ClearTask } from './in-clear.js';

/** An evaluation that the thread that evaluates in the clear is asked for, by a number of its own; it does one after another. */
export interface ClearRequest {
  readonly number: number;
  readonly task: ClearTask;
  readonly from: Omit<CollectTask['owner'], 'passphrase' | 'recordsFolder'>;
}

/** What it answers to each: how far it is, and then one of the others. */
export type ClearReply = { readonly number: number } & (
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'outputs'; readonly outputs: ClearOutputs }
  | { readonly kind: 'failed'; readonly error: EncodedError }
);
