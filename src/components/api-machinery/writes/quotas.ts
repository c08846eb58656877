/** Writes of ResourceQuotas and LimitRanges. */
import { kinds, type LimitRangeItem, type QuotaAmounts } from '../../../cluster/index.ts';
import { Verb } from '../verbs.ts';
import { CHANGED, type Write } from './write.ts';

/** POST resourcequotas. Object: spec.hard. Number 0: size [B]. */
export const resourceQuotaCreate: Write = {
  verb: Verb.Create,
  kind: kinds.resourcequotas,
  subresource: '',
  apply({ tables: { resourcequotas }, requests }, draft, request) {
    resourcequotas.hard.set(draft, requests.object[request] as QuotaAmounts);
    resourcequotas.bytes.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};

/** PUT resourcequotas/status. Object: status.used. */
export const resourceQuotaStatus: Write = {
  verb: Verb.Update,
  kind: kinds.resourcequotas,
  subresource: 'status',
  apply({ tables: { resourcequotas }, requests }, draft, request) {
    resourcequotas.usage.set(draft, requests.object[request] as QuotaAmounts);
    return CHANGED;
  },
};

/** POST limitranges. Object: spec.limits. Number 0: size [B]. */
export const limitRangeCreate: Write = {
  verb: Verb.Create,
  kind: kinds.limitranges,
  subresource: '',
  apply({ tables: { limitranges }, requests }, draft, request) {
    limitranges.limits.set(draft, requests.object[request] as readonly LimitRangeItem[]);
    limitranges.bytes.set(draft, requests.number(request, 0));
    return CHANGED;
  },
};
