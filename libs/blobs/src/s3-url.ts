import { InputError } from '@ciphernet/foundation';

/** What a BLOB_URL says. */
export interface S3Location {
  readonly bucket: string;
  /** Without slashes at its ends; empty for the bucket's root. */
  readonly prefix: string;
  /** `http://host:port` of a store other than AWS. */
  readonly endpoint?: string;
  readonly region?: string;
}

/**
 * Bucket, prefix and endpoint of `s3://bucket/prefix?endpoint=…&region=…`.
 *
 * @throws InputError for any other address, and for one with credentials in it
 */
export function parseS3Url(text: string): S3Location {
  const wrong = (what: string): InputError =>
    new InputError(what, { where: 'BLOB_URL', hint: 'use s3://bucket/prefix?endpoint=http://host:9000' });
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong('not an address');
  }
  if (url.protocol !== 's3:') throw wrong(`the scheme is ${url.protocol.slice(0, 20)}, only s3: is known`);
  if (url.username !== '' || url.password !== '') {
    throw wrong('credentials do not belong in an address: use AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  }
  if (!/^[a-z0-9][a-z0-9.-]{2,62}$/.test(url.hostname)) throw wrong('the bucket’s name is not one of S3');
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '');
  if (!/^[\w./-]{0,200}$/.test(prefix))
    throw wrong('the prefix holds other characters than letters, digits, ., _, -, /');
  const endpoint = url.searchParams.get('endpoint');
  const region = url.searchParams.get('region');
  if (endpoint !== null && !/^https?:\/\/[^/@]+\/?$/.test(endpoint))
    throw wrong('the endpoint is not http://host:port');
  for (const name of url.searchParams.keys()) {
    if (name !== 'endpoint' && name !== 'region') throw wrong(`unknown parameter ${name.slice(0, 40)}`);
  }
  return {
    bucket: url.hostname,
    prefix,
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
  };
}
