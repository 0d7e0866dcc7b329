import { EvaluationError } from '@ciphernet/foundation';
import type { Identity } from '@ciphernet/identity';
import { openModelKey } from '@ciphernet/models';
import { type AuditedResult, parseAuditJob, parseAuditable } from '@ciphernet/queue';
import type { SandboxedJob } from 'bullmq';
import { audit, openAuditor } from './audit.js';
import { inSandbox } from './sandbox.js';

/** Opened once a thread. */
let identity: Promise<Identity> | undefined;

/** Entry of the sandbox: one audit job, whose only child is the infer job of its shard, or another's audit of it. */
export default function auditProcessor(job: SandboxedJob): Promise<AuditedResult> {
  return inSandbox(job, async ({ configuration, blobs }) => {
    const data = parseAuditJob(job.data);
    const [value] = Object.values((await job.getChildrenValues()) as Record<string, unknown>);
    if (value === undefined) {
      const [reason = 'no result was returned'] = Object.values(await job.getIgnoredChildrenFailures());
      throw new EvaluationError(reason, { where: `shard ${data.shard}` });
    }
    const { inferred, signed: before, earlier = [] } = parseAuditable(value);
    // What could not be opened once is tried again.
    identity ??= openAuditor(configuration).catch((error: unknown) => {
      identity = undefined;
      throw error;
    });
    const signed = await audit(data, inferred, {
      blobs,
      identity: await identity,
      owners: configuration.acceptedOwners,
      modelKey: await openModelKey(configuration),
    });
    const others = before === undefined ? earlier : [before, ...earlier];
    return {
      inferred,
      ...(signed === undefined ? {} : { signed }),
      ...(others.length === 0 ? {} : { earlier: others }),
    };
  });
}
