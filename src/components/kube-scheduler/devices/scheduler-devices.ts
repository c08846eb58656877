/**
 * Claims on devices as a scheduler sees and writes them. K:pkg/scheduler/framework/plugins/dynamicresources (dynamicresources.go, dra_manager.go).
 *
 * A claim is kept for a pod from the decision on its node on (Reserve), before the API server knows; PreBind writes it: a PUT for the finalizer that
 * protects the allocation, and one of the status with the allocation and its user. If the binding fails then, the status is taken back.
 */
import {
  type DeviceRequest,
  deviceClaimsOf,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type VersionHandle,
} from '../../../cluster/index.ts';
import type { Simulation } from '../../../engine/index.ts';
import { isSuccess, type RequestId, writes } from '../../api-machinery/index.ts';
import { type ApiClient, type ClientGo, type ReflectorReplies, SharedInformer } from '../../client-go/index.ts';
import type { PodIdentity } from '../framework.ts';
import { DeviceCounts, type DeviceNeed } from './device-counts.ts';

/** What a claim takes at present, as far as this scheduler counts. */
interface Taken {
  readonly slot: number;
  readonly needs: readonly DeviceNeed[];
  /** Whether the API server does not know of it (yet). */
  readonly isAssumed: boolean;
}

/** A pod whose claims are being written. */
interface Writing {
  readonly pod: PodIdentity;
  readonly slot: number;
  /** Requests that are left to send: claims, each with its finalizer first and its status then. */
  readonly left: { readonly claim: ObjectKey; readonly isStatus: boolean }[];
  readonly done: (succeeded: boolean) => void;
}

/** What is told of changes. */
export interface DeviceListener {
  /** A claim of a pod was made. */
  claimMade(pod: ObjectKey): void;
  /** Devices have come or are free again. */
  devicesFreed(): void;
}

/** Devices and claims of one scheduler. */
export class SchedulerDevices {
  readonly counts = new DeviceCounts();
  readonly informers: readonly SharedInformer[];
  private readonly clientGo: ClientGo;
  private readonly client: ApiClient;
  private readonly listener: DeviceListener;
  private readonly claims: SharedInformer;
  private readonly classes: SharedInformer;
  private readonly taken = new Map<ObjectKey, Taken>();
  /** Needs by number of the requirements: pods of one template in one namespace have equal claims. */
  private readonly needs: (readonly DeviceNeed[] | undefined)[] = [];
  /** Claims whose allocation was sent. */
  private readonly allocating = new Set<ObjectKey>();
  private readonly writing = new Map<number, Writing>();
  private writings = 0;
  private readonly onWritten: number;
  private readonly onTakenBack: number;

  constructor(clientGo: ClientGo, client: ApiClient, replies: ReflectorReplies, listener: DeviceListener) {
    this.clientGo = clientGo;
    this.client = client;
    this.listener = listener;
    this.classes = new SharedInformer(clientGo, client, kinds.deviceclasses, replies);
    const slices = new SharedInformer(clientGo, client, kinds.resourceslices, replies);
    this.claims = new SharedInformer(clientGo, client, kinds.resourceclaims, replies);
    this.informers = [this.classes, slices, this.claims];
    clientGo.simulation.addInvariantCheck('devices', () => this.checkInvariants());
    this.onWritten = clientGo.onReplyDo((request, number) => this.written(request, number));
    this.onTakenBack = clientGo.onReplyDo(() => {});
    this.classes.addHandler({ onAdd: () => this.classSeen() });
    slices.addHandler({
      onAdd: (slice) => this.countSlice(slice, 1),
      onDelete: (slice) => this.countSlice(slice, -1),
    });
    this.claims.addHandler({
      onAdd: (claim) => this.claimSeen(claim),
      onUpdate: (claim) => this.claimSeen(claim),
      onDelete: (claim) => this.claimGone(claim),
    });
  }

  /** The devices that are counted as taken are those of the claims that take them. */
  private checkInvariants(): void {
    const simulation: Simulation = this.clientGo.simulation;
    const taken = new Map<string, number>();
    for (const { needs } of this.taken.values()) {
      for (const { driver, count } of needs) taken.set(driver, (taken.get(driver) ?? 0) + count);
    }
    for (const [driver, count] of taken) {
      const counted = this.counts.takenOf(driver);
      simulation.invariant(
        counted === count,
        'devices',
        `${counted} devices of ${driver} are taken, claims have ${count}`,
      );
    }
  }

  /** Forgets everything: the process has ended. */
  clear(): void {
    this.counts.clear();
    this.taken.clear();
    this.writing.clear();
    this.allocating.clear();
    this.needs.length = 0;
  }

  // ---- what the plugin asks ------------------------------------------------------------------------------------------------------

  /** Whether the pod wants devices. */
  static concern({ requirements }: PodIdentity): boolean {
    return requirements.template.resourceClaims !== undefined;
  }

  /** Whether all claims of a pod are there and of known classes; its needs are known from then on. */
  areClaimsMade(pod: PodIdentity): boolean {
    if (!SchedulerDevices.concern(pod)) return true;
    const { resourceclaims } = this.clientGo.tables;
    const needs = new Map<string, number>();
    for (const claim of this.claimsOf(pod)) {
      const version = this.claims.get(claim);
      if (version === NO_VERSION) return false;
      for (const { driver, count } of this.needsOfRequests(resourceclaims.requests.get(version))) {
        needs.set(driver, (needs.get(driver) ?? 0) + count);
      }
    }
    this.needs[pod.requirements.id] = [...needs].map(([driver, count]) => ({ driver, count }));
    return true;
  }

