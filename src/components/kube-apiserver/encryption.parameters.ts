/** Parameters of encryption at rest: what encrypts Secrets before they go to etcd, and what that takes for each byte. */
import { assumption, choice, defineParameters, documentation, duration, real } from '../../engine/index.ts';
import { microseconds, nanoseconds, seconds } from '../../units/index.ts';

/** Work per byte may be anything from nothing to 100 us. */
const perByteRange: readonly [number, number] = [0, 100_000];

export const encryptionParameters = defineParameters({
  encryptionAtRest: choice({
    default: 'none',
    choices: ['none', 'aescbc', 'aesgcm', 'secretbox', 'kms'],
    help: '--encryption-provider-config: what Secrets are encrypted with in etcd. kms is version 2: its data key is kept, so that no request waits for the key service.',
    source: documentation(
      'https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data',
      'without a configuration nothing is encrypted; the example there, which most take over, is for Secrets',
    ),
  }),
  encryptionAescbc: real({
    default: 1,
    unit: 'ns/B',
    range: perByteRange,
    help: 'CPU of AES-CBC with a key of 32 bytes for each byte that is encrypted or decrypted.',
    source: assumption(
      'OpenSSL with AES-NI encrypts 1.5 GB/s a core at 1 kB; Go works block by block, and takes longer',
    ),
  }),
  encryptionAesgcm: real({
    default: 0.5,
    unit: 'ns/B',
    range: perByteRange,
    help: 'CPU of AES-GCM with a key of 32 bytes for each byte, under aesgcm and kms.',
    source: assumption('OpenSSL with AES-NI seals 2.2 GB/s a core at 1 kB; Go has the same instructions'),
  }),
  encryptionSecretbox: real({
    default: 1.5,
    unit: 'ns/B',
    range: perByteRange,
    help: 'CPU of XSalsa20 and Poly1305 for each byte.',
    source: assumption('Go on amd64 takes about 1 ns a byte for Salsa20 and 0.5 ns for Poly1305'),
  }),
  encryptionKmsKey: duration({
    default: microseconds(2),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of deriving the key of one object from the data key, under kms.',
    source: assumption(
      'HKDF with SHA-256 is half a dozen hashes of a block, and the new key is expanded (K:apiserver/pkg/storage/value/encrypt/aes/aes_extended_nonce.go)',
    ),
  }),
});
