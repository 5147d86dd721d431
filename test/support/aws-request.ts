import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Why AWS KMS in eu-west-2 refuses a request of AKIDEXAMPLE, by the name of its error: Signature Version 4, worked out anew from what came. */
export function signatureFault(
  request: { method: string; url: string; headers: IncomingHttpHeaders; body: string },
  ownHost: string,
  secret: string,
): string | null {
  const { authorization = '', host } = request.headers;
  const [, id, scope, names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\S+), SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  if (id !== 'AKIDEXAMPLE' || host !== ownHost) return 'MissingAuthenticationTokenException';
  const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
  const lines = names
    .split(';')
    .map((name) => `${name}:${String(request.headers[name])}\n`)
    .join('');
  const canonical = `${request.method}\n${request.url}\n\n${lines}\n${names}\n${sha(request.body)}`;
  const [date = '', region = '', service = '', end = ''] = scope!.split('/');
  let key: Buffer | string = `AWS4${secret}`;
  for (const part of [date, region, service, end]) key = createHmac('sha256', key).update(part).digest();
  const toSign = `AWS4-HMAC-SHA256\n${String(request.headers['x-amz-date'])}\n${scope!}\n${sha(canonical)}`;
  const isSigned = createHmac('sha256', key).update(toSign).digest('hex') === signature;
  const mustBeSigned = ['content-type', 'host', 'x-amz-date', 'x-amz-target'];
  if (!isSigned || !mustBeSigned.every((name) => names.split(';').includes(name))) return 'InvalidSignatureException';
  return `${region}/${service}/${end}` === 'eu-west-2/kms/aws4_request' ? null : 'SignatureDoesNotMatch';
}
