/** Writes of Events and of the kinds of which only name and size matter, and the TokenRequest, which stores nothing. */
import { type Kind, kinds, type Labels, SettingsVersions } from '../../../cluster/index.ts';
import { StatusCode, Verb } from '../verbs.ts';
import { CHANGED, UNCHANGED, type Write } from './write.ts';

/** POST events. Number 0: reason. Number 1: size [B], 0 = that of events in general. */
export const eventCreate: Write = {
  verb: Verb.Create,
  kind: kinds.events,
  subresource: '',
  apply({ tables: { events }, requests, sizes }, draft, request) {
    events.reason.set(draft, requests.number(request, 0));
    events.bytes.set(draft, requests.number(request, 1) || sizes.event);
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

/**
 * POST, PUT or PATCH of an object of which only name and size matter. Number 0: size [B]; numbers 1 and 2 of a POST: finalizers, 1 = immutable.
 * An immutable Secret or ConfigMap can only be deleted (registry/core/secret/strategy.go).
 */
function opaqueWrite(verb: number, kind: Kind | undefined): Write {
  return {
    verb,
    kind,
    subresource: '',
    apply({ tables, requests }, draft, request) {
      const table = tables.of(requests.kind[request] as Kind);
      const isSettings = table instanceof SettingsVersions;
      if (isSettings && verb !== Verb.Create && table.immutable.get(draft) === 1) return StatusCode.UnprocessableEntity;
      table.bytes.set(draft, requests.number(request, 0));
      if (isSettings && verb === Verb.Create) table.immutable.set(draft, requests.number(request, 2));
      if (verb === Verb.Create) table.finalizers.set(draft, requests.number(request, 1));
      return CHANGED;
    },
  };
}

/** Writes for any kind of which only name and size matter: config maps, secrets, custom resources … The client names the kind. */
export const objectCreate = opaqueWrite(Verb.Create, undefined);
export const objectUpdate = opaqueWrite(Verb.Update, undefined);
export const objectPatch = opaqueWrite(Verb.Patch, undefined);

/** PATCH of any object's metadata.finalizers. Numbers: bits to set, bits to take off. */
export const finalizersPatch: Write = {
  verb: Verb.Patch,
  kind: undefined,
  subresource: '',
  apply({ tables, requests }, draft, request) {
    const { finalizers } = tables.of(requests.kind[request] as Kind);
    const before = finalizers.get(draft);
    const after = (before | requests.number(request, 0)) & ~requests.number(request, 1);
    if (after === before) return UNCHANGED;
    finalizers.set(draft, after);
    return CHANGED;
  },
};

/** POST namespaces. Numbers as for the others; object: labels, null = none. */
export const namespaceCreate: Write = {
  verb: Verb.Create,
  kind: kinds.namespaces,
  subresource: '',
  apply({ tables: { namespaces }, requests }, draft, request) {
    namespaces.bytes.set(draft, requests.number(request, 0));
    namespaces.finalizers.set(draft, requests.number(request, 1));
    namespaces.labels.set(draft, (requests.object[request] as Labels | null) ?? {});
    return CHANGED;
  },
};
export const serviceAccountCreate = opaqueWrite(Verb.Create, kinds.serviceaccounts);
export const configMapCreate = opaqueWrite(Verb.Create, kinds.configmaps);
export const secretCreate = opaqueWrite(Verb.Create, kinds.secrets);

export const configMapUpdate = opaqueWrite(Verb.Update, kinds.configmaps);
export const configMapPatch = opaqueWrite(Verb.Patch, kinds.configmaps);

/** POST serviceaccounts/token: signed by the API server after it has read the service account and the pod (registry/core/serviceaccount/storage/token.go). */
export const tokenRequest: Write = {
  verb: Verb.Create,
  kind: kinds.serviceaccounts,
  subresource: 'token',
  readsOnly: 2,
  apply: () => CHANGED,
};
