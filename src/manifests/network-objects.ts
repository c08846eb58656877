/** Ingresses and NetworkPolicies. */
import type { Intent, NetworkPolicyPeer, NetworkPolicyRule } from '../cluster/index.ts';
import type { FieldReader } from './field-reader.ts';
import { estimateStoredBytes } from './object-bytes.ts';
import { readLabelSelector, readOptionalSelector } from './pod-affinity.ts';
import type { ObjectIdentity } from './workloads.ts';

/** An Ingress: hosts, paths and the Services behind them. */
export function readIngress(object: FieldReader, { namespace, name }: ObjectIdentity): Intent {
  const spec = object.requiredMap('spec');
  const rules = spec.maps('rules').map((rule) => {
    const paths = rule.map('http')?.maps('paths').map(readPath) ?? [];
    const host = rule.text('host') ?? '';
    rule.finish();
    return { host, paths };
  });
  const defaultBackend = spec.map('defaultBackend');
  const defaultService = defaultBackend && readBackend(defaultBackend);
  const tlsSecrets = spec.maps('tls').flatMap((entry) => {
    const secret = entry.text('secretName');
    entry.ignore('hosts');
    entry.finish();
    return secret === undefined ? [] : [secret];
  });
  const specification = {
    className: spec.text('ingressClassName') ?? '',
    rules,
    ...(defaultService === undefined ? {} : { defaultService }),
    tlsSecrets,
  };
  spec.finish();
  const bytes = estimateStoredBytes(specification, 'other');
  return { kind: 'Ingress', namespace, name, specification, bytes };
}

function readPath(entry: FieldReader) {
  const path = { path: entry.text('path') ?? '/', service: readBackend(entry.requiredMap('backend')) };
  entry.ignore('pathType');
  entry.finish();
  return path;
}

function readBackend(backend: FieldReader): string {
  const service = backend.requiredMap('service');
  const name = service.requiredText('name');
  service.ignore('port');
  service.finish();
  backend.finish();
  return name;
}

/** A NetworkPolicy. Without policyTypes it is about what comes in, and about what goes out if it has rules for that. */
export function readNetworkPolicy(object: FieldReader, { namespace, name }: ObjectIdentity): Intent {
  const spec = object.requiredMap('spec');
  const types = spec.texts('policyTypes');
  const isAbout = (type: string, otherwise: boolean) => (types.length > 0 ? types.includes(type) : otherwise);
  const hasEgress = spec.has('egress');
  const ingress = spec.maps('ingress').map((rule) => readRule(rule, 'from'));
  const egress = spec.maps('egress').map((rule) => readRule(rule, 'to'));
  const specification = {
    podSelector: readLabelSelector(spec.requiredMap('podSelector')),
    ...(isAbout('Ingress', true) ? { ingress } : {}),
    ...(isAbout('Egress', hasEgress) ? { egress } : {}),
  };
  spec.finish();
  const bytes = estimateStoredBytes(specification, 'other');
  return { kind: 'NetworkPolicy', namespace, name, specification, bytes };
}

function readRule(rule: FieldReader, side: 'from' | 'to'): NetworkPolicyRule {
  const peers = rule.maps(side).map(readPeer);
  const ports = rule.maps('ports');
  for (const port of ports) {
    port.ignore('port', 'endPort', 'protocol');
    port.finish();
  }
  rule.finish();
  return { peers, ports: ports.length };
}

function readPeer(peer: FieldReader): NetworkPolicyPeer {
  const podSelector = readOptionalSelector(peer.map('podSelector'));
  const namespaceSelector = readOptionalSelector(peer.map('namespaceSelector'));
  const block = peer.map('ipBlock');
  const ranges = block && 1 + block.texts('except').length;
  block?.ignore('cidr');
  block?.finish();
  peer.finish();
  return {
    ...(podSelector === undefined ? {} : { podSelector }),
    ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
    ...(ranges === undefined ? {} : { ranges }),
  };
}
