/**
 * Names of objects. Each kind numbers its (namespace, name) pairs densely in the order in which they first appear; everything that maps
 * a key to something is then an array. Names that the system generates ("web-7c9f-x2k4p") are not stored but computed from their number,
 * which also makes them unique by construction.
 */

declare const keyBrand: unique symbol;
/** Number of a (namespace, name) pair within its kind. */
export type ObjectKey = number & { readonly [keyBrand]: 'ObjectKey' };

/** No object. */
export const NO_KEY = -1 as ObjectKey;

/** The alphabet of generated suffixes (apimachinery/pkg/util/rand: no vowels, no look-alikes). */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
/** Letters in a generated suffix, as in Kubernetes; more only once all of that length are taken. */
const SUFFIX_LENGTH = 5;
/** A number that shares no factor with 27^5: it scatters consecutive serials over all suffixes, one to one. */
const SUFFIX_SCATTER = 9_176_263;

/** The five-letter suffix of a serial number; distinct serials below 27^5 have distinct suffixes. */
export function generatedSuffix(serial: number): string {
  const base = SUFFIX_ALPHABET.length;
  const span = base ** SUFFIX_LENGTH;
  let rest = (serial * SUFFIX_SCATTER) % span;
  let suffix = '';
  for (let i = 0; i < SUFFIX_LENGTH; i++) {
    suffix += SUFFIX_ALPHABET[rest % base] as string;
    rest = Math.floor(rest / base);
  }
  return serial < span ? suffix : `${suffix}${Math.floor(serial / span)}`;
}

/** The keys of one kind. */
export class ObjectKeys {
  /** Namespace of each key, "" for cluster-scoped kinds. */
  private readonly namespaces: string[] = [];
  /** Name, or prefix of a generated name, of each key. */
  private readonly names: string[] = [];
  /** 1 where the name is a prefix whose suffix is generated from the key. */
  private readonly generated: boolean[] = [];
  /** Keys of names that were given, by namespace and name. */
  private readonly byName = new Map<string, ObjectKey>();

  /** Number of keys so far; the next one gets this number. */
  get count(): number {
    return this.names.length;
  }

  /** The key of a name, made on first use. */
  intern(namespace: string, name: string): ObjectKey {
    const path = `${namespace}/${name}`;
    let key = this.byName.get(path);
    if (key === undefined) {
      key = this.append(namespace, name, false);
      this.byName.set(path, key);
    }
    return key;
  }

  /** The key of a name if it was ever used, or {@link NO_KEY}. Generated names are not found. */
  find(namespace: string, name: string): ObjectKey {
    return this.byName.get(`${namespace}/${name}`) ?? NO_KEY;
  }

  /** A new key whose name is `prefix-` and a generated suffix. */
  generate(namespace: string, prefix: string): ObjectKey {
    return this.append(namespace, prefix, true);
  }

  /** Name of a key. */
  name(key: ObjectKey): string {
    const name = this.names[key] as string;
    return this.generated[key] ? `${name}-${generatedSuffix(key)}` : name;
  }

  /** Whether the system made the last part of its name. */
  isGenerated(key: ObjectKey): boolean {
    return this.generated[key] as boolean;
  }

  /** Namespace of a key, "" for cluster-scoped kinds. */
  namespace(key: ObjectKey): string {
    return this.namespaces[key] as string;
  }

  /** "namespace/name", or the name alone for cluster-scoped kinds. */
  path(key: ObjectKey): string {
    const namespace = this.namespace(key);
    return namespace === '' ? this.name(key) : `${namespace}/${this.name(key)}`;
  }

  private append(namespace: string, name: string, generated: boolean): ObjectKey {
    this.namespaces.push(namespace);
    this.names.push(name);
    this.generated.push(generated);
    return (this.names.length - 1) as ObjectKey;
  }
}
