/** CPU that requests take: before storage (authentication, decode, admission) and after it (encode, write, audit). Pure functions of the request. */
import { kinds } from '../../cluster/index.ts';
import type { ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { type RequestId, type Requests, Verb, writeList } from '../api-machinery/index.ts';
import type { kubeApiserverParameters } from './kube-apiserver.parameters.ts';

/** Costs by verb, kind and what is returned. */
export class RequestCosts {
  private readonly requests: Requests;
  private readonly parameters: ValuesOf<typeof kubeApiserverParameters>;

  constructor(requests: Requests, parameters: ValuesOf<typeof kubeApiserverParameters>) {
    this.requests = requests;
    this.parameters = parameters;
  }

  /** CPU before storage. */
  before(request: RequestId): Nanoseconds {
    return nanoseconds(this.fixed(request) * (1 - this.parameters.replyShare));
  }

  /** CPU after storage, with what each object adds that is listed, or that a watch begins with. */
  after(request: RequestId): Nanoseconds {
    const { requests, parameters } = this;
    let work = this.fixed(request) * parameters.replyShare;
    const listed = requests.object[request];
    if (Array.isArray(listed)) {
      const fromCache = requests.decodedBytes[request] === 0;
      work += listed.length * (fromCache ? parameters.listPerObjectCpu : parameters.listFromStorePerObjectCpu);
    }
    return nanoseconds(work);
  }

  /** CPU of a request that does not depend on how many objects it returns. */
  private fixed(request: RequestId): number {
    const { requests, parameters } = this;
    switch (requests.verb[request]) {
      case Verb.Get:
        return parameters.getCpu;
      case Verb.List:
        return parameters.listBaseCpu;
      case Verb.Watch:
        return parameters.watchOpenCpu;
      case Verb.Create:
        return parameters.createCpu;
      case Verb.Delete:
      case Verb.DeleteCollection:
        return parameters.deleteCpu;
      case Verb.Update:
        return requests.kind[request] === kinds.leases ? parameters.leaseUpdateCpu : parameters.updateCpu;
      default:
        return writeList[requests.write[request] as number]?.subresource === 'status'
          ? parameters.statusPatchCpu
          : parameters.patchCpu;
    }
  }
}
