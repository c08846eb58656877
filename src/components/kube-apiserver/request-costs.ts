/**
 * What a request takes: CPU before storage (authentication, decoding, validation) and after it (encoding, compressing, writing, audit), by verb, bytes and
 * encoding, and the bytes of its answer. Objects are stored in protobuf; their size in JSON is a multiple of it.
 */
import { type Kind, NO_VERSION, type ObjectKey, type VersionHandle } from '../../cluster/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { isSuccess, RequestFlag, type RequestId, Verb, type Write, writeList } from '../api-machinery/index.ts';
import { encryptionWork } from './encryption.ts';
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';

/** A Status: what errors and deletions are answered with (Namespace of objects/summary.csv has about the size) [B]. */
const STATUS_BYTES = 200;

/** Costs of the requests of one API server. */
export class RequestCosts {
  private readonly around: ApiServerSurroundings;
  private readonly cache: (kind: Kind) => WatchCache;

  constructor(around: ApiServerSurroundings, cache: (kind: Kind) => WatchCache) {
    this.around = around;
    this.cache = cache;
  }

  /** CPU before storage: what is known then is the present version of the object. */
  before(request: RequestId): Nanoseconds {
    const { requests, parameters } = this.around;
    const verb = requests.verb[request] as number;
    let work = this.fixed(request) * (1 - parameters.replyShare);
    if (verb === Verb.Update || verb === Verb.Patch) {
      const bytes = this.presentBytes(request);
      work += bytes * parameters.writeWorkPerByte;
      if (verb === Verb.Update) work += this.decoding(request, bytes);
    }
    return nanoseconds(work);
  }

  /** CPU of trying a write again on another version of its object: only a PATCH is applied anew, with what that takes for each byte. */
  again(request: RequestId): Nanoseconds {
    const { requests, parameters } = this.around;
    if (requests.verb[request] !== Verb.Patch) return parameters.retryCpu;
    const bytes = this.bytesOf(request, requests.resultOf(request));
    return nanoseconds(parameters.retryCpu + bytes * parameters.writeWorkPerByte);
  }

  /** CPU after storage. Fills in how many bytes the answer has. */
  after(request: RequestId): Nanoseconds {
    const { requests, parameters } = this.around;
    let work = this.fixed(request) * parameters.replyShare;
    requests.replyBytes[request] = STATUS_BYTES;
    if (isSuccess(requests.code[request] as number)) work += this.answering(request);
    return nanoseconds(work);
  }

  /** CPU of what an answer returns, and of the object that was written for it. */
  private answering(request: RequestId): number {
    const { requests, parameters } = this.around;
    const verb = requests.verb[request] as number;
    if (verb === Verb.List || verb === Verb.Watch) {
      const scanning = (requests.scanned[request] as number) * parameters.listScanCpu;
      const decoded = requests.decodedBytes[request] as number;
      const decoding = decoded === 0 ? 0 : this.loading(request, decoded, requests.scanned[request] as number);
      const listed = this.listedBytes(request);
      requests.memory[request] = this.listMemory(request, listed);
      return scanning + decoding + this.encoding(request, listed);
    }
    const bytes = this.bytesOf(request, requests.resultOf(request));
    if (verb === Verb.Get) {
      const isCached = ((requests.flags[request] as number) & RequestFlag.FromCache) !== 0;
      return (isCached ? 0 : this.loading(request, bytes, 1)) + this.encoding(request, bytes);
    }
    if (verb === Verb.Delete || verb === Verb.DeleteCollection) return 0;
    const write = writeList[requests.write[request] as number] as Write;
    if (write.readsOnly !== undefined || write.subresource === 'eviction') return 0;
    const storing =
      bytes * (this.isCustom(request) ? parameters.jsonEncode : parameters.protobufEncode) +
      encryptionWork(parameters, requests.kind[request] as Kind, bytes, 1);
    if (write.subresource === 'binding') return storing;
    // Only now is it known how large a new object is; the work on it is charged here.
    const creating = verb === Verb.Create ? bytes * parameters.writeWorkPerByte + this.decoding(request, bytes) : 0;
    return creating + storing + this.encoding(request, bytes);
  }

  /** Memory of a LIST: the objects that etcd sent, decoded, and the answer unless it is streamed object by object [B]. */
  private listMemory(request: RequestId, listed: number): number {
    const { requests, parameters } = this.around;
    const objects = (requests.decodedBytes[request] as number) * parameters.memoryPerDecodedByte;
    if (parameters.streamingLists) return objects;
    return objects + this.sizeOnWire(request, listed) * parameters.memoryPerAnsweredByte;
  }

