/** CPU that requests take: before storage (authentication, decode, admission) and after it (encode, write, audit). Pure functions of the request. */
import { kinds } from '../../cluster/index.ts';
import type { ValuesOf } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { RequestFlag, type RequestId, type Requests, Verb, writeList } from '../api-machinery/index.ts';
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

  /** CPU after storage, with what each listed object adds. */
  after(request: RequestId): Nanoseconds {
    const { requests, parameters } = this;
    let work = this.fixed(request) * parameters.replyShare;
    if (requests.verb[request] === Verb.List) {
      const listed = (requests.object[request] as readonly unknown[] | null)?.length ?? 0;
      const fromCache = ((requests.flags[request] as number) & RequestFlag.FromCache) !== 0;
      work += listed * (fromCache ? parameters.listPerObjectCpu : parameters.listFromStorePerObjectCpu);
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
