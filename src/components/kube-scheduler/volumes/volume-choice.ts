/** Which volumes a pod's claims would get at a node (volumebinding/binder.go: checkBoundClaims, findMatchingVolumes, checkVolumeProvisions). */
import {
  type Labels,
  NO_PROVISIONER,
  type NodeSelectorTerm,
  nodeSelectorTermMatches,
  type ObjectKey,
} from '../../../cluster/index.ts';
import type { FreeVolume, PodVolumes, UnboundClaim, VolumeView } from './volume-view.ts';

/** Labels of volumes that bind them to the nodes of a zone or region (volumezone/volume_zone.go). Several zones are written `a__b`. */
const ZONE_LABELS = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
];
const ZONE_SEPARATOR = '__';

/** What is to be done for a pod's claims at a node. */
export interface VolumeChoice {
  /** Volumes that are there, with the claims that get them. */
  readonly existing: readonly { readonly volume: ObjectKey; readonly claim: ObjectKey }[];
  /** Claims for which a volume is to be made. */
  readonly made: readonly ObjectKey[];
}

/** Whether a node meets one of some terms; undefined terms ask for nothing. */
function meets(terms: readonly NodeSelectorTerm[] | undefined, labels: Labels, node: string): boolean {
  return terms === undefined || terms.some((term) => nodeSelectorTermMatches(term, labels, node));
}

/** Whether the volumes of bound claims can be used at a node. */
export function boundVolumesFit({ bound }: PodVolumes, labels: Labels, node: string): boolean {
  return bound.every(({ nodeAffinity }) => meets(nodeAffinity, labels, node));
}

/** Whether the zones and regions that labels of bound volumes name are the node's (VolumeZone). */
export function volumeZonesFit({ bound }: PodVolumes, labels: Labels): boolean {
  return bound.every((volume) =>
    ZONE_LABELS.every((key) => {
      const zones = volume.labels[key]?.split(ZONE_SEPARATOR);
      return zones === undefined || zones.includes(labels[key] ?? '');
    }),
  );
}

/** What is to be done for the claims of a pod that are not bound, at a node; undefined = a claim can get no volume there. */
export function chooseVolumes(
  view: VolumeView,
  pod: PodVolumes,
  labels: Labels,
  node: string,
): VolumeChoice | undefined {
  const existing: { volume: ObjectKey; claim: ObjectKey }[] = [];
  const made: ObjectKey[] = [];
  for (const claim of pod.unbound) {
    const taken = (volume: FreeVolume) => existing.some((other) => other.volume === volume.key);
    const found = firstThat(view.volumesFor(claim), (volume) => {
      return !taken(volume) && meets(volume.specification.nodeAffinity, labels, node);
    });
    if (found !== undefined) existing.push({ volume: found.key, claim: claim.key });
    else if (canBeMade(claim, labels, node)) made.push(claim.key);
    else return undefined;
  }
  return { existing, made };
}

function canBeMade({ storageClass }: UnboundClaim, labels: Labels, node: string): boolean {
  return storageClass.provisioner !== NO_PROVISIONER && meets(storageClass.allowedTopologies, labels, node);
}

function firstThat<T>(items: Iterable<T>, holds: (item: T) => boolean): T | undefined {
  for (const item of items) if (holds(item)) return item;
  return undefined;
}
