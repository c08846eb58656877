/**
 * Encryption at rest: Secrets are encrypted on their way to etcd and decrypted on their way back; caches hold them in the clear.
 * K:apiserver/pkg/storage/value/encrypt. Left out: the few bytes by which a value grows, calls of the key service (one at the start and one with each
 * new key), the decryption of what watch caches take in.
 */
import { type Kind, kinds } from '../../cluster/index.ts';
import type { ValuesOf } from '../../engine/index.ts';
import type { encryptionParameters } from './encryption.parameters.ts';

/** CPU of encrypting, or of decrypting, so many objects of a kind with `bytes` together [ns]. */
export function encryptionWork(
  parameters: ValuesOf<typeof encryptionParameters>,
  kind: Kind,
  bytes: number,
  objects: number,
): number {
  if (kind !== kinds.secrets) return 0;
  switch (parameters.encryptionAtRest) {
    case 'aescbc':
      return bytes * parameters.encryptionAescbc;
    case 'aesgcm':
      return bytes * parameters.encryptionAesgcm;
    case 'secretbox':
      return bytes * parameters.encryptionSecretbox;
    case 'kms':
      return bytes * parameters.encryptionAesgcm + objects * parameters.encryptionKmsKey;
    default:
      return 0;
  }
}