  /** What pods with these requirements want. */
  needsOf(requirements: { readonly id: number }): readonly DeviceNeed[] {
    return this.needs[requirements.id] ?? NOTHING;
  }

  /** Keeps the devices of a node for a pod; false = they are gone, or a claim is. */
  reserve(pod: PodIdentity, slot: number): boolean {
    if (!this.counts.has(this.needsOf(pod.requirements), slot)) return false;
    const { resourceclaims } = this.clientGo.tables;
    for (const claim of this.claimsOf(pod)) {
      const version = this.claims.get(claim);
      if (version === NO_VERSION) return false;
      this.setTaken(claim, {
        slot,
        needs: this.needsOfRequests(resourceclaims.requests.get(version)),
        isAssumed: true,
      });
    }
    return true;
  }

  /** Gives back what was kept; what was written already is taken back. */
  unreserve(pod: PodIdentity): void {
    const { requests } = this.clientGo;
    for (const claim of this.claimsOf(pod)) {
      if (this.allocating.delete(claim)) {
        const request = this.client.write(writes.resourceClaimStatus, claim);
        requests.setNumber(request, 0, -1);
        requests.setNumber(request, 1, -1);
        this.client.send(request, this.onTakenBack);
      } else {
        this.setTaken(claim, undefined);
      }
    }
  }

  /** Writes the allocations of a pod, claim by claim. */
  write(pod: PodIdentity, slot: number, done: (succeeded: boolean) => void): void {
    const left = this.claimsOf(pod).flatMap((claim) => [
      { claim, isStatus: false },
      { claim, isStatus: true },
    ]);
    const number = this.writings++;
    this.writing.set(number, { pod, slot, left, done });
    this.writeNext(number);
  }

  private writeNext(number: number): void {
    const { requests } = this.clientGo;
    const { pod, slot, left, done } = this.writing.get(number) as Writing;
    const next = left.shift();
    if (next === undefined) {
      this.writing.delete(number);
      done(true);
      return;
    }
    const request = this.client.write(
      next.isStatus ? writes.resourceClaimStatus : writes.resourceClaimFinalizer,
      next.claim,
    );
    if (next.isStatus) {
      this.allocating.add(next.claim);
      requests.setNumber(request, 0, slot);
      requests.setNumber(request, 1, pod.key);
    }
    this.client.send(request, this.onWritten, number);
  }

  private written(request: RequestId, number: number): void {
    const writing = this.writing.get(number);
    if (writing === undefined) return;
    if (isSuccess(this.clientGo.requests.code[request] as number)) {
      this.writeNext(number);
      return;
    }
    this.writing.delete(number);
    writing.done(false);
  }

  // ---- what the informers show ---------------------------------------------------------------------------------------------------

  /** Claims whose class was not known yet are counted by its driver from now on. */
  private classSeen(): void {
    const { resourceclaims } = this.clientGo.tables;
    for (const [claim, taken] of [...this.taken]) {
      const version = this.claims.get(claim);
      if (version === NO_VERSION) continue;
      this.setTaken(claim, { ...taken, needs: this.needsOfRequests(resourceclaims.requests.get(version)) });
    }
    this.listener.devicesFreed();
  }

  private countSlice(slice: VersionHandle, sign: 1 | -1): void {
    const { resourceslices } = this.clientGo.tables;
    this.counts.offer(
      resourceslices.driver.get(slice),
      resourceslices.node.get(slice),
      sign * resourceslices.devices.get(slice),
    );
    if (sign === 1) this.listener.devicesFreed();
  }

  private claimSeen(claim: VersionHandle): void {
    const { resourceclaims } = this.clientGo.tables;
    const key = resourceclaims.key.get(claim) as ObjectKey;
    const slot = resourceclaims.node.get(claim);
    const before = this.taken.get(key);
    if (slot >= 0) {
      this.setTaken(key, { slot, needs: this.needsOfRequests(resourceclaims.requests.get(claim)), isAssumed: false });
    } else if (before !== undefined && !before.isAssumed) {
      this.setTaken(key, undefined);
    } else if (before === undefined) {
      this.listener.claimMade(resourceclaims.owner.get(claim) as ObjectKey);
    }
  }

  private claimGone(claim: VersionHandle): void {
    const key = this.clientGo.tables.resourceclaims.key.get(claim) as ObjectKey;
    this.allocating.delete(key);
    this.setTaken(key, undefined);
  }

  private setTaken(claim: ObjectKey, taken: Taken | undefined): void {
    const before = this.taken.get(claim);
    if (before !== undefined) this.counts.take(before.needs, before.slot, -1);
    if (taken === undefined) this.taken.delete(claim);
    else this.taken.set(claim, taken);
    if (taken !== undefined) this.counts.take(taken.needs, taken.slot, 1);
    else if (before !== undefined) this.listener.devicesFreed();
  }

  // ---- small parts ---------------------------------------------------------------------------------------------------------------

  private claimsOf({ key, requirements }: PodIdentity): readonly ObjectKey[] {
    const { tables } = this.clientGo;
    return deviceClaimsOf(requirements.template, key, tables.keysOf('pods'), tables.keysOf('resourceclaims'));
  }

  /** Devices by driver; a class that is not known has none anywhere. */
  private needsOfRequests(requests: readonly DeviceRequest[]): readonly DeviceNeed[] {
    const { tables } = this.clientGo;
    return requests.map(({ deviceClass, count }) => {
      const version = this.classes.get(tables.keysOf('deviceclasses').find('', deviceClass));
      return { driver: version === NO_VERSION ? '' : tables.deviceclasses.driver.get(version), count };
    });
  }
}

const NOTHING: readonly DeviceNeed[] = [];
