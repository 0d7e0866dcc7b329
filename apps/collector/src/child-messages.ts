import type { EncodedError } from '@ciphernet/foundation';
import type { OwnerConfiguration } from '@ciphernet/owner-records';
import type { JobProgress } from '@ciphernet/queue';
import type { WorkerPolicy } from './answers.js';
import type { AuditPolicy } from './audits.js';
import type { Collected, Gathered } from './collect.js';

/** What the child that decrypts is asked for. The passphrase travels by this channel, never by the environment. */
export interface CollectTask {
  readonly gathered: Gathered;
  readonly owner: Pick<
    OwnerConfiguration,
    'blobUrl' | 'blobFolder' | 'blobCache' | 'recordsFolder' | 'datasetFolders' | 'passphrase'
  >;
  readonly audits: AuditPolicy;
  readonly workers: WorkerPolicy;
  /** Whether the owner keeps outputs. */
  readonly keepOutputs?: boolean;
}

/** What it answers to each task: its progress, and then one of the others. */
export type CollectReply =
  | { readonly kind: 'progress'; readonly progress: JobProgress }
  | { readonly kind: 'report'; readonly collected: Collected }
  | { readonly kind: 'forged'; readonly error: EncodedError; readonly shards: readonly number[] }
  | { readonly kind: 'failed'; readonly error: EncodedError };
