/**
 * How a node joins: its Node object, its CSINode and what its device drivers tell of. Each is tried until it succeeds or is there already.
 * K:pkg/kubelet/kubelet_node_status.go (registerWithAPIServer), K:pkg/volume/csi/nodeinfomanager, K:staging dynamic-resource-allocation/resourceslice.
 */
import { kinds, LABEL_HOSTNAME, type NodeSpecification, TAINT_NOT_READY, type Taint } from '../../cluster/index.ts';
import type { Process, ValuesOf } from '../../engine/index.ts';
import { isSuccess, type RequestId, StatusCode, writes } from '../api-machinery/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';

/** Registers nodes. */
export class NodeRegistration {
  private readonly clientGo: ClientGo;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;

  constructor(clientGo: ClientGo, parameters: NodeRegistration['parameters']) {
    this.clientGo = clientGo;
    this.parameters = parameters;
  }

  /** POST of the node. Returns false if the process has ended meanwhile. */
  *register(kubelet: Kubelet): Generator<number, boolean, number> {
    const { epoch } = kubelet;
    const { requests } = this.clientGo;
    for (let attempt = 0; kubelet.epoch === epoch; attempt++) {
      const post = kubelet.client.write(writes.nodeCreate, kubelet.nodeKey);
      requests.object[post] = registeredAs(kubelet);
      const code = requests.code[yield* kubelet.client.call(post)] as number;
      if (isSuccess(code)) return kubelet.epoch === epoch;
      if (code === StatusCode.Conflict) {
        const read = yield* kubelet.client.call(kubelet.client.read(kinds.nodes, kubelet.nodeKey));
        if (requests.code[read] === StatusCode.Ok) return kubelet.epoch === epoch;
      }
      yield this.pause(attempt);
    }
    return false;
  }

  /** CSINode and resource slices, beside everything else. */
  announce(kubelet: Kubelet): void {
    const { processes } = this.clientGo.simulation;
    processes.spawn('kubelet CSINode', this.announceDrivers(kubelet));
    for (const driver of Object.keys(kubelet.specification.devices ?? {})) {
      processes.spawn('DRA driver', this.announceDevices(kubelet, driver));
    }
  }

  /** The node's CSINode, which names its CSI drivers or that it has none (InitializeCSINodeWithAnnotation). */
  private *announceDrivers(kubelet: Kubelet): Process {
    const { tables, requests } = this.clientGo;
    const key = tables.keysOf('csinodes').intern('', kubelet.nodeName);
    yield* this.create(kubelet, () => {
      const post = kubelet.client.write(writes.csiNodeCreate, key);
      requests.object[post] = kubelet.specification.csiDrivers ?? {};
      return post;
    });
  }

  /** The slice in which a driver on the node tells of its devices. */
  private *announceDevices(kubelet: Kubelet, driver: string): Process {
    const { tables, requests } = this.clientGo;
    const key = tables.keysOf('resourceslices').intern('', `${kubelet.nodeName}-${driver}`);
    yield* this.create(kubelet, () => {
      const post = kubelet.client.write(writes.resourceSliceCreate, key);
      requests.object[post] = driver;
      requests.setNumber(post, 0, kubelet.nodeKey);
      requests.setNumber(post, 1, kubelet.specification.devices?.[driver] ?? 0);
      return post;
    });
  }

  private *create(kubelet: Kubelet, makePost: () => RequestId): Process {
    const { epoch } = kubelet;
    const { requests } = this.clientGo;
    for (let attempt = 0; kubelet.epoch === epoch; attempt++) {
      const code = requests.code[yield* kubelet.client.call(makePost())] as number;
      if (isSuccess(code) || code === StatusCode.Conflict) return;
      yield this.pause(attempt);
    }
  }

  private pause(attempt: number): number {
    const { leaseBackoff, leaseBackoffMaximum } = this.parameters;
    return Math.min(leaseBackoff * 2 ** attempt, leaseBackoffMaximum);
  }
}

/** The Node object that a kubelet registers: its labels, and the taint that the API server's admission puts on (TaintNodesByCondition). */
function registeredAs({ specification, nodeName }: Kubelet): NodeSpecification {
  const notReady: Taint = { key: TAINT_NOT_READY, value: '', effect: 'NoSchedule' };
  return {
    ...specification,
    labels: { ...specification.labels, [LABEL_HOSTNAME]: nodeName },
    taints: [...specification.taints, notReady],
  };
}
