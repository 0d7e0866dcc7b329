import { InputError, UnavailableError } from '@ciphernet/foundation';

interface S3Failure {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** The object is not there: S3 says so by name or, to a HEAD, by status only. */
export function isMissingObject(error: unknown): boolean {
  const { name, $metadata } = error as S3Failure;
  return name === 'NoSuchKey' || name === 'NotFound' || ($metadata?.httpStatusCode === 404 && name !== 'NoSuchBucket');
}

/** A range that begins at the object's end or after it. */
export function isBeyondEnd(error: unknown): boolean {
  return (error as S3Failure).$metadata?.httpStatusCode === 416;
}

/** Credentials that come and go by themselves: at a command's start a person must see to them, later another try does. */
const PASSING =
  /^(ExpiredToken|ExpiredTokenException|RequestTimeTooSkewed|TokenRefreshRequired|CredentialsProviderError)$/;

/**
 * The SDK's error as one of ours: an InputError for what a person must correct, an UnavailableError for what another try
 * may get past. Errors of ours pass through.
 *
 * @param where the store and what was done; ends with `, opening` at a command's start
 */
export function s3Error(error: unknown, where: string): Error {
  const { name = 'Error', code, message = '', $metadata } = error as S3Failure;
  if (/^(Input|Integrity|Unavailable)Error$/.test(name)) return error as Error;
  const status = $metadata?.httpStatusCode;
  const isPassing = PASSING.test(name) && !where.endsWith(', opening');
  if (!isPassing && (status === 401 || status === 403 || PASSING.test(name))) {
    return new InputError(`the blob store refuses access (${name})`, {
      where,
      hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or another source of the AWS SDK',
      cause: error,
    });
  }
  if (name === 'NoSuchBucket' || (name === 'NotFound' && where.endsWith(', opening'))) {
    return new InputError('the bucket is not there', { where, hint: 'create it, or correct BLOB_URL', cause: error });
  }
  if (/region is missing/i.test(message)) {
    return new InputError('no region is set', { where, hint: 'set AWS_REGION, or region= in BLOB_URL', cause: error });
  }
  return new UnavailableError(`the blob store failed (${code ?? name})`, {
    where,
    hint: 'the store must be reachable at BLOB_URL; the job is tried again',
    cause: error,
  });
}
