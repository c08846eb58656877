/** Bytes in Redis, in chunks: neither side nor Redis has to hold a large value in one command. */
import { createHash, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { KEPT_SECONDS, type StoredBytes } from './protocol.ts';

/** Most bytes of one chunk. */
const CHUNK_BYTES = 256 * 1024;

/** Stores bytes under a key of their own that begins with `name`. */
export async function storeBytes(redis: Redis, name: string, bytes: Uint8Array): Promise<StoredBytes> {
  const key = `${name}:${randomUUID()}`;
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    await redis.rpush(key, Buffer.from(bytes.subarray(at, at + CHUNK_BYTES)));
    if (at === 0) await redis.expire(key, KEPT_SECONDS);
  }
  return { key, sha256: sha256(bytes) };
}

/** The bytes again; undefined if not all of them are there any more. */
export async function fetchBytes(
  redis: Redis,
  { key, sha256: expected }: StoredBytes,
): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = await redis.lindexBuffer(key, chunks.length);
    if (chunk === null) break;
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  return sha256(bytes) === expected ? bytes : undefined;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
