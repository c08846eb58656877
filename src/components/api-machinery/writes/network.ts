/** Writes of Ingresses and NetworkPolicies. */
import { type IngressSpecification, kinds, type NetworkPolicySpecification } from '../../../cluster/index.ts';
import { Verb } from '../verbs.ts';
import { CHANGED, UNCHANGED, type Write } from './write.ts';

/** POST ingresses. Object: spec. Number 0: size [B]. */
export const ingressCreate: Write = {
  verb: Verb.Create,
  kind: kinds.ingresses,
  subresource: '',
  apply({ tables: { ingresses }, requests }, draft, request) {
    ingresses.specification.set(draft, requests.object[request] as IngressSpecification);
    ingresses.bytes.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** PUT ingresses/status: the address of the controller. */
export const ingressStatus: Write = {
  verb: Verb.Update,
  kind: kinds.ingresses,
  subresource: 'status',
  apply({ tables: { ingresses } }, draft) {
    if (ingresses.hasAddress.get(draft) === 1) return UNCHANGED;
    ingresses.hasAddress.set(draft, 1);
    return CHANGED;
  },
};

/** POST networkpolicies. Object: spec. Number 0: size [B]. */
export const networkPolicyCreate: Write = {
  verb: Verb.Create,
  kind: kinds.networkpolicies,
  subresource: '',
  apply({ tables: { networkpolicies }, requests }, draft, request) {
    networkpolicies.specification.set(draft, requests.object[request] as NetworkPolicySpecification);
    networkpolicies.bytes.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};
