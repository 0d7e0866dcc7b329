import type { EncodedError } from '@ciphernet/foundation';
import type { CollectTask } from './child-messages.js';
import type { ClearOutputs, ClearTask } from './in-clear.js';

/** What the thread that evaluates in the clear is asked for, by a number of the evaluation's: to load, and then to evaluate. */
export type ClearRequest = { readonly number: number } & (
  | {
      readonly kind: 'load';
      readonly task: ClearTask;
      readonly from: Omit<CollectTask['owner'], 'passphrase' | 'recordsFolder'>;
    }
  | { readonly kind: 'evaluate'; readonly compiled: Uint8Array }
);

/** What it answers to each: how far it is, and then one of the others. */
export type ClearReply = { readonly number: number } & (
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'loaded' }
  | { readonly kind: 'outputs'; readonly outputs: ClearOutputs }
  | { readonly kind: 'failed'; readonly error: EncodedError }
);
