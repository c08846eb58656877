/** Writes of Events and of the kinds of which only name and size matter, and the TokenRequest, which stores nothing. */
import { type Kind, kinds } from '../../../cluster/index.ts';
import { Verb } from '../verbs.ts';
import { CHANGED, type Write } from './write.ts';

/** POST events. Number 0: reason. */
export const eventCreate: Write = {
  verb: Verb.Create,
  kind: kinds.events,
  subresource: '',
  apply({ tables: { events }, requests, sizes }, draft, request) {
    events.reason.set(draft, requests.number(request, 0));
    events.bytes.set(draft, sizes.event);
    return CHANGED;
  },
};

/** PATCH events by the recorder when like events are counted up. Number 0: the new count. */
export const eventPatch: Write = {
  verb: Verb.Patch,
  kind: kinds.events,
  subresource: '',
  apply({ tables: { events }, requests }, draft, request) {
    events.count.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** POST of a kind of which only name and size matter. Number 0: size [B]. */
function opaqueCreate(kind: Kind): Write {
  return {
    verb: Verb.Create,
    kind,
    subresource: '',
    apply({ tables, requests }, draft, request) {
      tables.of(kind).bytes.set(draft, requests.number(request, 0));
      return CHANGED;
    },
  };
}

export const namespaceCreate = opaqueCreate(kinds.namespaces);
export const serviceAccountCreate = opaqueCreate(kinds.serviceaccounts);
export const configMapCreate = opaqueCreate(kinds.configmaps);
export const secretCreate = opaqueCreate(kinds.secrets);

/** PUT configmaps. Number 0: size [B]. */
export const configMapUpdate: Write = {
  verb: Verb.Update,
  kind: kinds.configmaps,
  subresource: '',
  apply({ tables, requests }, draft, request) {
    tables.configmaps.bytes.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** PATCH configmaps. Number 0: size [B]. */
export const configMapPatch: Write = { ...configMapUpdate, verb: Verb.Patch };

/** POST serviceaccounts/token: signed by the API server after it has read the service account and the pod (registry/core/serviceaccount/storage/token.go). */
export const tokenRequest: Write = {
  verb: Verb.Create,
  kind: kinds.serviceaccounts,
  subresource: 'token',
  readsOnly: 2,
  apply: () => CHANGED,
};