  /** CPU to receive from etcd, decrypt and decode objects that have `stored` bytes there. */
  private loading(request: RequestId, stored: number, objects: number): number {
    const { parameters, requests } = this.around;
    const decrypting = encryptionWork(parameters, requests.kind[request] as Kind, stored, objects);
    return decrypting + stored * (this.isCustom(request) ? parameters.jsonDecode : parameters.protobufDecode);
  }

  /** CPU to decode a body of an object that has `stored` bytes in etcd. */
  private decoding(request: RequestId, stored: number): number {
    const { parameters } = this.around;
    const isJson = this.isJson(request);
    return this.sizeOnWire(request, stored) * (isJson ? parameters.jsonDecode : parameters.protobufDecode);
  }

  /** CPU to encode, and to compress if it is worth it, an answer of objects that have `stored` bytes in etcd. Fills in its size. */
  private encoding(request: RequestId, stored: number): number {
    const { requests, parameters } = this.around;
    const bytes = this.sizeOnWire(request, stored);
    const work = bytes * (this.isJson(request) ? parameters.jsonEncode : parameters.protobufEncode);
    // What a watch sends is never compressed.
    const isCompressed =
      requests.verb[request] !== Verb.Watch &&
      bytes > parameters.gzipThreshold &&
      ((requests.flags[request] as number) & RequestFlag.Gzip) !== 0;
    requests.replyBytes[request] = isCompressed ? bytes * parameters.gzipRatio : bytes;
    return isCompressed ? work + bytes * parameters.gzipCpuPerByte : work;
  }

  /** Bytes in the encoding that the client speaks of what has `stored` bytes in etcd. */
  private sizeOnWire(request: RequestId, stored: number): number {
    if (this.isCustom(request) || !this.isJson(request)) return stored;
    return stored * this.around.parameters.jsonPerProtobuf;
  }

  private isJson(request: RequestId): boolean {
    return ((this.around.requests.flags[request] as number) & RequestFlag.Json) !== 0 || this.isCustom(request);
  }

  private isCustom(request: RequestId): boolean {
    return this.around.tables.isCustom(this.around.requests.kind[request] as Kind);
  }

  /** Stored bytes of the objects that a LIST returns, or that a watch begins with. */
  private listedBytes(request: RequestId): number {
    const { requests, tables } = this.around;
    const listed = requests.object[request];
    if (!Array.isArray(listed)) return 0;
    const { bytes } = tables.of(requests.kind[request] as Kind);
    let sum = 0;
    for (const version of listed as readonly VersionHandle[]) sum += bytes.get(version);
    return sum;
  }

  private presentBytes(request: RequestId): number {
    const { requests } = this.around;
    return this.bytesOf(request, this.cache(requests.kind[request] as Kind).get(requests.key[request] as ObjectKey));
  }

  /** Stored bytes of a version of the request's kind, 0 if there is none. */
  private bytesOf(request: RequestId, version: VersionHandle): number {
    const { requests, tables } = this.around;
    return version === NO_VERSION ? 0 : tables.of(requests.kind[request] as Kind).bytes.get(version);
  }

  /** CPU of a request that depends on no bytes. */
  private fixed(request: RequestId): number {
    const { requests, parameters } = this.around;
    switch (requests.verb[request]) {
      case Verb.Get:
        return parameters.getCpu;
      case Verb.List:
        return parameters.listBaseCpu;
      case Verb.Watch:
        return parameters.watchOpenCpu;
      case Verb.Delete:
      case Verb.DeleteCollection:
        return parameters.deleteCpu;
      case Verb.Update:
        return parameters.updateCpu;
      case Verb.Create:
        return this.fixedCreate(request);
      default:
        return writeList[requests.write[request] as number]?.subresource === 'status'
          ? parameters.statusPatchCpu
          : parameters.patchCpu;
    }
  }

  /** A POST makes an object, binds or evicts a pod, or asks for a token. */
  private fixedCreate(request: RequestId): number {
    const { requests, parameters } = this.around;
    const write = writeList[requests.write[request] as number] as Write;
    if (write.readsOnly !== undefined) return parameters.tokenRequestCpu;
    // An eviction updates the pod and deletes it, under one request.
    if (write.subresource === 'eviction') return parameters.updateCpu + parameters.deleteCpu;
    return write.subresource === 'binding' ? parameters.updateCpu : parameters.createCpu;
  }
}
